// A child for each job, at most nprocs at a time. Nothing is sent to it: fork
// copies the input. The result comes back through a pipe.
// SPDX-License-Identifier: MIT
#include "proc_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct record {
    long ticket;
    int job, result;
    enum { QUEUED, LIVE, OVER } phase;
    pid_t pid;
    int from;
    char *in;
    size_t n;
    char *out; // int, then the bytes
    size_t got, room;
    struct record *next;
};

struct ppool {
    job_fn *jobs;
    int njobs, nprocs, live;
    long next_ticket;
    bool closed;
    struct record *records; // newest last
    struct record **tail;
};

static void full_write(int fd, const void *from, size_t n) {
    const char *at = from;
    while (n > 0) {
        ssize_t put = write(fd, at, n);
        if (put < 0 && errno != EINTR)
            _exit(1);
        if (put > 0) {
            at += put;
            n -= (size_t)put;
        }
    }
}

static int launch(ppool *p, struct record *r) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -errno;
    pid_t pid = fork();
    if (pid == 0) {
        static char out[PP_MAX];
        size_t length = sizeof out;
        int code = p->jobs[r->job](r->in, r->n, out, &length);
        full_write(ends[1], &code, sizeof code);
        full_write(ends[1], out, length);
        char end = 'e';
        full_write(ends[1], &end, 1);
        _exit(0);
    }
    int error = errno;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return -error;
    }
    r->pid = pid;
    r->from = ends[0];
    r->phase = LIVE;
    p->live++;
    return 0;
}

static void settle(struct record *r, int result) {
    r->phase = OVER;
    r->result = result;
    free(r->in);
    r->in = NULL;
}

static void collect(ppool *p, struct record *r) {
    int status;
    while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(r->from);
    p->live--;
}

static void launch_some(ppool *p) {
    for (struct record *r = p->records; r != NULL && p->live < p->nprocs;
         r = r->next)
        if (r->phase == QUEUED) {
            int error = launch(p, r);
            if (error != 0)
                settle(r, error);
        }
}

static void take_in(ppool *p, struct record *r) {
    if (r->room - r->got < 4096) {
        char *more = realloc(r->out, r->room * 2 + 8192);
        if (more == NULL) {
            kill(r->pid, SIGKILL);
            collect(p, r);
            r->got = 0;
            settle(r, -ENOMEM);
            return;
        }
        r->out = more;
        r->room = r->room * 2 + 8192;
    }
    ssize_t n = read(r->from, r->out + r->got, r->room - r->got);
    if (n < 0 && errno == EINTR)
        return;
    if (n > 0) {
        r->got += (size_t)n;
        return;
    }
    collect(p, r);
    int code = -ECHILD;
    if (r->got > sizeof code && r->out[r->got - 1] == 'e') {
        memcpy(&code, r->out, sizeof code);
        r->got -= sizeof code + 1;
    } else
        r->got = 0;
    settle(r, code);
}

static void round_of_all(ppool *p, int ms) {
    launch_some(p);
    struct pollfd fds[p->live + 1];
    struct record *who[p->live + 1];
    nfds_t count = 0;
    for (struct record *r = p->records; r != NULL; r = r->next)
        if (r->phase == LIVE) {
            who[count] = r;
            fds[count++] = (struct pollfd){r->from, POLLIN, 0};
        }
    if (count == 0 || poll(fds, count, ms) <= 0)
        return;
    for (nfds_t i = 0; i < count; i++)
        if (fds[i].revents != 0)
            take_in(p, who[i]);
    launch_some(p);
}

ppool *pp_new(int nprocs, const job_fn *jobs, int njobs) {
    if (nprocs < 1 || njobs < 1) {
        errno = EINVAL;
        return NULL;
    }
    ppool *p = calloc(1, sizeof *p);
    job_fn *copy = malloc((size_t)njobs * sizeof *copy);
    if (p == NULL || copy == NULL) {
        free(p);
        free(copy);
        errno = ENOMEM;
        return NULL;
    }
    memcpy(copy, jobs, (size_t)njobs * sizeof *copy);
    *p = (ppool){
        .jobs = copy, .njobs = njobs, .nprocs = nprocs, .tail = &p->records};
    return p;
}

long pp_apply_async(ppool *p, int job, const void *in, size_t n) {
    if (p->closed)
        return -ESHUTDOWN;
    if (job < 0 || job >= p->njobs)
        return -EINVAL;
    if (n > PP_MAX)
        return -EMSGSIZE;
    struct record *r = calloc(1, sizeof *r);
    if (r == NULL)
        return -ENOMEM;
    r->in = malloc(n + 1);
    if (r->in == NULL) {
        free(r);
        return -ENOMEM;
    }
    if (n > 0)
        memcpy(r->in, in, n);
    r->n = n;
    r->job = job;
    r->ticket = p->next_ticket++;
    *p->tail = r;
    p->tail = &r->next;
    if (p->live < p->nprocs)
        launch_some(p);
    return r->ticket;
}

static long clock_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int pp_get(ppool *p, long ticket, void *out, size_t *out_len, long timeout_ms) {
    struct record **at = &p->records;
    while (*at != NULL && (*at)->ticket != ticket)
        at = &(*at)->next;
    struct record *r = *at;
    if (r == NULL)
        return -EINVAL;
    long end = clock_ms() + timeout_ms;
    while (r->phase != OVER) {
        long left = timeout_ms < 0 ? -1 : end - clock_ms();
        if (timeout_ms >= 0 && left < 0)
            left = 0;
        round_of_all(p, (int)left);
        if (left == 0 && r->phase != OVER)
            return -ETIMEDOUT;
    }
    size_t room = *out_len;
    *out_len = r->got;
    if (r->got > room)
        return -EMSGSIZE;
    if (r->got > 0)
        memcpy(out, r->out + sizeof(int), r->got);
    int result = r->result;
    *at = r->next;
    if (p->tail == &r->next)
        p->tail = at;
    free(r->out);
    free(r);
    return result;
}

void pp_close(ppool *p) {
    p->closed = true;
}

int pp_join(ppool *p) {
    if (!p->closed)
        return -EBUSY;
    for (;;) {
        launch_some(p);
        if (p->live == 0)
            return 0;
        round_of_all(p, -1);
    }
}

void pp_terminate(ppool *p) {
    p->closed = true;
    for (struct record *r = p->records; r != NULL; r = r->next) {
        if (r->phase == LIVE) {
            kill(r->pid, SIGKILL);
            collect(p, r);
        }
        if (r->phase != OVER) {
            r->got = 0;
            settle(r, -ECANCELED);
        }
    }
}

void pp_free(ppool *p) {
    if (p == NULL)
        return;
    pp_terminate(p);
    while (p->records != NULL) {
        struct record *r = p->records;
        p->records = r->next;
        free(r->out);
        free(r);
    }
    free(p->jobs);
    free(p);
}
