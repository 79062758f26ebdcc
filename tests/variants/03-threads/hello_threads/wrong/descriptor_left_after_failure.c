// expect: fd-leak
// The gate is a pipe, and after a failure its reading end stays open.
// SPDX-License-Identifier: MIT
#include "hello_threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct greeter {
    pthread_t thread;
    const struct greeting *greeting;
    void (*say)(const char *name, int k, void *ctx);
    void *ctx;
    int *said;
    int gate;
};

static void *greeter_main(void *arg) {
    struct greeter *self = arg;
    char c;
    while (read(self->gate, &c, 1) < 0)
        ;
    for (int k = 0; k < self->greeting->times; k++) {
        self->say(self->greeting->name, k, self->ctx);
        *self->said += 1;
    }
    return NULL;
}

int greet_all(const struct greeting *g, size_t n,
              void (*say)(const char *name, int k, void *ctx), void *ctx,
              int *said) {
    if (n == 0)
        return 0;
    int p[2];
    for (size_t i = 0; i < n; i++)
        said[i] = 0;
    if (pipe(p) != 0)
        return -ENOMEM;
    struct greeter *greeters = calloc(n, sizeof *greeters);
    if (greeters == NULL) {
        close(p[0]);
        close(p[1]);
        return -ENOMEM;
    }
    size_t started = 0;
    for (; started < n; started++) {
        struct greeter *greeter = &greeters[started];
        greeter->greeting = &g[started];
        greeter->say = say;
        greeter->ctx = ctx;
        greeter->said = &said[started];
        greeter->gate = p[0];
        if (pthread_create(&greeter->thread, NULL, greeter_main, greeter) != 0)
            break;
    }
    close(p[1]);
    for (size_t i = 0; i < started; i++)
        pthread_join(greeters[i].thread, NULL);
    if (started == n)
        close(p[0]);
    free(greeters);
    return started == n ? 0 : -EAGAIN;
}
