// SPDX-License-Identifier: MIT
// expect: nothing
// The exchange gives the pointer to one thread only.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static _Atomic(void *) buffer;

static void *close_it(void *arg) {
    void *mine = atomic_exchange(&buffer, NULL);
    free(mine);
    return arg;
}

int main(void) {
    pthread_t a, b;
    atomic_store(&buffer, malloc(16));
    pthread_create(&a, NULL, close_it, NULL);
    pthread_create(&b, NULL, close_it, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
