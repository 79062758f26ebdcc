// design: one thread owns the balances and reads requests from a pipe; each
// request carries a semaphore on which its sender waits.
// SPDX-License-Identifier: MIT
#include "bank_global.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct request {
    char what; // 't'ransfer, 'b'alance, 's'um
    int from, to;
    long amount;
    long answer;
    sem_t done;
};

struct bank {
    int n;
    long *balance; // the server thread's own
    pthread_t server;
    int pipe[2]; // of struct request *: writes that small are never split
};

static long serve(bank *b, struct request *r) {
    long total = 0;
    if (r->what == 'b')
        return b->balance[r->from];
    if (r->what == 's') {
        for (int i = 0; i < b->n; i++)
            total += b->balance[i];
        return total;
    }
    if (b->balance[r->from] < r->amount)
        return -ERANGE;
    b->balance[r->from] -= r->amount;
    BANK_STEP(r->from, r->to);
    b->balance[r->to] += r->amount;
    return 0;
}

static void *server_main(void *data) {
    bank *b = data;
    struct request *r;
    for (;;) {
        ssize_t got = read(b->pipe[0], &r, sizeof r);
        if (got == 0)
            return NULL;
        if (got < 0)
            continue;
        r->answer = serve(b, r);
        sem_post(&r->done);
    }
}

static long ask(bank *b, struct request *r) {
    sem_init(&r->done, 0, 0);
    while (write(b->pipe[1], &r, sizeof r) < 0)
        ;
    while (sem_wait(&r->done) != 0)
        ;
    long answer = r->answer;
    sem_destroy(&r->done);
    return answer;
}

static bank *give_up(bank *b, int error) {
    if (b->pipe[0] >= 0) {
        close(b->pipe[0]);
        close(b->pipe[1]);
    }
    free(b->balance);
    free(b);
    errno = error;
    return NULL;
}

bank *bank_new(const long *opening, int n) {
    bank *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->n = n;
    b->pipe[0] = b->pipe[1] = -1;
    b->balance = malloc((size_t)n * sizeof *b->balance);
    if (b->balance == NULL)
        return give_up(b, ENOMEM);
    memcpy(b->balance, opening, (size_t)n * sizeof *b->balance);
    if (pipe(b->pipe) != 0) {
        int error = errno;
        b->pipe[0] = b->pipe[1] = -1;
        return give_up(b, error);
    }
    int error = pthread_create(&b->server, NULL, server_main, b);
    return error == 0 ? b : give_up(b, error);
}

int bank_transfer(bank *b, int from, int to, long amount) {
    if (from < 0 || from >= b->n || to < 0 || to >= b->n || from == to ||
        amount <= 0)
        return -EINVAL;
    struct request r = {.what = 't', .from = from, .to = to, .amount = amount};
    return (int)ask(b, &r);
}

long bank_balance(bank *b, int acct) {
    if (acct < 0 || acct >= b->n)
        return -1;
    struct request r = {.what = 'b', .from = acct};
    return ask(b, &r);
}

long bank_total(bank *b) {
    struct request r = {.what = 's'};
    return ask(b, &r);
}

void bank_free(bank *b) {
    close(b->pipe[1]); // the server reads end of file and leaves
    pthread_join(b->server, NULL);
    close(b->pipe[0]);
    free(b->balance);
    free(b);
}
