// SPDX-License-Identifier: MIT
// expect: nothing
// get() gives the outer lock back before it waits inside the inner monitor.
#include <pthread.h>

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static int calls; // guarded by outer
static int items; // guarded by inner

static void *get(void *arg) {
    pthread_mutex_lock(&outer);
    calls++;
    pthread_mutex_unlock(&outer);
    pthread_mutex_lock(&inner);
    while (items == 0)
        pthread_cond_wait(&filled, &inner);
    items--;
    pthread_mutex_unlock(&inner);
    return arg;
}

static void *put(void *arg) {
    pthread_mutex_lock(&outer);
    calls++;
    pthread_mutex_lock(&inner);
    items++;
    pthread_cond_signal(&filled);
    pthread_mutex_unlock(&inner);
    pthread_mutex_unlock(&outer);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, get, NULL);
    pthread_create(&b, NULL, put, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return calls == 2 && items == 0 ? 0 : 1;
}
