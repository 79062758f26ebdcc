// SPDX-License-Identifier: MIT
// expect: nothing
// Five writers set a pair under a lock; the checker sees both or none.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int plus, minus;

static void *set(void *arg) {
    pthread_mutex_lock(&lock);
    atomic_store(&plus, 1);
    atomic_store(&minus, -1);
    pthread_mutex_unlock(&lock);
    return arg;
}

static void *check(void *arg) {
    pthread_mutex_lock(&lock);
    int sum = atomic_load(&plus) + atomic_load(&minus);
    pthread_mutex_unlock(&lock);
    assert(sum == 0);
    return arg;
}

int main(void) {
    pthread_t writers[5], checker;
    for (int i = 0; i < 5; i++)
        pthread_create(&writers[i], NULL, set, NULL);
    pthread_create(&checker, NULL, check, NULL);
    for (int i = 0; i < 5; i++)
        pthread_join(writers[i], NULL);
    pthread_join(checker, NULL);
    return 0;
}
