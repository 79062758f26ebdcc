// SPDX-License-Identifier: MIT
// expect: nothing
// Two meetings a round at the same barrier: after the writing and after the
// reading. The serial thread alone counts the rounds.
#include <pthread.h>

static pthread_barrier_t line;
static int cell[2]; // cell[i] is written by thread i, read by the other
static int rounds;
static int numbers[2] = {0, 1};

static void *step(void *arg) {
    int me = *(int *)arg;
    for (int round = 1; round <= 3; round++) {
        cell[me] = round;
        if (pthread_barrier_wait(&line) == PTHREAD_BARRIER_SERIAL_THREAD)
            rounds++;
        if (cell[1 - me] != round)
            return arg;
        pthread_barrier_wait(&line);
    }
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    void *wrong[2];
    pthread_barrier_init(&line, NULL, 2);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, step, &numbers[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], &wrong[i]);
    pthread_barrier_destroy(&line);
    return wrong[0] || wrong[1] || rounds != 3;
}
