// SPDX-License-Identifier: MIT
// expect: broken-invariant
// A free list whose top is a bare index. While a thread is about to swing the
// top from 0 to 1, another takes 0 and 1 and gives 0 back: the swing succeeds,
// and node 1 is free although it has an owner.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#define END 7u
#define INDEX(top) ((top)&7u)
#define NEXT_TOP(old, index) (((void)(old), (index)))

static atomic_uint top = 0;
static atomic_uint next[3] = {1, 2, END};
static atomic_int owners[3];

static unsigned take(void) {
    unsigned seen = atomic_load(&top), after;
    do {
        if (INDEX(seen) == END)
            return END;
        after = atomic_load(&next[INDEX(seen)]);
    } while (!atomic_compare_exchange_strong(&top, &seen,
                                             NEXT_TOP(seen, after)));
    assert(atomic_fetch_add(&owners[INDEX(seen)], 1) == 0);
    return INDEX(seen);
}

static void give(unsigned node) {
    atomic_fetch_sub(&owners[node], 1);
    unsigned seen = atomic_load(&top);
    do {
        atomic_store(&next[node], INDEX(seen));
    } while (!atomic_compare_exchange_strong(&top, &seen,
                                             NEXT_TOP(seen, node)));
}

static void *take_two(void *arg) {
    take();
    take();
    return arg;
}

static void *swap(void *arg) {
    unsigned first = take();
    take();
    if (first != END)
        give(first);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, take_two, NULL);
    pthread_create(&b, NULL, swap, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
