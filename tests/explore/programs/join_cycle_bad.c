// SPDX-License-Identifier: MIT
// expect: deadlock
// Three threads in a circle, each joins the next.
#include <pthread.h>
#include <semaphore.h>

static pthread_t threads[3];
static sem_t known; // posted once per thread when all handles are stored
static int numbers[3] = {0, 1, 2};

static void *work(void *arg) {
    int me = *(int *)arg;
    sem_wait(&known);
    pthread_join(threads[(me + 1) % 3], NULL);
    return NULL;
}

int main(void) {
    sem_init(&known, 0, 0);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, work, &numbers[i]);
    for (int i = 0; i < 3; i++)
        sem_post(&known);
    pthread_exit(NULL);
}
