// SPDX-License-Identifier: MIT
// expect: crash
// The pointer is checked, then loaded again to be used: in between it may have
// become NULL.
#include <pthread.h>
#include <stdatomic.h>

struct handler {
    int code;
};

static struct handler standard = {3};
static _Atomic(struct handler *) handler = &standard;

static void *call(void *arg) {
    if (!atomic_load(&handler))
        return NULL;
    return atomic_load(&handler)->code == 3 ? NULL : arg;
}

static void *retire(void *arg) {
    atomic_store(&handler, NULL);
    return arg;
}

int main(void) {
    pthread_t a, b;
    void *wrong;
    pthread_create(&a, NULL, call, &standard);
    pthread_create(&b, NULL, retire, NULL);
    pthread_join(a, &wrong);
    pthread_join(b, NULL);
    return wrong ? 1 : 0;
}
