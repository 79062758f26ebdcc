// SPDX-License-Identifier: MIT
// Double-checked locking with a relaxed store: the pointer can be seen before
// what it points to. A processor like yours never shows it; C allows it, and so
// do other processors.
//
//     make demo DEMO=half_published
//     build/lockstep explore exercises/04-thread-safety/demo/half_published.c
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(int *) answer; // made on first use, under the lock

static int *get_answer(void) {
    int *made = atomic_load_explicit(&answer, memory_order_relaxed);
    if (made != NULL)
        return made;
    pthread_mutex_lock(&lock);
    made = atomic_load_explicit(&answer, memory_order_relaxed);
    if (made == NULL && (made = malloc(sizeof *made)) != NULL) {
        *made = 42;
        // The mistake: nothing says that the 42 belongs to the pointer.
        atomic_store_explicit(&answer, made, memory_order_relaxed);
    }
    pthread_mutex_unlock(&lock);
    return made;
}

static void *use(void *seen) {
    int *made = get_answer();
    *(int *)seen = made != NULL ? *made : 0;
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    int seen[2] = {0, 0};
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, use, &seen[i]) != 0)
            return 1;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("seen: %d and %d\n", seen[0], seen[1]);
    free(answer);
    return 0;
}
