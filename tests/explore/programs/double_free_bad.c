// SPDX-License-Identifier: MIT
// expect: memory-error
// close_it() looks at the pointer in one step and empties it in another: two
// threads may free the same buffer.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static _Atomic(void *) buffer;

static void *close_it(void *arg) {
    void *mine = atomic_load(&buffer);
    if (mine) {
        free(mine);
        atomic_store(&buffer, NULL);
    }
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
