// SPDX-License-Identifier: MIT
// expect: data-race
// The reader does without the spin lock.
#include <pthread.h>

static pthread_spinlock_t lock;
static int counter; // guarded by lock

static void *count(void *arg) {
    pthread_spin_lock(&lock);
    counter++;
    pthread_spin_unlock(&lock);
    if (pthread_spin_trylock(&lock) == 0) {
        counter++;
        pthread_spin_unlock(&lock);
    }
    return arg;
}

static void *look(void *arg) {
    int seen = counter;
    return seen <= 2 ? NULL : arg;
}

int main(void) {
    pthread_t a, b;
    void *wrong;
    pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
    pthread_create(&a, NULL, count, NULL);
    pthread_create(&b, NULL, look, &counter);
    pthread_join(a, NULL);
    pthread_join(b, &wrong);
    pthread_spin_destroy(&lock);
    return wrong ? 1 : 0;
}
