// SPDX-License-Identifier: MIT
// expect: api-misuse
// tryrdlock may say no; the unlock that follows is of a lock that is not held.
#include <pthread.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int hits; // guarded by lock

static void *count(void *arg) {
    pthread_rwlock_wrlock(&lock);
    hits++;
    pthread_rwlock_unlock(&lock);
    if (pthread_rwlock_trywrlock(&lock) == 0) {
        hits++;
        pthread_rwlock_unlock(&lock);
    }
    return arg;
}

static void *look(void *arg) {
    int seen = 0;
    if (pthread_rwlock_tryrdlock(&lock) == 0)
        seen = hits;
    pthread_rwlock_unlock(&lock);
    return seen <= 2 ? NULL : arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, count, NULL);
    pthread_create(&b, NULL, look, &hits);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return hits >= 1 ? 0 : 1;
}
