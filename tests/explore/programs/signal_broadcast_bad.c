// SPDX-License-Identifier: MIT
// expect: lost-wakeup
// The gate opens for everybody, but only one of the waiting is woken.
#include <pthread.h>
#include <stdbool.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static bool gate_open; // guarded by lock

static void *runner(void *arg) {
    pthread_mutex_lock(&lock);
    while (!gate_open)
        pthread_cond_wait(&opened, &lock);
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_t runners[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&runners[i], NULL, runner, NULL);
    pthread_mutex_lock(&lock);
    gate_open = true;
    pthread_cond_signal(&opened);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < 2; i++)
        pthread_join(runners[i], NULL);
    return 0;
}
