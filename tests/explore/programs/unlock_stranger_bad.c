// SPDX-License-Identifier: MIT
// expect: api-misuse or deadlock
// A mutex used as a signal: the waiter locks it, another thread unlocks it.
// Only the owner may unlock a mutex.
#include <pthread.h>
#include <semaphore.h>

static pthread_mutex_t ready = PTHREAD_MUTEX_INITIALIZER;
static int answer;

static void *compute(void *arg) {
    answer = 42;
    pthread_mutex_unlock(&ready);
    return arg;
}

int main(void) {
    pthread_t a;
    pthread_mutex_lock(&ready);
    pthread_create(&a, NULL, compute, NULL);
    pthread_mutex_lock(&ready);
    int failed = answer != 42;
    pthread_join(a, NULL);
    return failed;
}
