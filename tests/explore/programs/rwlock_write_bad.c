// SPDX-License-Identifier: MIT
// expect: data-race
// A thread writes with the lock taken for reading.
#include <pthread.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int price = 10; // guarded by lock

static void *raise_price(void *arg) {
    pthread_rwlock_rdlock(&lock);
    price += 5;
    pthread_rwlock_unlock(&lock);
    return arg;
}

static void *look(void *arg) {
    pthread_rwlock_rdlock(&lock);
    int seen = price;
    pthread_rwlock_unlock(&lock);
    return seen == 10 || seen == 15 ? NULL : arg;
}

int main(void) {
    pthread_t writer, readers[2];
    int wrong = 0;
    pthread_create(&readers[0], NULL, look, &wrong);
    pthread_create(&writer, NULL, raise_price, NULL);
    pthread_create(&readers[1], NULL, look, &wrong);
    void *bad[2];
    pthread_join(readers[0], &bad[0]);
    pthread_join(readers[1], &bad[1]);
    pthread_join(writer, NULL);
    return bad[0] || bad[1];
}
