// SPDX-License-Identifier: MIT
// expect: lost-wakeup
// A barrier made by hand that forgets its generation: the fast thread counts
// itself for round two before the slow one has seen that round one is over.
#include <pthread.h>

#define PARTIES 2

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t complete = PTHREAD_COND_INITIALIZER;
static int arrived; // guarded by lock

static void meet(void) {
    pthread_mutex_lock(&lock);
    arrived++;
    if (arrived == PARTIES) {
        arrived = 0;
        pthread_cond_broadcast(&complete);
    } else {
        while (arrived != 0)
            pthread_cond_wait(&complete, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static void *walk(void *arg) {
    meet();
    meet();
    return arg;
}

int main(void) {
    pthread_t threads[PARTIES];
    for (int i = 0; i < PARTIES; i++)
        pthread_create(&threads[i], NULL, walk, NULL);
    for (int i = 0; i < PARTIES; i++)
        pthread_join(threads[i], NULL);
    return arrived;
}
