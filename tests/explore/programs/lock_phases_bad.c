// SPDX-License-Identifier: MIT
// expect: deadlock
// Two phases with opposite lock orders. The first phase's thread is joined only
// after the second phase was started: they overlap.
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t in = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t out = PTHREAD_MUTEX_INITIALIZER;
static int done; // guarded by in and out

static void *fill(void *arg) {
    pthread_mutex_lock(&in);
    pthread_mutex_lock(&out);
    done++;
    pthread_mutex_unlock(&out);
    pthread_mutex_unlock(&in);
    return arg;
}

static void *drain(void *arg) {
    pthread_mutex_lock(&out);
    pthread_mutex_lock(&in);
    done++;
    pthread_mutex_unlock(&in);
    pthread_mutex_unlock(&out);
    return arg;
}

int main(void) {
    pthread_t first, second;
    pthread_create(&first, NULL, fill, NULL);
    pthread_create(&second, NULL, drain, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    assert(done == 2);
    return 0;
}
