// SPDX-License-Identifier: MIT
// expect: data-race
// C11 threads: each thread has a slot of its own, but all slots point to the
// same buffer.
#include <stdlib.h>
#include <threads.h>

static tss_t slot;
static int buffer;

static int *mine(void) {
    int *value = tss_get(slot);
    if (!value) {
        value = &buffer;
        tss_set(slot, value);
    }
    return value;
}

static int work(void *arg) {
    (void)arg;
    for (int i = 0; i < 2; i++) {
        int *value = mine();
        if (value)
            *value += 1;
    }
    return 0;
}

int main(void) {
    thrd_t a, b;
    int wrong_a, wrong_b;
    tss_create(&slot, NULL);
    thrd_create(&a, work, NULL);
    thrd_create(&b, work, NULL);
    thrd_join(a, &wrong_a);
    thrd_join(b, &wrong_b);
    tss_delete(slot);
    return wrong_a || wrong_b;
}
