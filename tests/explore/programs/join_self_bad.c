// SPDX-License-Identifier: MIT
// expect: deadlock
// Two threads that join each other.
#include <pthread.h>
#include <semaphore.h>

static pthread_t threads[2];
static sem_t known; // posted once per thread when both handles are stored
static int numbers[2] = {0, 1};

static void *work(void *arg) {
    int me = *(int *)arg;
    sem_wait(&known);
    pthread_join(threads[1 - me], NULL);
    sem_post(&known);
    return NULL;
}

int main(void) {
    sem_init(&known, 0, 0);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, work, &numbers[i]);
    sem_post(&known);
    sem_post(&known);
    pthread_exit(NULL);
}
