// SPDX-License-Identifier: MIT
// expect: nothing
// Writer and reader take the spin lock; the writer's second try may fail.
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
    pthread_spin_lock(&lock);
    int seen = counter;
    pthread_spin_unlock(&lock);
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
