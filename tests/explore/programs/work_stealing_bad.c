// SPDX-License-Identifier: MIT
// expect: broken-invariant
// Owner and thief both look at the ends before they take. When one task is left
// the owner does not compete for it, and it is done twice.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

static atomic_int top, bottom; // tasks top … bottom - 1 are waiting
static atomic_int done[2];

static void run(int task) {
    assert(atomic_fetch_add(&done[task], 1) == 0);
}

static void push(void) {
    atomic_fetch_add(&bottom, 1);
}

static void take(void) {
    int last = atomic_load(&bottom) - 1;
    atomic_store(&bottom, last);
    int first = atomic_load(&top);
    if (first < last) {
        run(last);
        return;
    }
    bool mine = first == last;
    atomic_store(&bottom, last + 1);
    if (mine)
        run(last);
}

static void *steal(void *arg) {
    int first = atomic_load(&top);
    if (first < atomic_load(&bottom) &&
        atomic_compare_exchange_strong(&top, &first, first + 1))
        run(first);
    return arg;
}

int main(void) {
    pthread_t thief;
    push();
    push();
    pthread_create(&thief, NULL, steal, NULL);
    take();
    take();
    pthread_join(thief, NULL);
    return 0;
}
