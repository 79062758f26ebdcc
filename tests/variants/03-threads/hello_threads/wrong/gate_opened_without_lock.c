// expect: data-race
// SPDX-License-Identifier: MIT
// A start gate whose flag is set and announced without the lock under which the
// threads read it. The flag lives in a local struct of greet_all.
#include "hello_threads.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct sh {
    pthread_mutex_t m;
    pthread_cond_t c;
    int go;
    size_t ids;
    const struct greeting *g;
    void (*say)(const char *, int, void *);
    void *ctx;
    int *said;
};
static void *run(void *p) {
    struct sh *s = p;
    pthread_mutex_lock(&s->m);
    size_t me = s->ids++;
    while (!s->go)
        pthread_cond_wait(&s->c, &s->m);
    pthread_mutex_unlock(&s->m);
    for (int k = 0; k < s->g[me].times; k++) {
        s->say(s->g[me].name, k, s->ctx);
        s->said[me] += 1;
    }
    return s;
}
int greet_all(const struct greeting *g, size_t n,
              void (*say)(const char *name, int k, void *ctx), void *ctx,
              int *said) {
    struct sh s = {.m = PTHREAD_MUTEX_INITIALIZER,
                   .c = PTHREAD_COND_INITIALIZER,
                   .g = g,
                   .say = say,
                   .ctx = ctx,
                   .said = said};
    pthread_t *t = malloc((n + 1) * sizeof *t);
    size_t k = 0;
    int r = 0;
    for (size_t i = 0; i < n; i++)
        said[i] = 0;
    if (!t)
        return -ENOMEM;
    while (k < n) {
        if (pthread_create(&t[k], NULL, run, &s)) {
            r = -EAGAIN;
            break;
        }
        k++;
    }
    s.go = 1;
    pthread_cond_broadcast(&s.c);
    for (size_t i = 0; i < k; i++)
        pthread_join(t[i], NULL);
    pthread_cond_destroy(&s.c);
    pthread_mutex_destroy(&s.m);
    free(t);
    return r;
}
