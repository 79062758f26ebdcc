// SPDX-License-Identifier: MIT
// expect: nothing
// The number of samples is loaded once, and 0 is a case of its own.
#include <pthread.h>
#include <stdatomic.h>

static atomic_int samples = 4;

static void *mean(void *arg) {
    int sum = 20;
    int count = atomic_load(&samples);
    if (count > 0)
        sum /= count;
    return sum > 0 ? NULL : arg;
}

static void *begin_again(void *arg) {
    atomic_store(&samples, 0);
    atomic_store(&samples, 1);
    return arg;
}

int main(void) {
    pthread_t a, b;
    void *wrong;
    pthread_create(&a, NULL, mean, &wrong);
    pthread_create(&b, NULL, begin_again, NULL);
    pthread_join(a, &wrong);
    pthread_join(b, NULL);
    return wrong ? 1 : 0;
}
