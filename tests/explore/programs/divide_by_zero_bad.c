// SPDX-License-Identifier: MIT
// expect: crash
// The number of samples is 0 for a moment while they are thrown away.
#include <pthread.h>
#include <stdatomic.h>

static atomic_int samples = 4;

static void *mean(void *arg) {
    int sum = 20;
    if (atomic_load(&samples) > 0)
        sum /= atomic_load(&samples);
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
