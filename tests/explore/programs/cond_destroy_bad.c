// SPDX-License-Identifier: MIT
// expect: api-misuse
// The last one to leave destroys the condition variable, but the second waiter
// may not even have been woken.
#include <pthread.h>
#include <stdbool.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened;
static bool is_open; // guarded by lock

static void *wait_open(void *arg) {
    pthread_mutex_lock(&lock);
    while (!is_open)
        pthread_cond_wait(&opened, &lock);
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_t waiters[2];
    pthread_cond_init(&opened, NULL);
    for (int i = 0; i < 2; i++)
        pthread_create(&waiters[i], NULL, wait_open, NULL);
    pthread_mutex_lock(&lock);
    is_open = true;
    pthread_cond_signal(&opened);
    pthread_cond_destroy(&opened);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < 2; i++)
        pthread_join(waiters[i], NULL);
    return 0;
}
