// SPDX-License-Identifier: MIT
// expect: crash
// The worker uses what main sets only after it has started the worker.
#include <pthread.h>
#include <stdatomic.h>

struct options {
    int level;
};

static struct options options = {1};
static _Atomic(struct options *) current;

static void *work(void *arg) {
    return atomic_load(&current)->level == 1 ? NULL : arg;
}

int main(void) {
    pthread_t worker;
    void *wrong;
    pthread_create(&worker, NULL, work, &options);
    atomic_store(&current, &options);
    pthread_join(worker, &wrong);
    return wrong ? 1 : 0;
}
