// SPDX-License-Identifier: MIT
// expect: nothing
// main posts, then joins.
#include <pthread.h>
#include <semaphore.h>

static sem_t start;

static void *work(void *arg) {
    sem_wait(&start);
    return arg;
}

int main(void) {
    pthread_t worker;
    sem_init(&start, 0, 0);
    pthread_create(&worker, NULL, work, NULL);
    sem_post(&start);
    pthread_join(worker, NULL);
    sem_destroy(&start);
    return 0;
}
