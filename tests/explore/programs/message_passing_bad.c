// SPDX-License-Identifier: MIT
// expect: data-race
// The flag is atomic but relaxed: seeing it says nothing about the message.
#include <pthread.h>
#include <stdatomic.h>

#define PUBLISH memory_order_relaxed
#define CONSUME memory_order_relaxed

static int message;
static atomic_int ready;

static void *send(void *arg) {
    message = 42;
    atomic_store_explicit(&ready, 1, PUBLISH);
    return arg;
}

static void *receive(void *arg) {
    if (!atomic_load_explicit(&ready, CONSUME))
        return NULL;
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
