// SPDX-License-Identifier: MIT
// expect: nothing
// Two writers, two readers. All is seq_cst: there is one order of the stores,
// and both readers see that one.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#define STORE memory_order_seq_cst
#define LOAD memory_order_seq_cst

static atomic_int x, y;
static int x_first, y_first; // written by one reader each, read after its join

static void *write_x(void *arg) {
    atomic_store_explicit(&x, 1, STORE);
    return arg;
}

static void *write_y(void *arg) {
    atomic_store_explicit(&y, 1, STORE);
    return arg;
}

static void *read_x_y(void *arg) {
    int a = atomic_load_explicit(&x, LOAD), b = atomic_load_explicit(&y, LOAD);
    x_first = a == 1 && b == 0;
    return arg;
}

static void *read_y_x(void *arg) {
    int a = atomic_load_explicit(&y, LOAD), b = atomic_load_explicit(&x, LOAD);
    y_first = a == 1 && b == 0;
    return arg;
}

int main(void) {
    void *(*roles[4])(void *) = {write_x, write_y, read_x_y, read_y_x};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, roles[i], NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert(!(x_first && y_first));
    return 0;
}
