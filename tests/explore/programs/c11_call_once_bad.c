// SPDX-License-Identifier: MIT
// expect: broken-invariant
// C11 threads: the second caller comes while the first still prepares, finds
// the flag set and uses what is not there yet.
#include <assert.h>
#include <stdatomic.h>
#include <threads.h>

static atomic_flag begun = ATOMIC_FLAG_INIT;
static atomic_int prepared;

static void prepare(void) {
    atomic_store(&prepared, 1);
}

static int use(void *arg) {
    (void)arg;
    if (!atomic_flag_test_and_set(&begun))
        prepare();
    assert(atomic_load(&prepared));
    return 0;
}

int main(void) {
    thrd_t a, b;
    thrd_create(&a, use, NULL);
    thrd_create(&b, use, NULL);
    thrd_join(a, NULL);
    thrd_join(b, NULL);
    return 0;
}
