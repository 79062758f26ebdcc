// SPDX-License-Identifier: MIT
// expect: nothing
// Double-checked locking with an acquire load and a release store.
#include <pthread.h>
#include <stdatomic.h>

struct settings {
    int size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct settings storage;
static _Atomic(struct settings *) instance;

static struct settings *get(void) {
    struct settings *seen =
        atomic_load_explicit(&instance, memory_order_acquire);
    if (seen)
        return seen;
    pthread_mutex_lock(&lock);
    seen = atomic_load_explicit(&instance, memory_order_relaxed);
    if (!seen) {
        storage.size = 64;
        seen = &storage;
        atomic_store_explicit(&instance, seen, memory_order_release);
    }
    pthread_mutex_unlock(&lock);
    return seen;
}

static void *use(void *arg) {
    return get()->size == 64 ? NULL : arg;
}

int main(void) {
    pthread_t a, b;
    void *wrong[2];
    pthread_create(&a, NULL, use, &lock);
    pthread_create(&b, NULL, use, &lock);
    pthread_join(a, &wrong[0]);
    pthread_join(b, &wrong[1]);
    return wrong[0] || wrong[1];
}
