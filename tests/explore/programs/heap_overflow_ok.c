// SPDX-License-Identifier: MIT
// expect: nothing
// A place is taken first; whoever gets one behind the end does not write.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define PLACES 2

static atomic_int *log_lines; // PLACES of them
static atomic_int used = 1;

static void *append(void *arg) {
    int place = atomic_fetch_add(&used, 1);
    if (place >= PLACES)
        return arg;
    atomic_store(&log_lines[place], 7);
    return arg;
}

int main(void) {
    pthread_t a, b;
    log_lines = calloc(PLACES, sizeof *log_lines);
    if (!log_lines)
        return 0;
    pthread_create(&a, NULL, append, NULL);
    pthread_create(&b, NULL, append, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    free(log_lines);
    return 0;
}
