// SPDX-License-Identifier: MIT
// expect: nothing
// Cancellation is switched off from the first half of the change to the second.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int taken, given;

static void *move(void *arg) {
    int before;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    atomic_fetch_add(&taken, 1);
    usleep(10);
    atomic_fetch_add(&given, 1);
    pthread_setcancelstate(before, NULL);
    pthread_testcancel();
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
