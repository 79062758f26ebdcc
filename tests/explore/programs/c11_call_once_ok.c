// SPDX-License-Identifier: MIT
// expect: nothing
// C11 threads: call_once lets the second caller wait until the first is done.
#include <assert.h>
#include <stdatomic.h>
#include <threads.h>

static once_flag begun = ONCE_FLAG_INIT;
static atomic_int prepared;

static void prepare(void) {
    atomic_store(&prepared, 1);
}

static int use(void *arg) {
    (void)arg;
    call_once(&begun, prepare);
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
