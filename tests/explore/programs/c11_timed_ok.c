// SPDX-License-Identifier: MIT
// expect: nothing
// C11 threads: a parcel counts as delivered if it is there, whatever ended the
// wait; the mutex is one that can be locked with a limit.
#include <stdbool.h>
#include <threads.h>
#include <time.h>

static mtx_t lock;
static cnd_t arrived;
static bool parcel; // guarded by lock

static int deliver(void *arg) {
    (void)arg;
    mtx_lock(&lock);
    parcel = true;
    cnd_signal(&arrived);
    mtx_unlock(&lock);
    return 0;
}

int main(void) {
    thrd_t courier;
    struct timespec limit;
    mtx_init(&lock, mtx_timed);
    cnd_init(&arrived);
    thrd_create(&courier, deliver, NULL);
    timespec_get(&limit, TIME_UTC);
    limit.tv_sec += 1;
    if (mtx_timedlock(&lock, &limit) != thrd_success) {
        thrd_join(courier, NULL);
        return 0;
    }
    int ended = thrd_success;
    while (!parcel && ended == thrd_success)
        ended = cnd_timedwait(&arrived, &lock, &limit);
    bool counted = parcel;
    bool there = parcel;
    mtx_unlock(&lock);
    thrd_join(courier, NULL);
    return counted == there ? 0 : 1;
}
