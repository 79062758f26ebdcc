// SPDX-License-Identifier: MIT
// expect: nothing
// A reader that wants to write leaves first, and looks again as the writer.
#include <pthread.h>

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int cached; // guarded by lock
static int loads; // guarded by lock

static void *get(void *arg) {
    pthread_rwlock_rdlock(&lock);
    if (!cached) {
        pthread_rwlock_unlock(&lock);
        pthread_rwlock_wrlock(&lock);
        if (!cached) {
            cached = 9;
            loads++;
        }
    }
    pthread_rwlock_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, get, NULL);
    pthread_create(&b, NULL, get, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return loads == 1 ? 0 : 1;
}
