// design: no shared data at all. One thread owns the balances; the others send
// it a request and wait for the answer.
// SPDX-License-Identifier: MIT
#include "bank_global.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum what { TRANSFER, BALANCE, TOTAL, STOP };

// Lives on the stack of the thread that asks, which waits until it is done.
struct request {
    enum what what;
    int from, to;
    long amount;
    long answer;
    int done;
    struct request *next;
};

struct bank {
    int n;
    long *balance; // the server thread's own
    pthread_t server;
    pthread_mutex_t lock; // guards the queue and every request's answer, done
    pthread_cond_t asked;
    pthread_cond_t answered;
    struct request *first, **last;
};

static long serve_transfer(bank *b, struct request *r) {
    if (b->balance[r->from] < r->amount)
        return -ERANGE;
    b->balance[r->from] -= r->amount;
    BANK_STEP(r->from, r->to);
    b->balance[r->to] += r->amount;
    return 0;
}

static long serve(bank *b, struct request *r) {
    long total = 0;
    switch (r->what) {
    case TRANSFER:
        return serve_transfer(b, r);
    case BALANCE:
        return b->balance[r->from];
    case TOTAL:
        for (int i = 0; i < b->n; i++)
            total += b->balance[i];
        return total;
    case STOP:
        break;
    }
    return 0;
}

static void *server_main(void *data) {
    bank *b = data;
    enum what what;
    do {
        pthread_mutex_lock(&b->lock);
        while (b->first == NULL)
            pthread_cond_wait(&b->asked, &b->lock);
        struct request *r = b->first;
        b->first = r->next;
        if (b->first == NULL)
            b->last = &b->first;
        pthread_mutex_unlock(&b->lock);
        what = r->what;
        long answer = serve(b, r);
        pthread_mutex_lock(&b->lock);
        r->answer = answer;
        r->done = 1;
        pthread_cond_broadcast(&b->answered);
        pthread_mutex_unlock(&b->lock);
    } while (what != STOP);
    return NULL;
}

static long ask(bank *b, struct request request) {
    pthread_mutex_lock(&b->lock);
    *b->last = &request;
    b->last = &request.next;
    pthread_cond_signal(&b->asked);
    while (!request.done)
        pthread_cond_wait(&b->answered, &b->lock);
    pthread_mutex_unlock(&b->lock);
    return request.answer;
}

static void release(bank *b) {
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->asked);
    pthread_cond_destroy(&b->answered);
    free(b->balance);
    free(b);
}

bank *bank_new(const long *opening, int n) {
    bank *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->n = n;
    b->last = &b->first;
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->asked, NULL);
    pthread_cond_init(&b->answered, NULL);
    b->balance = malloc((size_t)n * sizeof *b->balance);
    int error = b->balance == NULL ? ENOMEM : 0;
    if (error == 0) {
        memcpy(b->balance, opening, (size_t)n * sizeof *b->balance);
        error = pthread_create(&b->server, NULL, server_main, b);
    }
    if (error != 0) {
        release(b);
        errno = error;
        return NULL;
    }
    return b;
}

int bank_transfer(bank *b, int from, int to, long amount) {
    if (from < 0 || from >= b->n || to < 0 || to >= b->n || from == to ||
        amount <= 0)
        return -EINVAL;
    struct request request = {TRANSFER, from, to, amount, 0, 0, NULL};
    return (int)ask(b, request);
}

long bank_balance(bank *b, int acct) {
    if (acct < 0 || acct >= b->n)
        return -1;
    return ask(b, (struct request){BALANCE, acct, 0, 0, 0, 0, NULL});
}

long bank_total(bank *b) {
    return ask(b, (struct request){TOTAL, 0, 0, 0, 0, 0, NULL});
}

void bank_free(bank *b) {
    ask(b, (struct request){STOP, 0, 0, 0, 0, 0, NULL});
    pthread_join(b->server, NULL);
    release(b);
}
