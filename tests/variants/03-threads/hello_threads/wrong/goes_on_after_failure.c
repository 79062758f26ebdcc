// expect: wrong-result
// SPDX-License-Identifier: MIT
// Goes on starting threads after one could not be created.
#include "hello_threads.h"
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct a {
    void (*say)(const char *, int, void *);
    void *ctx;
    struct greeting g;
};
_Noreturn void *body(void *p) {
    struct a a = *(struct a *)p;
    intptr_t c = 0;
    for (int k = 0; k != a.g.times; ++k, ++c)
        a.say(a.g.name, k, a.ctx);
    pthread_exit((void *)c);
}
int greet_all(const struct greeting *g, size_t n,
              void (*say)(const char *name, int k, void *ctx), void *ctx,
              int *said) {
    if (n == 0)
        return 0;
    struct pair {
        struct a a;
        pthread_t t;
        bool on;
    } *p = calloc(n, sizeof *p);
    if (!p) {
        memset(said, 0, sizeof(int) * n);
        return -ENOMEM;
    }
    int bad = 0;
    for (size_t i = 0; i < n; i++) {
        p[i].a = (struct a){say, ctx, g[i]};
        int e = pthread_create(&p[i].t, NULL, body, &p[i].a);
        p[i].on = !e;
        if (e)
            bad = e;
    }
    for (size_t i = n; i-- > 0;) {
        void *r = NULL;
        if (p[i].on)
            pthread_join(p[i].t, &r);
        said[i] = (int)(intptr_t)r;
    }
    free(p);
    return bad ? -EAGAIN : 0;
}
