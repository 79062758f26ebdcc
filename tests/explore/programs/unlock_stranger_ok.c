// SPDX-License-Identifier: MIT
// expect: nothing
// A semaphore may be posted by another thread than the one that waits.
#include <pthread.h>
#include <semaphore.h>

static sem_t ready;
static int answer;

static void *compute(void *arg) {
    answer = 42;
    sem_post(&ready);
    return arg;
}

int main(void) {
    pthread_t a;
    sem_init(&ready, 0, 0);
    pthread_create(&a, NULL, compute, NULL);
    sem_wait(&ready);
    int failed = answer != 42;
    pthread_join(a, NULL);
    sem_destroy(&ready);
    return failed;
}
