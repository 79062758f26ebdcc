// SPDX-License-Identifier: MIT
// expect: broken-invariant
// Five writers set a pair, in two steps each; the checker may look between the
// first step of the first writer and its second, before any other has run.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int plus, minus;

static void *set(void *arg) {
    atomic_store(&plus, 1);
    atomic_store(&minus, -1);
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
