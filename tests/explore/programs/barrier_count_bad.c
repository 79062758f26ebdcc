// SPDX-License-Identifier: MIT
// expect: deadlock
// The barrier is made for three, but only two threads come.
#include <pthread.h>

static pthread_barrier_t line;
static int part[2]; // part[i] is thread i's until the barrier, then anybody's
static int numbers[2] = {0, 1};

static void *work(void *arg) {
    int me = *(int *)arg;
    part[me] = me + 1;
    pthread_barrier_wait(&line);
    return part[1 - me] == 2 - me ? NULL : arg;
}

int main(void) {
    pthread_t threads[2];
    void *wrong[2];
    pthread_barrier_init(&line, NULL, 3);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, work, &numbers[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], &wrong[i]);
    pthread_barrier_destroy(&line);
    return wrong[0] || wrong[1];
}
