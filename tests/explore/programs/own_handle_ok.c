// SPDX-License-Identifier: MIT
// expect: nothing
// main posts when pthread_create has filled the variable with the handle.
#include <pthread.h>
#include <semaphore.h>

static pthread_t worker;
static sem_t stored;

static void *work(void *arg) {
    sem_wait(&stored);
    return pthread_equal(worker, pthread_self()) ? NULL : arg;
}

int main(void) {
    void *wrong;
    sem_init(&stored, 0, 0);
    pthread_create(&worker, NULL, work, &worker);
    sem_post(&stored);
    pthread_join(worker, &wrong);
    return wrong ? 1 : 0;
}
