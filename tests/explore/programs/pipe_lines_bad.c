// SPDX-License-Identifier: MIT
// expect: deadlock
// The producer keeps its end of the pipe open: the consumer waits for an end of
// file that never comes.
#include <pthread.h>
#include <unistd.h>

static int ends[2];
static int table[3]; // table[i] is the producer's until i is in the pipe

static void *produce(void *arg) {
    for (char i = 0; i < 3; i++) {
        table[(int)i] = i * 10;
        if (write(ends[1], &i, 1) != 1)
            return arg;
    }
    return NULL;
}

int main(void) {
    pthread_t producer;
    int sum = 0;
    char index;
    if (pipe(ends) != 0)
        return 0;
    pthread_create(&producer, NULL, produce, ends);
    while (read(ends[0], &index, 1) == 1)
        sum += table[(int)index];
    pthread_join(producer, NULL);
    return sum == 30 ? 0 : 1;
}
