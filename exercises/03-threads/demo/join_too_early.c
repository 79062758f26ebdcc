// SPDX-License-Identifier: MIT
// Four threads that each wait for 200 ms. First every thread is joined before
// the next one is created; then all are created, and then all are joined.
//
//     make demo DEMO=join_too_early
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { THREADS = 4 };

static void *work(void *unused) {
    nanosleep(&(struct timespec){0, 200000000}, NULL);
    return unused;
}

static void start(pthread_t *thread) {
    if (pthread_create(thread, NULL, work, NULL) != 0)
        exit(1);
}

static void joined_too_early(void) {
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        start(&thread);
        pthread_join(thread, NULL);
    }
}

static void all_then_all(void) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        start(&threads[i]);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void measure(const char *how, void (*run)(void)) {
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    run();
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%-32s %4ld ms\n", how,
           (end.tv_sec - begin.tv_sec) * 1000 +
               (end.tv_nsec - begin.tv_nsec) / 1000000);
}

int main(void) {
    measure("create, join, create, join …", joined_too_early);
    measure("create all, join all", all_then_all);
    return 0;
}
