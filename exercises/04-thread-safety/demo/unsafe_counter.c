// SPDX-License-Identifier: MIT
// Shows the bug that 4.1 mends: two threads count the same hits without a lock.
//
//     cc -O2 -pthread unsafe_counter.c -o /tmp/unsafe_counter
//     /tmp/unsafe_counter
#include <pthread.h>
#include <stdio.h>

enum { HITS = 5000000 };

// volatile makes the compiler emit every read and every write, so that the
// loss is seen. Without it, the loop may become a single addition, and the
// right sum comes out of a program that is just as wrong.
static volatile long hits;

static void *count(void *unused) {
    (void)unused;
    for (int i = 0; i < HITS; i++)
        hits = hits + 1;
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, count, NULL) != 0)
            return 1;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("counted %ld of %d hits: %ld were lost\n", hits, 2 * HITS,
           2L * HITS - hits);
    return 0;
}
