// SPDX-License-Identifier: MIT
// expect: livelock
// If the second lock is busy, each thread tries again without giving its first
// lock back: once each holds one, both try for ever.
#include <assert.h>
#include <pthread.h>
#include <sched.h>

static pthread_mutex_t red = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t blue = PTHREAD_MUTEX_INITIALIZER;
static int paints; // guarded by red and blue

static void *in_order(void *arg) {
    pthread_mutex_lock(&red);
    while (pthread_mutex_trylock(&blue) != 0)
        sched_yield();
    paints++;
    pthread_mutex_unlock(&blue);
    pthread_mutex_unlock(&red);
    return arg;
}

static void *against(void *arg) {
    pthread_mutex_lock(&blue);
    while (pthread_mutex_trylock(&red) != 0) {
        sched_yield();
    }
    paints++;
    pthread_mutex_unlock(&red);
    pthread_mutex_unlock(&blue);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, in_order, NULL);
    pthread_create(&b, NULL, against, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert(paints == 2);
    return 0;
}
