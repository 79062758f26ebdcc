// SPDX-License-Identifier: MIT
// expect: nothing
// main destroys the lock only after it has joined its last user.
#include <pthread.h>
#include <stdatomic.h>
#include <sched.h>

static pthread_mutex_t lock;
static atomic_int finished;

static void *work(void *arg) {
    pthread_mutex_lock(&lock);
    atomic_fetch_add(&finished, 1);
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_t a;
    pthread_mutex_init(&lock, NULL);
    pthread_create(&a, NULL, work, NULL);
    while (atomic_load(&finished) < 1)
        sched_yield();
    pthread_join(a, NULL);
    pthread_mutex_destroy(&lock);
    return 0;
}
