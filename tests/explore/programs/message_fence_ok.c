// SPDX-License-Identifier: MIT
// expect: nothing
// Relaxed flag, but a release fence before its store and an acquire fence after
// its load: as good as release and acquire. Some tools do not know fences.
#include <pthread.h>
#include <stdatomic.h>

static int message;
static atomic_int ready;

static void *send(void *arg) {
    message = 42;
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&ready, 1, memory_order_relaxed);
    return arg;
}

static void *receive(void *arg) {
    if (!atomic_load_explicit(&ready, memory_order_relaxed))
        return NULL;
    atomic_thread_fence(memory_order_acquire);
    return message == 42 ? NULL : arg;
}

int main(void) {
    pthread_t a, b;
    void *wrong;
    pthread_create(&a, NULL, send, NULL);
    pthread_create(&b, NULL, receive, &ready);
    pthread_join(a, NULL);
    pthread_join(b, &wrong);
    return wrong ? 1 : 0;
}
