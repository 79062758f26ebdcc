// SPDX-License-Identifier: MIT
// expect: lost-wakeup or deadlock
// main leaves by pthread_exit and was the only one that would have posted.
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
    if (atomic_load(&started) == 0)
        sem_post(&start);
    pthread_exit(NULL);
}
