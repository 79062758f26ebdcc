// All workers read small records from one pipe and write small records to
// another; the bytes are in shared memory. A pidfd for each tells of deaths.
// SPDX-License-Identifier: MIT
#include "proc_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// At most PIPE_BUF bytes: it goes in and comes out as a whole.
struct note {
    enum { DO, TOOK, DID, LEAVE } what;
    int place, job, code, worker;
    size_t n;
};

struct place {
    char in[PP_MAX], out[PP_MAX];
};

struct ticket {
    int job, code;
    enum { LINED_UP, OUT_THERE, BACK } where;
    char *bytes;
    size_t n;
};

struct ppool {
    int nprocs, njobs;
    job_fn *jobs;
    struct place *places; // nprocs of them, shared
    long *place_has;      // ticket, or -1
    pid_t *pids;
    int *pidfds;
    int *worker_at; // place whose job the worker took, or -1
    int jobs_pipe[2], notes_pipe[2];
    struct ticket **tickets;
    long count, room, first;
    bool closed, gone;
};

static bool send_note(int fd, struct note note) {
    ssize_t r;
    while ((r = write(fd, &note, sizeof note)) < 0 && errno == EINTR)
        ;
    return r == sizeof note;
}

static bool next_note(int fd, struct note *note) {
    ssize_t r;
    while ((r = read(fd, note, sizeof *note)) < 0 && errno == EINTR)
        ;
    return r == sizeof *note;
}

static void labour(ppool *p, int me) {
    struct note note;
    while (next_note(p->jobs_pipe[0], &note) && note.what == DO) {
        struct place *place = &p->places[note.place];
        send_note(
            p->notes_pipe[1],
            (struct note){.what = TOOK, .place = note.place, .worker = me});
        size_t length = PP_MAX;
        int code = p->jobs[note.job](place->in, note.n, place->out, &length);
        send_note(p->notes_pipe[1], (struct note){.what = DID,
                                                  .place = note.place,
                                                  .code = code,
                                                  .worker = me,
                                                  .n = length});
    }
    _exit(0);
}

static int engage(ppool *p, int i) {
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0)
        labour(p, i);
    p->pids[i] = pid;
    p->worker_at[i] = -1;
    p->pidfds[i] = pidfd_open(pid, 0);
    return p->pidfds[i] < 0 ? -errno : 0;
}

static void let_go(ppool *p, int i) {
    while (waitpid(p->pids[i], NULL, 0) < 0 && errno == EINTR)
        ;
    if (p->pidfds[i] >= 0)
        close(p->pidfds[i]);
    p->pids[i] = 0;
}

static void back(ppool *p, int place, int code, size_t n) {
    struct ticket *t = p->tickets[p->place_has[place]];
    p->place_has[place] = -1;
    free(t->bytes);
    t->n = 0;
    t->bytes = malloc(n + 1);
    if (t->bytes == NULL)
        code = -ENOMEM;
    else if (n > 0)
        memcpy(t->bytes, p->places[place].out, t->n = n);
    t->code = code;
    t->where = BACK;
}

static void hear_notes(ppool *p) {
    struct note note;
    while (next_note(p->notes_pipe[0], &note)) { // does not block
        p->worker_at[note.worker] = note.what == TOOK ? note.place : -1;
        if (note.what == DID)
            back(p, note.place, note.code, note.n);
    }
}

static void line_up(ppool *p) {
    int error = 0, alive = 0;
    for (int i = 0; i < p->nprocs; i++) {
        if (p->pids[i] == 0 && error == 0 && !p->gone)
            error = engage(p, i);
        alive += p->pids[i] > 0;
    }
    for (int i = 0; i < p->nprocs; i++) {
        while (p->first < p->count && (p->tickets[p->first] == NULL ||
                                       p->tickets[p->first]->where != LINED_UP))
            p->first++;
        if (p->first == p->count)
            return;
        struct ticket *t = p->tickets[p->first];
        if (alive == 0) {
            free(t->bytes);
            t->bytes = NULL;
            t->n = 0;
            t->code = error;
            t->where = BACK;
            i = -1;
        } else if (p->place_has[i] < 0) {
            p->place_has[i] = p->first;
            t->where = OUT_THERE;
            memcpy(p->places[i].in, t->bytes, t->n);
            send_note(p->jobs_pipe[1],
                      (struct note){
                          .what = DO, .place = i, .job = t->job, .n = t->n});
        }
    }
}

static void turn(ppool *p, int ms) {
    struct pollfd fds[p->nprocs + 1];
    for (int i = 0; i < p->nprocs; i++)
        fds[i] = (struct pollfd){p->pids[i] > 0 ? p->pidfds[i] : -1, POLLIN, 0};
    fds[p->nprocs] = (struct pollfd){p->notes_pipe[0], POLLIN, 0};
    if (poll(fds, (nfds_t)p->nprocs + 1, ms) <= 0)
        return;
    hear_notes(p); // all that the dead have said
    for (int i = 0; i < p->nprocs; i++)
        if (fds[i].revents != 0) {
            if (p->worker_at[i] >= 0)
                back(p, p->worker_at[i], -ECHILD, 0);
            p->worker_at[i] = -1;
            let_go(p, i);
        }
    line_up(p);
}

ppool *pp_new(int nprocs, const job_fn *jobs, int njobs) {
    if (nprocs < 1 || njobs < 1) {
        errno = EINVAL;
        return NULL;
    }
    ppool *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    *p = (ppool){.nprocs = nprocs,
                 .njobs = njobs,
                 .jobs_pipe = {-1, -1},
                 .notes_pipe = {-1, -1}};
    size_t n = (size_t)nprocs;
    p->jobs = malloc((size_t)njobs * sizeof *jobs);
    p->place_has = malloc(n * sizeof *p->place_has);
    p->pids = calloc(n, sizeof *p->pids);
    p->pidfds = malloc(n * sizeof *p->pidfds);
    p->worker_at = malloc(n * sizeof *p->worker_at);
    void *at = mmap(NULL, n * sizeof *p->places, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    p->places = at == MAP_FAILED ? NULL : at;
    int error = 0;
    if (!p->jobs || !p->place_has || !p->pids || !p->pidfds || !p->worker_at ||
        !p->places)
        error = ENOMEM;
    else if (pipe2(p->jobs_pipe, O_CLOEXEC) != 0 ||
             pipe2(p->notes_pipe, O_CLOEXEC) != 0)
        error = errno;
    if (error == 0) {
        fcntl(p->notes_pipe[0], F_SETFL, O_NONBLOCK);
        memcpy(p->jobs, jobs, (size_t)njobs * sizeof *jobs);
        for (int i = 0; i < nprocs; i++)
            p->place_has[i] = -1;
        for (int i = 0; i < nprocs && error == 0; i++)
            error = -engage(p, i);
    }
    if (error == 0)
        return p;
    pp_free(p);
    errno = error;
    return NULL;
}

long pp_apply_async(ppool *p, int job, const void *in, size_t n) {
    if (p->closed)
        return -ESHUTDOWN;
    if (job < 0 || job >= p->njobs)
        return -EINVAL;
    if (n > PP_MAX)
        return -EMSGSIZE;
    if (p->count == p->room) {
        long room = p->room * 2 + 16;
        void *more = realloc(p->tickets, (size_t)room * sizeof *p->tickets);
        if (more == NULL)
            return -ENOMEM;
        p->tickets = more;
        p->room = room;
    }
    struct ticket *t = calloc(1, sizeof *t);
    if (t == NULL || (t->bytes = malloc(n + 1)) == NULL) {
        free(t);
        return -ENOMEM;
    }
    t->job = job;
    t->n = n;
    if (n > 0)
        memcpy(t->bytes, in, n);
    p->tickets[p->count++] = t;
    long ticket = p->count - 1;
    line_up(p);
    turn(p, 0);
    return ticket;
}

static long millis(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int pp_get(ppool *p, long ticket, void *out, size_t *out_len, long timeout_ms) {
    if (ticket < 0 || ticket >= p->count || p->tickets[ticket] == NULL)
        return -EINVAL;
    struct ticket *t = p->tickets[ticket];
    long end = millis() + timeout_ms;
    if (t->where != BACK)
        turn(p, 0);
    while (t->where != BACK) {
        long left = timeout_ms < 0 ? -1 : end - millis();
        if (timeout_ms >= 0 && left <= 0)
            return -ETIMEDOUT;
        turn(p, (int)left);
    }
    size_t room = *out_len;
    *out_len = t->n;
    if (t->n > room)
        return -EMSGSIZE;
    if (t->n > 0)
        memcpy(out, t->bytes, t->n);
    int code = t->code;
    free(t->bytes);
    free(t);
    p->tickets[ticket] = NULL;
    return code;
}

void pp_close(ppool *p) {
    p->closed = true;
}

int pp_join(ppool *p) {
    if (!p->closed)
        return -EBUSY;
    for (long i = 0; i < p->count; i++)
        while (p->tickets[i] != NULL && p->tickets[i]->where != BACK)
            turn(p, -1);
    p->gone = true;
    for (int i = 0; i < p->nprocs; i++)
        if (p->pids[i] > 0)
            send_note(p->jobs_pipe[1], (struct note){.what = LEAVE});
    for (int i = 0; i < p->nprocs; i++)
        if (p->pids[i] > 0)
            let_go(p, i);
    return 0;
}

void pp_terminate(ppool *p) {
    p->closed = p->gone = true;
    for (int i = 0; i < p->nprocs; i++)
        if (p->pids[i] > 0) {
            kill(p->pids[i], SIGKILL);
            let_go(p, i);
        }
    for (long i = 0; i < p->count; i++) {
        struct ticket *t = p->tickets[i];
        if (t == NULL || t->where == BACK)
            continue;
        t->n = 0;
        t->code = -ECANCELED;
        t->where = BACK;
    }
}

static void close_both(const int ends[2]) {
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
}

void pp_free(ppool *p) {
    if (p == NULL)
        return;
    if (p->pids != NULL)
        pp_terminate(p);
    for (long i = 0; i < p->count; i++)
        if (p->tickets[i] != NULL) {
            free(p->tickets[i]->bytes);
            free(p->tickets[i]);
        }
    close_both(p->jobs_pipe);
    close_both(p->notes_pipe);
    if (p->places != NULL)
        munmap(p->places, (size_t)p->nprocs * sizeof *p->places);
    free(p->tickets);
    free(p->worker_at);
    free(p->pidfds);
    free(p->pids);
    free(p->place_has);
    free(p->jobs);
    free(p);
}
