// SPDX-License-Identifier: MIT
// expect: nothing
// Three threads in a row: each but the last joins the next, main the first.
#include <pthread.h>
#include <semaphore.h>

static pthread_t threads[3];
static sem_t known; // posted once per thread when all handles are stored
static int numbers[3] = {0, 1, 2};

static void *work(void *arg) {
    int me = *(int *)arg;
    sem_wait(&known);
    if (me < 2)
        pthread_join(threads[me + 1], NULL);
    return NULL;
}

int main(void) {
    sem_init(&known, 0, 0);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, work, &numbers[i]);
    for (int i = 0; i < 3; i++)
        sem_post(&known);
    pthread_join(threads[0], NULL);
    return 0;
}
