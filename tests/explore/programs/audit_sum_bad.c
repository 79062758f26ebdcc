// SPDX-License-Identifier: MIT
// expect: broken-invariant
// The auditor locks one account after the other: a transfer that happens in
// between is seen on one side only, and money seems to be gone.
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t lock[2] = {PTHREAD_MUTEX_INITIALIZER,
                                  PTHREAD_MUTEX_INITIALIZER};
static int balance[2] = {100, 100}; // balance[i] is guarded by lock[i]

static void *transfer(void *arg) {
    pthread_mutex_lock(&lock[0]);
    pthread_mutex_lock(&lock[1]);
    balance[1] -= 30;
    balance[0] += 30;
    pthread_mutex_unlock(&lock[1]);
    pthread_mutex_unlock(&lock[0]);
    return arg;
}

static void *audit(void *arg) {
    int sum = 0;
    pthread_mutex_lock(&lock[0]);
    sum += balance[0];
    pthread_mutex_unlock(&lock[0]);
    pthread_mutex_lock(&lock[1]);
    sum += balance[1];
    pthread_mutex_unlock(&lock[1]);
    assert(sum == 200);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, transfer, NULL);
    pthread_create(&b, NULL, audit, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
