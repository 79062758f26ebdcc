// SPDX-License-Identifier: MIT
// expect: nothing
// A transfer locks the account with the lower number first, whoever pays.
#include <assert.h>
#include <pthread.h>

static struct account {
    pthread_mutex_t lock;
    int balance; // guarded by lock
} accounts[2] = {{PTHREAD_MUTEX_INITIALIZER, 50},
                 {PTHREAD_MUTEX_INITIALIZER, 50}};

static void transfer(int from, int to, int amount) {
    struct account *first = &accounts[from < to ? from : to];
    struct account *second = &accounts[from < to ? to : from];
    pthread_mutex_lock(&first->lock);
    pthread_mutex_lock(&second->lock);
    accounts[from].balance -= amount;
    accounts[to].balance += amount;
    pthread_mutex_unlock(&second->lock);
    pthread_mutex_unlock(&first->lock);
}

static void *there(void *arg) {
    transfer(0, 1, 10);
    return arg;
}

static void *back(void *arg) {
    transfer(1, 0, 20);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, there, NULL);
    pthread_create(&b, NULL, back, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert(accounts[0].balance == 60 && accounts[1].balance == 40);
    return 0;
}
