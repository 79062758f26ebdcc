// SPDX-License-Identifier: MIT
// expect: nothing
// main leaves by pthread_exit; the process goes on until the last thread ends,
// and its exit status is 0.
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

static sem_t start;
static atomic_int started;

static void *work(void *arg) {
    sem_wait(&start);
    atomic_fetch_add(&started, 1);
    return arg;
}

int main(void) {
    pthread_t a, b;
    sem_init(&start, 0, 0);
    pthread_create(&a, NULL, work, NULL);
    pthread_create(&b, NULL, work, NULL);
    pthread_detach(a);
    pthread_detach(b);
    sem_post(&start);
    sem_post(&start);
    pthread_exit(NULL);
}
