// SPDX-License-Identifier: MIT
// expect: broken-invariant
// A work-stealing queue whose owner only orders its store to `bottom` before
// its load of `top` with release and acquire: the thief may still see the old
// bottom, the owner the old top, and both take the same task.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define FENCE memory_order_acq_rel

static atomic_int top, bottom = 2; // tasks top … bottom - 1 are waiting
static atomic_int done[2];

static void run(int task) {
    assert(atomic_fetch_add(&done[task], 1) == 0);
}

static bool advance(int from) {
    return atomic_compare_exchange_strong(&top, &from, from + 1);
}

static void take(void) {
    int last = atomic_load_explicit(&bottom, memory_order_relaxed) - 1;
    atomic_store_explicit(&bottom, last, memory_order_relaxed);
    atomic_thread_fence(FENCE);
    int first = atomic_load_explicit(&top, memory_order_relaxed);
    if (first < last || (first == last && advance(first)))
        run(last);
    if (first >= last)
        atomic_store_explicit(&bottom, last + 1, memory_order_relaxed);
}

static void *steal(void *arg) {
    for (int i = 0; i < 2; i++) {
        int first = atomic_load_explicit(&top, memory_order_acquire);
        atomic_thread_fence(FENCE);
        int end = atomic_load_explicit(&bottom, memory_order_acquire);
        if (first < end && advance(first))
            run(first);
    }
    return arg;
}

int main(void) {
    pthread_t thief;
    pthread_create(&thief, NULL, steal, NULL);
    take();
    pthread_join(thief, NULL);
    return 0;
}
