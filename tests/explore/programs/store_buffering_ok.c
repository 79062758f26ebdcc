// SPDX-License-Identifier: MIT
// expect: nothing
// Each thread stores, then looks at the other's variable. All is seq_cst: the
// later of the two stores comes before a load that sees the earlier one.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#define ORDER memory_order_seq_cst

static atomic_int x, y;
static int saw_x, saw_y; // each is written by one thread, read after its join

static void *left(void *arg) {
    atomic_store_explicit(&x, 1, ORDER);
    saw_y = atomic_load_explicit(&y, ORDER);
    return arg;
}

static void *right(void *arg) {
    atomic_store_explicit(&y, 1, ORDER);
    saw_x = atomic_load_explicit(&x, ORDER);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, left, NULL);
    pthread_create(&b, NULL, right, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert(saw_x || saw_y);
    return 0;
}
