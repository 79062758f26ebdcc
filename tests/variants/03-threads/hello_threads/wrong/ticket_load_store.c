// expect: broken-invariant
// needs: schedules
// Every thread takes the next free greeting, by a load and a store: two may
// take the same one. SPDX-License-Identifier: MIT
#include "hello_threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static struct {
    const struct greeting *g;
    void (*say)(const char *name, int k, void *ctx);
    void *ctx;
    int *said;
    atomic_size_t next;
} party;

static void *run(void *arg) {
    (void)arg;
    size_t i = atomic_load(&party.next);
    atomic_store(&party.next, i + 1);
    for (int k = 0; k < party.g[i].times; k++) {
        party.say(party.g[i].name, k, party.ctx);
        party.said[i]++;
    }
    return NULL;
}

int greet_all(const struct greeting *g, size_t n,
              void (*say)(const char *name, int k, void *ctx), void *ctx,
              int *said) {
    if (n == 0)
        return 0;
    for (size_t i = 0; i < n; i++)
        said[i] = 0;
    pthread_t *threads = calloc(n, sizeof *threads);
    if (threads == NULL)
        return -ENOMEM;
    party.g = g;
    party.say = say;
    party.ctx = ctx;
    party.said = said;
    atomic_store(&party.next, 0);
    size_t started = 0;
    while (started < n &&
           pthread_create(&threads[started], NULL, run, NULL) == 0)
        started++;
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    return started == n ? 0 : -EAGAIN;
}
