// SPDX-License-Identifier: MIT
// expect: nothing
// Every way out of the worker posts `finished`.
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

static sem_t finished;
static atomic_int stop;
static atomic_int done;

static void *work(void *arg) {
    for (int i = 0; i < 2; i++) {
        if (atomic_load(&stop))
            break;
        atomic_fetch_add(&done, 1);
    }
    sem_post(&finished);
    return arg;
}

int main(void) {
    pthread_t a, b;
    sem_init(&finished, 0, 0);
    pthread_create(&a, NULL, work, NULL);
    pthread_create(&b, NULL, work, NULL);
    sem_wait(&finished);
    atomic_store(&stop, 1);
    sem_wait(&finished);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    sem_destroy(&finished);
    return atomic_load(&done) <= 4 ? 0 : 1;
}
