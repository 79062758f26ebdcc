// SPDX-License-Identifier: MIT
// expect: crash
// A state machine aborts on "closed twice", and two threads may both close.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum state { OPEN, CLOSED };

static atomic_int state = OPEN;

static void must_be_open(int seen) {
    if (seen != OPEN)
        abort();
}

static void *finish(void *arg) {
    if (atomic_load(&state) == OPEN)
        must_be_open(atomic_exchange(&state, CLOSED));
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, finish, NULL);
    pthread_create(&b, NULL, finish, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
