// SPDX-License-Identifier: MIT
// expect: nothing
// C11 threads: each thread's slot holds a buffer of its own; the destructor
// given to tss_create frees it when the thread ends.
#include <stdlib.h>
#include <threads.h>

static tss_t slot;
static _Thread_local int uses;

static int *mine(void) {
    int *value = tss_get(slot);
    if (!value) {
        value = calloc(1, sizeof *value);
        uses++;
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
    return uses != 1;
}

int main(void) {
    thrd_t a, b;
    int wrong_a, wrong_b;
    tss_create(&slot, free);
    thrd_create(&a, work, NULL);
    thrd_create(&b, work, NULL);
    thrd_join(a, &wrong_a);
    thrd_join(b, &wrong_b);
    tss_delete(slot);
    return wrong_a || wrong_b;
}
