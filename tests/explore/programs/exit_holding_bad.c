// SPDX-License-Identifier: MIT
// expect: api-misuse
// On its early way out the worker forgets to unlock.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int jobs = 1; // guarded by lock

static void *work(void *arg) {
    pthread_mutex_lock(&lock);
    if (jobs == 0)
        return arg;
    jobs--;
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, work, NULL);
    pthread_create(&b, NULL, work, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
