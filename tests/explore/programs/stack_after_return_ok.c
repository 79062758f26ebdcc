// SPDX-License-Identifier: MIT
// expect: nothing
// The job lives in main's frame until the thread was joined.
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

static pthread_t start(struct job *job) {
    pthread_t thread;
    for (int i = 0; i < 8; i++)
        job->numbers[i] = i;
    pthread_create(&thread, NULL, work, job);
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
    struct job job;
    pthread_t thread = start(&job);
    int ended = other_work();
    pthread_join(thread, NULL);
    return ended == -1 ? 0 : 1;
}
