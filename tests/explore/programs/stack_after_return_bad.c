// SPDX-License-Identifier: MIT
// expect: data-race or broken-invariant or memory-error or crash
// start() returns and its local job is gone, maybe before the thread has read
// it; the next call writes over it.
#include <assert.h>
#include <pthread.h>

struct job {
    int numbers[8];
};

static void *work(void *arg) {
    struct job *job = arg;
    for (int i = 0; i < 8; i++)
        assert(job->numbers[i] == i);
    return NULL;
}

static pthread_t start(void) {
    pthread_t thread;
    struct job job;
    for (int i = 0; i < 8; i++)
        job.numbers[i] = i;
    pthread_create(&thread, NULL, work, &job);
    return thread;
}

static int fill(int *numbers) {
    for (int i = 0; i < 32; i++)
        numbers[i] = -1;
    return numbers[31];
}

static int other_work(void) {
    int numbers[32];
    return fill(numbers);
}

int main(void) {
    pthread_t thread = start();
    int ended = other_work();
    pthread_join(thread, NULL);
    return ended == -1 ? 0 : 1;
}
