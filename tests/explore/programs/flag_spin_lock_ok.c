// SPDX-License-Identifier: MIT
// expect: nothing
// A spin lock made of an atomic_flag: acquire on the way in, release on the
// way out.
#include <pthread.h>
#include <stdatomic.h>

#define LEAVE memory_order_release

static atomic_flag taken = ATOMIC_FLAG_INIT;
static int counter; // guarded by taken

static void *count(void *arg) {
    while (atomic_flag_test_and_set_explicit(&taken, memory_order_acquire)) {
    }
    counter++;
    atomic_flag_clear_explicit(&taken, LEAVE);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, count, NULL);
    pthread_create(&b, NULL, count, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return counter == 2 ? 0 : 1;
}
