// SPDX-License-Identifier: MIT
// expect: data-race
// The second thread's plain atomic store ends the release sequence: whoever
// reads 2 acquires nothing from the writer of the message.
#include <pthread.h>
#include <stdatomic.h>

static int message;
static atomic_int stage;

static void *send(void *arg) {
    message = 42;
    atomic_store_explicit(&stage, 1, memory_order_release);
    return arg;
}

static void *stamp(void *arg) {
    if (atomic_load_explicit(&stage, memory_order_relaxed) == 1)
        atomic_store_explicit(&stage, 2, memory_order_relaxed);
    return arg;
}

static void *receive(void *arg) {
    if (atomic_load_explicit(&stage, memory_order_acquire) != 2)
        return NULL;
    return message == 42 ? NULL : arg;
}

int main(void) {
    pthread_t a, b, c;
    void *wrong;
    pthread_create(&a, NULL, send, NULL);
    pthread_create(&b, NULL, stamp, NULL);
    pthread_create(&c, NULL, receive, &stage);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    pthread_join(c, &wrong);
    return wrong ? 1 : 0;
}
