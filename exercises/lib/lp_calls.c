// SPDX-License-Identifier: MIT
#include "lib/lp_calls.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct call {
    void (*fn)(void *);
    void *arg;
    struct call *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // of all below
static void (*waker)(void);                              // NULL: closed
static struct call *first, **end = &first;

void lp_calls_open(void (*wake)(void)) {
    pthread_mutex_lock(&lock);
    waker = wake;
    pthread_mutex_unlock(&lock);
}

void lp_calls_close(void) {
    lp_calls_open(NULL);
}

int lp_calls_add(void (*fn)(void *), void *arg) {
    struct call *call = malloc(sizeof *call);
    if (call == NULL)
        return -ENOMEM;
    *call = (struct call){.fn = fn, .arg = arg};
    pthread_mutex_lock(&lock);
    bool open = waker != NULL;
    if (open) {
        *end = call;
        end = &call->next;
        waker(); // under the lock: the loop cannot close meanwhile
    }
    pthread_mutex_unlock(&lock);
    if (open)
        return 0;
    free(call);
    return -ESHUTDOWN;
}

void lp_calls_make(void) {
    pthread_mutex_lock(&lock);
    struct call *call = first;
    first = NULL;
    end = &first;
    pthread_mutex_unlock(&lock);
    while (call != NULL) {
        struct call *next = call->next;
        call->fn(call->arg);
        free(call);
        call = next;
    }
}
