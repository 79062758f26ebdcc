// SPDX-License-Identifier: MIT
// expect: nothing
// main waits for the detached thread's post before it frees the buffer.
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

static sem_t finished;

static void *fill(void *arg) {
    atomic_int *buffer = arg;
    atomic_fetch_add(buffer, 3);
    sem_post(&finished);
    return NULL;
}

int main(void) {
    pthread_t thread;
    pthread_attr_t attributes;
    atomic_int *buffer = calloc(1, sizeof *buffer);
    if (!buffer)
        return 0;
    sem_init(&finished, 0, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_create(&thread, &attributes, fill, buffer);
    pthread_attr_destroy(&attributes);
    sem_wait(&finished);
    int seen = atomic_load(buffer);
    free(buffer);
    return seen == 3 ? 0 : 1;
}
