// SPDX-License-Identifier: MIT
// A flag is set, and its waiter woken, without the mutex. It goes well a
// thousand times, and the schedule in which it does not is found at once:
//
//     make demo DEMO=lost_wakeup
//     build/lockstep explore exercises/03-threads/demo/lost_wakeup.c
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static atomic_bool ready; // atomic: there is no data race here

static void *wait_for_it(void *unused) {
    pthread_mutex_lock(&lock);
    while (!ready)
        // Here, after the look and before the sleep, the other one may set the
        // flag and signal to nobody.
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return unused;
}

int main(void) {
    pthread_t waiter;
    if (pthread_create(&waiter, NULL, wait_for_it, NULL) != 0)
        return 1;
    ready = true; // the mistake: not under the lock
    pthread_cond_signal(&changed);
    pthread_join(waiter, NULL);
    puts("it went well, this time");
    return 0;
}
