// SPDX-License-Identifier: MIT
// expect: livelock or busy-wait
// The reader wants to see the writer's change and keeps the lock for reading
// while it looks again and again.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static atomic_int version;

static void *reader(void *arg) {
    pthread_rwlock_rdlock(&lock);
    while (atomic_load(&version) == 0)
        sched_yield();
    pthread_rwlock_unlock(&lock);
    return arg;
}

static void *writer(void *arg) {
    pthread_rwlock_wrlock(&lock);
    atomic_store(&version, 1);
    pthread_rwlock_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_t threads[3];
    pthread_create(&threads[0], NULL, reader, NULL);
    pthread_create(&threads[1], NULL, writer, NULL);
    pthread_create(&threads[2], NULL, reader, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    return atomic_load(&version) == 1 ? 0 : 1;
}
