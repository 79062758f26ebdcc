// SPDX-License-Identifier: MIT
// expect: nothing
// Double-checked locking with a relaxed pointer and two fences.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct table {
    int rows;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(struct table *) shared;

static struct table *get(void) {
    struct table *seen = atomic_load_explicit(&shared, memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    if (seen)
        return seen;
    pthread_mutex_lock(&lock);
    seen = atomic_load_explicit(&shared, memory_order_relaxed);
    if (!seen) {
        seen = malloc(sizeof *seen);
        if (!seen)
            abort();
        seen->rows = 3;
        atomic_thread_fence(memory_order_release);
        atomic_store_explicit(&shared, seen, memory_order_relaxed);
    }
    pthread_mutex_unlock(&lock);
    return seen;
}

static void *use(void *arg) {
    return get()->rows == 3 ? NULL : arg;
}

int main(void) {
    pthread_t a, b;
    void *wrong[2];
    pthread_create(&a, NULL, use, &lock);
    pthread_create(&b, NULL, use, &lock);
    pthread_join(a, &wrong[0]);
    pthread_join(b, &wrong[1]);
    free(atomic_load(&shared));
    return wrong[0] || wrong[1];
}
