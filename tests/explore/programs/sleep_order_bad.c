// SPDX-License-Identifier: MIT
// expect: broken-invariant
// One thread sleeps 1 ms, the other 100 ms: that the first is first is likely,
// and nothing more.
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <unistd.h>

static sem_t opened;
static atomic_int is_open;

static void *open_door(void *arg) {
    usleep(1000);
    atomic_store(&is_open, 1);
    sem_post(&opened);
    return arg;
}

static void *walk_in(void *arg) {
    usleep(100000);
    assert(atomic_load(&is_open));
    return arg;
}

int main(void) {
    pthread_t a, b;
    sem_init(&opened, 0, 0);
    pthread_create(&a, NULL, open_door, NULL);
    pthread_create(&b, NULL, walk_in, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    sem_destroy(&opened);
    return 0;
}
