// SPDX-License-Identifier: MIT
// expect: broken-invariant
// The reader waits until no write is under way, but does not ask afterwards
// whether one began while it read.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_uint sequence; // odd: a write is under way
static atomic_int x, y;      // always equal when sequence is even

static void *write_pair(void *arg) {
    for (int i = 1; i <= 2; i++) {
        atomic_fetch_add(&sequence, 1);
        atomic_store(&x, i);
        atomic_store(&y, i);
        atomic_fetch_add(&sequence, 1);
    }
    return arg;
}

static void *read_pair(void *arg) {
    unsigned before;
    int a, b;
    do {
        before = atomic_load(&sequence);
        a = atomic_load(&x);
        b = atomic_load(&y);
    } while (before % 2 != 0);
    assert(a == b);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, write_pair, NULL);
    pthread_create(&b, NULL, read_pair, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
