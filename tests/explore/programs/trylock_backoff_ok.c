// SPDX-License-Identifier: MIT
// expect: nothing
// One thread takes the locks in order. The other wants them the other way
// round: if the second is busy it gives the first back, lets others run, and
// starts again. A lock-order graph alone would call this a deadlock.
#include <assert.h>
#include <pthread.h>
#include <sched.h>

static pthread_mutex_t red = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t blue = PTHREAD_MUTEX_INITIALIZER;
static int paints; // guarded by red and blue

static void *in_order(void *arg) {
    pthread_mutex_lock(&red);
    pthread_mutex_lock(&blue);
    paints++;
    pthread_mutex_unlock(&blue);
    pthread_mutex_unlock(&red);
    return arg;
}

static void *against(void *arg) {
    pthread_mutex_lock(&blue);
    while (pthread_mutex_trylock(&red) != 0) {
        pthread_mutex_unlock(&blue);
        sched_yield();
        pthread_mutex_lock(&blue);
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
