// SPDX-License-Identifier: MIT
// Shows the bug that 4.1 mends: two threads count the same hits without a lock.
//
//     make demo DEMO=unsafe_counter
#include <pthread.h>
#include <stdio.h>

enum { HITS = 20000000 };

// volatile makes the compiler emit every read and every write, so that the
// loss is seen. Without it, the loop may become a single addition, and the
// right sum comes out of a program that is just as wrong.
static volatile long hits;

static pthread_barrier_t both; // or the first has done before the second begins

// A step of its own between the read and the write, as in any real program.
__attribute__((noinline)) static long one_more(long n) { return n + 1; }

static void *count(void *unused) {
    pthread_barrier_wait(&both);
    for (int i = 0; i < HITS; i++)
        hits = one_more(hits);
    return unused;
}

int main(void) {
    pthread_t threads[2];
    pthread_barrier_init(&both, NULL, 2);
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, count, NULL) != 0)
            return 1;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("counted %ld of %d hits: %ld were lost\n", hits, 2 * HITS,
           2L * HITS - hits);
    return 0;
}
