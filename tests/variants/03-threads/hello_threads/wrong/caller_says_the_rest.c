// expect: wrong-result
// A greeting whose thread cannot be created is said by the caller, and counted.
// SPDX-License-Identifier: MIT
#include "hello_threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct greeter {
    pthread_t thread;
    const struct greeting *greeting;
    void (*say)(const char *name, int k, void *ctx);
    void *ctx;
    int *said; // this greeter's own number: no other thread touches it
};

static void *greeter_main(void *arg) {
    struct greeter *self = arg;
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
    // Before anything can fail, so that the numbers are right in every case.
    for (size_t i = 0; i < n; i++)
        said[i] = 0;
    struct greeter *greeters = calloc(n, sizeof *greeters);
    if (greeters == NULL)
        return -ENOMEM;

    size_t started = 0;
    for (; started < n; started++) {
        struct greeter *greeter = &greeters[started];
        greeter->greeting = &g[started];
        greeter->say = say;
        greeter->ctx = ctx;
        greeter->said = &said[started];
        if (pthread_create(&greeter->thread, NULL, greeter_main, greeter) !=
            0) {
            greeter_main(greeter);
            break;
        }
    }
    // Only what was started: the handle of the one that failed is rubbish.
    for (size_t i = 0; i < started; i++)
        pthread_join(greeters[i].thread, NULL);
    free(greeters);
    return started == n ? 0 : -EAGAIN;
}
