// SPDX-License-Identifier: MIT
// expect: data-race
// C11 threads: the reader does without the mutex.
#include <threads.h>

static mtx_t lock;
static int counter; // guarded by lock

static int count(void *arg) {
    (void)arg;
    mtx_lock(&lock);
    counter++;
    mtx_unlock(&lock);
    if (mtx_trylock(&lock) == thrd_success) {
        counter++;
        mtx_unlock(&lock);
        return 2;
    }
    return 1;
}

int main(void) {
    thrd_t a, b;
    int from_a, from_b, early;
    if (mtx_init(&lock, mtx_plain) != thrd_success)
        return 0;
    thrd_create(&a, count, NULL);
    thrd_create(&b, count, NULL);
    early = counter;
    thrd_join(a, &from_a);
    thrd_join(b, &from_b);
    mtx_destroy(&lock);
    return counter == from_a + from_b && early <= counter ? 0 : 1;
}
