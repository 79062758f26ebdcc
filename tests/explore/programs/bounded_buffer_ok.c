// SPDX-License-Identifier: MIT
// expect: nothing
// Producers and consumers wait on one condition variable; since the woken one
// may be of the wrong kind, everybody is woken.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int full; // guarded by lock; the buffer has one place

static void wake(void) {
    pthread_cond_broadcast(&changed);
}

static void *produce(void *arg) {
    pthread_mutex_lock(&lock);
    while (full)
        pthread_cond_wait(&changed, &lock);
    full = 1;
    wake();
    pthread_mutex_unlock(&lock);
    return arg;
}

static void *consume(void *arg) {
    pthread_mutex_lock(&lock);
    while (!full)
        pthread_cond_wait(&changed, &lock);
    full = 0;
    wake();
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, i % 2 ? produce : consume, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    return full;
}
