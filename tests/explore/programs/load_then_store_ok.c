// SPDX-License-Identifier: MIT
// expect: nothing
// atomic_fetch_add loads and stores in one step.
#include <pthread.h>
#include <stdatomic.h>

static atomic_int sold;

static void *sell(void *arg) {
    atomic_fetch_add(&sold, 1);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, sell, NULL);
    pthread_create(&b, NULL, sell, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return atomic_load(&sold) == 2 ? 0 : 1;
}
