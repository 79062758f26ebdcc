// A slot in shared memory for each worker, and semaphores between processes;
// every 2 ms somebody looks for the dead.
// SPDX-License-Identifier: MIT
#include "proc_pool.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct slot {
    sem_t go;
    atomic_bool done;
    int job; // -1: leave
    int code;
    size_t n, out_n;
    char in[PP_MAX], out[PP_MAX];
};

struct shared {
    sem_t something; // some worker is done
    struct slot slots[];
};

struct item {
    int job, code;
    bool over, running;
    size_t n;
    char *bytes;
};

struct ppool {
    struct shared *shared;
    size_t size;
    int nprocs, njobs;
    job_fn *jobs;
    pid_t *pids;
    long *has; // ticket that the worker has, or -1
    struct item **items;
    long count, room, oldest; // before oldest nothing waits
    bool closed, left;
};

static void down(sem_t *sem) {
    while (sem_wait(sem) != 0)
        ;
}

static void toil(ppool *p, struct slot *s) {
    for (;;) {
        down(&s->go);
        if (s->job < 0)
            _exit(0);
        s->out_n = PP_MAX;
        s->code = p->jobs[s->job](s->in, s->n, s->out, &s->out_n);
        atomic_store(&s->done, true);
        sem_post(&p->shared->something);
    }
}

static int spawn(ppool *p, int i) {
    struct slot *s = &p->shared->slots[i];
    sem_init(&s->go, 1, 0);
    atomic_store(&s->done, false);
    p->has[i] = -1;
    pid_t pid = fork();
    if (pid == 0)
        toil(p, s);
    p->pids[i] = pid < 0 ? 0 : pid;
    return pid < 0 ? -errno : 0;
}

static void over(struct item *item, int code) {
    item->code = code;
    item->over = true;
    item->running = false;
}

static void harvest(ppool *p, int i) {
    struct slot *s = &p->shared->slots[i];
    if (!atomic_exchange(&s->done, false))
        return;
    struct item *item = p->items[p->has[i]];
    p->has[i] = -1;
    char *copy = malloc(s->out_n + 1);
    free(item->bytes);
    item->bytes = copy;
    item->n = copy == NULL ? 0 : s->out_n;
    if (copy != NULL)
        memcpy(copy, s->out, s->out_n);
    over(item, copy == NULL ? -ENOMEM : s->code);
}

static void look(ppool *p) {
    int alive = 0, error = 0;
    for (int i = 0; i < p->nprocs; i++) {
        if (p->pids[i] > 0) {
            bool dead = waitpid(p->pids[i], NULL, WNOHANG) == p->pids[i];
            harvest(p, i);
            if (dead) {
                p->pids[i] = 0;
                if (p->has[i] >= 0) {
                    p->items[p->has[i]]->n = 0;
                    over(p->items[p->has[i]], -ECHILD);
                }
                p->has[i] = -1;
            }
        }
        while (p->oldest < p->count &&
               (p->items[p->oldest] == NULL || p->items[p->oldest]->over ||
                p->items[p->oldest]->running))
            p->oldest++;
        if (p->oldest == p->count)
            continue;
        if (p->pids[i] == 0 && error == 0)
            error = spawn(p, i);
        if (p->pids[i] == 0)
            continue;
        alive++;
        if (p->has[i] >= 0)
            continue;
        struct slot *s = &p->shared->slots[i];
        struct item *item = p->items[p->oldest];
        p->has[i] = p->oldest;
        item->running = true;
        s->job = item->job;
        s->n = item->n;
        memcpy(s->in, item->bytes, item->n);
        sem_post(&s->go);
    }
    if (alive == 0 && error != 0)
        for (; p->oldest < p->count; p->oldest++)
            if (!p->items[p->oldest]->over) {
                p->items[p->oldest]->n = 0;
                over(p->items[p->oldest], error);
            }
}

static void nap(ppool *p, long ms) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (ms > 2 ? 2 : ms) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    sem_timedwait(&p->shared->something, &until);
}

static void dissolve(ppool *p) {
    free(p->jobs);
    free(p->pids);
    free(p->has);
    free(p->items);
    if (p->shared != NULL)
        munmap(p->shared, p->size);
    free(p);
}

ppool *pp_new(int nprocs, const job_fn *jobs, int njobs) {
    if (nprocs < 1 || njobs < 1) {
        errno = EINVAL;
        return NULL;
    }
    ppool *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->nprocs = nprocs;
    p->njobs = njobs;
    p->size = sizeof *p->shared + (size_t)nprocs * sizeof(struct slot);
    p->jobs = malloc((size_t)njobs * sizeof *jobs);
    p->pids = calloc((size_t)nprocs, sizeof *p->pids);
    p->has = calloc((size_t)nprocs, sizeof *p->has);
    void *at = mmap(NULL, p->size, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    p->shared = at == MAP_FAILED ? NULL : at;
    if (!p->jobs || !p->pids || !p->has || !p->shared) {
        dissolve(p);
        errno = ENOMEM;
        return NULL;
    }
    memcpy(p->jobs, jobs, (size_t)njobs * sizeof *jobs);
    sem_init(&p->shared->something, 1, 0);
    for (int i = 0; i < nprocs; i++) {
        int error = spawn(p, i);
        if (error != 0) {
            pp_free(p);
            errno = -error;
            return NULL;
        }
    }
    return p;
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
        void *more = realloc(p->items, (size_t)room * sizeof *p->items);
        if (more == NULL)
            return -ENOMEM;
        p->items = more;
        p->room = room;
    }
    struct item *item = calloc(1, sizeof *item);
    if (item == NULL || (item->bytes = malloc(n + 1)) == NULL) {
        free(item);
        return -ENOMEM;
    }
    item->job = job;
    item->n = n;
    if (n > 0)
        memcpy(item->bytes, in, n);
    p->items[p->count] = item;
    p->count++;
    look(p);
    return p->count - 1;
}

static long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int pp_get(ppool *p, long ticket, void *out, size_t *out_len, long timeout_ms) {
    if (ticket < 0 || ticket >= p->count || p->items[ticket] == NULL)
        return -EINVAL;
    struct item *item = p->items[ticket];
    long start = now();
    if (!p->left)
        look(p);
    while (!item->over) {
        long left = timeout_ms < 0 ? 1000 : start + timeout_ms - now();
        if (left <= 0)
            return -ETIMEDOUT;
        nap(p, left);
        look(p);
    }
    size_t room = *out_len;
    *out_len = item->n;
    if (item->n > room)
        return -EMSGSIZE;
    if (item->n > 0)
        memcpy(out, item->bytes, item->n);
    int code = item->code;
    free(item->bytes);
    free(item);
    p->items[ticket] = NULL;
    return code;
}

void pp_close(ppool *p) {
    p->closed = true;
}

static bool any_open(const ppool *p) {
    for (long i = 0; i < p->count; i++)
        if (p->items[i] != NULL && !p->items[i]->over)
            return true;
    return false;
}

int pp_join(ppool *p) {
    if (!p->closed)
        return -EBUSY;
    if (p->left)
        return 0;
    for (look(p); any_open(p); look(p))
        nap(p, 2);
    for (int i = 0; i < p->nprocs; i++) {
        p->shared->slots[i].job = -1;
        sem_post(&p->shared->slots[i].go);
    }
    for (int i = 0; i < p->nprocs; i++)
        while (p->pids[i] > 0 && waitpid(p->pids[i], NULL, 0) < 0 &&
               errno == EINTR)
            ;
    memset(p->pids, 0, (size_t)p->nprocs * sizeof *p->pids);
    p->left = true;
    return 0;
}

void pp_terminate(ppool *p) {
    p->closed = p->left = true;
    for (int i = 0; i < p->nprocs; i++) {
        if (p->pids[i] <= 0)
            continue;
        kill(p->pids[i], SIGKILL);
        while (waitpid(p->pids[i], NULL, 0) < 0 && errno == EINTR)
            ;
        p->pids[i] = 0;
    }
    for (long i = 0; i < p->count; i++)
        if (p->items[i] != NULL && !p->items[i]->over) {
            p->items[i]->n = 0;
            over(p->items[i], -ECANCELED);
        }
}

void pp_free(ppool *p) {
    if (p == NULL)
        return;
    pp_terminate(p);
    for (long i = 0; i < p->count; i++)
        if (p->items[i] != NULL) {
            free(p->items[i]->bytes);
            free(p->items[i]);
        }
    dissolve(p);
}
