// SPDX-License-Identifier: MIT
// expect: nothing
// pthread_once does it once, and nobody comes back before it is done.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static pthread_once_t started = PTHREAD_ONCE_INIT;
static atomic_int times;

static void start(void) {
    atomic_fetch_add(&times, 1);
}

static void *use(void *arg) {
    pthread_once(&started, start);
    assert(atomic_load(&times) == 1);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, use, NULL);
    pthread_create(&b, NULL, use, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert(atomic_load(&times) == 1);
    return 0;
}
