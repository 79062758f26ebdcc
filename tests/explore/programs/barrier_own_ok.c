// SPDX-License-Identifier: MIT
// expect: nothing
// A barrier made by hand. Each meeting has a number (its generation), so that
// nobody mistakes the next meeting for this one.
#include <pthread.h>

#define PARTIES 2

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t complete = PTHREAD_COND_INITIALIZER;
static int arrived; // guarded by lock
static int generation; // guarded by lock

static void meet(void) {
    pthread_mutex_lock(&lock);
    int mine = generation;
    arrived++;
    if (arrived == PARTIES) {
        arrived = 0;
        generation++;
        pthread_cond_broadcast(&complete);
    } else {
        while (mine == generation)
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
