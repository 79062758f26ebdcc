// SPDX-License-Identifier: MIT
// expect: broken-invariant
// The sleep between the two halves of the change is a cancellation point: a
// cancelled thread leaves the change half done.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int taken, given;

static void *move(void *arg) {
    atomic_fetch_add(&taken, 1);
    usleep(10);
    atomic_fetch_add(&given, 1);
    return arg;
}

int main(void) {
    pthread_t mover;
    pthread_create(&mover, NULL, move, NULL);
    pthread_cancel(mover);
    pthread_join(mover, NULL);
    assert(atomic_load(&taken) == atomic_load(&given));
    return 0;
}
