// A thread makes the rounds with epoll; the caller waits on a condition
// variable. Two pipes for each worker, and a frame of zero job to let it go.
// SPDX-License-Identifier: MIT
#include "proc_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct frame {
    int32_t what; // job + 1, or 0 to leave; or the result
    uint32_t size;
};

enum status { PENDING, ACTIVE, READY };

struct entry {
    long ticket;
    enum status status;
    int code;
    struct frame frame;
    char *data; // in, then out
    struct entry *next;
};

struct hand {
    pid_t pid;
    int to, from;
    struct entry *entry;
    size_t out_done, in_done;
    struct frame reply;
    char *bytes;
};

struct ppool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t manager;
    bool has_manager;
    job_fn *jobs;
    int njobs, nprocs;
    struct hand *hands;
    struct entry *entries, **tail;
    long next;
    bool closed, stop;
    int wake, events;
};

// --- In the worker -----------------------------------------------------------

static bool get(int fd, void *to, size_t n) {
    for (size_t done = 0; done < n;) {
        ssize_t r = read(fd, (char *)to + done, n - done);
        if (r == 0 || (r < 0 && errno != EINTR))
            return false;
        done += r > 0 ? (size_t)r : 0;
    }
    return true;
}

static bool put(int fd, const void *from, size_t n) {
    for (size_t done = 0; done < n;) {
        ssize_t r = write(fd, (const char *)from + done, n - done);
        if (r < 0 && errno != EINTR)
            return false;
        done += r > 0 ? (size_t)r : 0;
    }
    return true;
}

static void work(const job_fn *jobs, int from, int to) {
    static char in[PP_MAX], out[PP_MAX];
    struct frame f;
    while (get(from, &f, sizeof f) && f.what != 0 && get(from, in, f.size)) {
        size_t length = sizeof out;
        f.what = jobs[f.what - 1](in, f.size, out, &length);
        f.size = (uint32_t)length;
        if (!put(to, &f, sizeof f) || !put(to, out, length))
            break;
    }
    _exit(0);
}

// --- The manager, under the lock but for its sleep ---------------------------

static int hire(ppool *p, int index) {
    struct hand *h = &p->hands[index];
    int there[2], back[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, there) != 0)
        return -errno;
    if (pipe2(back, O_CLOEXEC) != 0) {
        int error = errno;
        close(there[0]);
        close(there[1]);
        return -error;
    }
    h->pid = fork();
    if (h->pid == 0) {
        close(there[1]);
        close(back[0]);
        work(p->jobs, there[0], back[1]);
    }
    int error = errno;
    close(there[0]);
    close(back[1]);
    if (h->pid < 0) {
        close(there[1]);
        close(back[0]);
        h->pid = 0;
        return -error;
    }
    h->to = there[1];
    h->from = back[0];
    fcntl(h->to, F_SETFL, O_NONBLOCK);
    fcntl(h->from, F_SETFL, O_NONBLOCK);
    h->entry = NULL;
    h->in_done = 0;
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
    epoll_ctl(p->events, EPOLL_CTL_ADD, h->from, &e);
    e = (struct epoll_event){.events = 0, .data.u32 = (uint32_t)index};
    epoll_ctl(p->events, EPOLL_CTL_ADD, h->to, &e);
    return 0;
}

static void ready(ppool *p, struct entry *e, int code, char *data, size_t n) {
    free(e->data);
    e->data = data;
    e->frame.size = (uint32_t)n;
    e->code = code;
    e->status = READY;
    pthread_cond_broadcast(&p->changed);
}

static void fire(ppool *p, struct hand *h) {
    if (h->pid == 0)
        return;
    epoll_ctl(p->events, EPOLL_CTL_DEL, h->to, NULL);
    epoll_ctl(p->events, EPOLL_CTL_DEL, h->from, NULL);
    kill(h->pid, SIGKILL);
    while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close(h->to);
    close(h->from);
    h->pid = 0;
    if (h->entry != NULL)
        ready(p, h->entry, -ECHILD, NULL, 0);
    h->entry = NULL;
}

static void push(ppool *p, struct hand *h) {
    struct entry *e = h->entry;
    size_t all = sizeof e->frame + e->frame.size;
    while (h->out_done < all) {
        const char *at = h->out_done < sizeof e->frame
                             ? (const char *)&e->frame + h->out_done
                             : e->data + (h->out_done - sizeof e->frame);
        size_t n = h->out_done < sizeof e->frame ? sizeof e->frame - h->out_done
                                                 : all - h->out_done;
        ssize_t r = send(h->to, at, n, MSG_NOSIGNAL);
        if (r > 0)
            h->out_done += (size_t)r;
        else if (errno == EAGAIN)
            break;
        else if (errno != EINTR)
            return; // its end will be seen
    }
    struct epoll_event want = {.events = h->out_done < all ? EPOLLOUT : 0,
                               .data.u32 = (uint32_t)(h - p->hands)};
    epoll_ctl(p->events, EPOLL_CTL_MOD, h->to, &want);
}

static void pull(ppool *p, struct hand *h) {
    for (;;) {
        bool head = h->in_done < sizeof h->reply;
        size_t all = sizeof h->reply + (head ? 0 : h->reply.size);
        if (!head && h->in_done == all) {
            struct entry *e = h->entry;
            char *copy = malloc(h->reply.size + 1u);
            if (copy != NULL)
                memcpy(copy, h->bytes, h->reply.size);
            h->entry = NULL;
            h->in_done = 0;
            ready(p, e, copy == NULL ? -ENOMEM : h->reply.what, copy,
                  copy == NULL ? 0 : h->reply.size);
            return;
        }
        char *at = head ? (char *)&h->reply + h->in_done
                        : h->bytes + (h->in_done - sizeof h->reply);
        ssize_t r = read(h->from, at, all - h->in_done);
        if (r > 0)
            h->in_done += (size_t)r;
        else if (r < 0 && errno == EAGAIN)
            return;
        else if (r == 0 || errno != EINTR) {
            fire(p, h);
            return;
        }
    }
}

static void share_out(ppool *p) {
    int here = 0, error = 0;
    struct entry *e = p->entries;
    for (int i = 0; i < p->nprocs; i++) {
        struct hand *h = &p->hands[i];
        while (e != NULL && e->status != PENDING)
            e = e->next;
        if (e == NULL)
            return;
        if (h->pid == 0 && error == 0)
            error = hire(p, i);
        if (h->pid == 0)
            continue;
        here++;
        if (h->entry != NULL)
            continue;
        h->entry = e;
        h->out_done = 0;
        e->status = ACTIVE;
        push(p, h);
    }
    if (here == 0)
        for (; e != NULL; e = e->next)
            if (e->status == PENDING)
                ready(p, e, error, NULL, 0);
}

static void *manage(void *arg) {
    ppool *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->stop) {
        share_out(p);
        pthread_mutex_unlock(&p->lock);
        struct epoll_event events[16];
        int n = epoll_wait(p->events, events, 16, -1);
        pthread_mutex_lock(&p->lock);
        for (int i = 0; i < n; i++) {
            if (events[i].data.u32 == UINT32_MAX) {
                uint64_t count;
                (void)!read(p->wake, &count, sizeof count);
                continue;
            }
            struct hand *h = &p->hands[events[i].data.u32];
            if (h->pid == 0)
                continue;
            if (events[i].events & EPOLLOUT && h->entry != NULL)
                push(p, h);
            if (events[i].events & EPOLLIN)
                pull(p, h);
            else if (events[i].events & (EPOLLHUP | EPOLLERR))
                fire(p, h);
        }
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static void nudge(ppool *p) {
    uint64_t one = 1;
    while (write(p->wake, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static void dismiss_manager(ppool *p) {
    if (!p->has_manager)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_mutex_unlock(&p->lock);
    nudge(p);
    pthread_join(p->manager, NULL);
    p->has_manager = false;
}

// --- The caller's side -------------------------------------------------------

static int set_up(ppool *p, const job_fn *jobs) {
    p->jobs = malloc((size_t)p->njobs * sizeof *jobs);
    p->hands = calloc((size_t)p->nprocs, sizeof *p->hands);
    if (p->jobs == NULL || p->hands == NULL)
        return -ENOMEM;
    memcpy(p->jobs, jobs, (size_t)p->njobs * sizeof *jobs);
    p->events = epoll_create1(EPOLL_CLOEXEC);
    if (p->events < 0)
        return -errno;
    p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (p->wake < 0)
        return -errno;
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
    if (epoll_ctl(p->events, EPOLL_CTL_ADD, p->wake, &e) != 0)
        return -errno;
    for (int i = 0; i < p->nprocs; i++) {
        p->hands[i].bytes = malloc(PP_MAX);
        if (p->hands[i].bytes == NULL)
            return -ENOMEM;
    }
    for (int i = 0; i < p->nprocs; i++) {
        int error = hire(p, i);
        if (error != 0)
            return error;
    }
    int error = pthread_create(&p->manager, NULL, manage, p);
    p->has_manager = error == 0;
    return -error;
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
    p->tail = &p->entries;
    p->wake = p->events = -1;
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&p->changed, &attr);
    pthread_condattr_destroy(&attr);
    int error = set_up(p, jobs);
    if (error == 0)
        return p;
    pp_free(p);
    errno = -error;
    return NULL;
}

long pp_apply_async(ppool *p, int job, const void *in, size_t n) {
    if (job < 0 || job >= p->njobs)
        return -EINVAL;
    if (n > PP_MAX)
        return -EMSGSIZE;
    struct entry *e = calloc(1, sizeof *e);
    char *data = malloc(n + 1);
    if (e == NULL || data == NULL) {
        free(e);
        free(data);
        return -ENOMEM;
    }
    if (n > 0)
        memcpy(data, in, n);
    e->data = data;
    e->frame = (struct frame){job + 1, (uint32_t)n};
    pthread_mutex_lock(&p->lock);
    if (p->closed) {
        pthread_mutex_unlock(&p->lock);
        free(data);
        free(e);
        return -ESHUTDOWN;
    }
    long ticket = e->ticket = p->next++;
    *p->tail = e;
    p->tail = &e->next;
    pthread_mutex_unlock(&p->lock);
    nudge(p);
    return ticket;
}

int pp_get(ppool *p, long ticket, void *out, size_t *out_len, long timeout_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    if (timeout_ms > 0) {
        until.tv_sec += timeout_ms / 1000;
        until.tv_nsec += timeout_ms % 1000 * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
    }
    int result = -EINVAL;
    pthread_mutex_lock(&p->lock);
    struct entry **at = &p->entries;
    while (*at != NULL && (*at)->ticket != ticket)
        at = &(*at)->next;
    struct entry *e = *at;
    if (e == NULL)
        goto out;
    while (e->status != READY) {
        int rc = timeout_ms < 0
                     ? pthread_cond_wait(&p->changed, &p->lock)
                     : pthread_cond_timedwait(&p->changed, &p->lock, &until);
        if (rc == ETIMEDOUT && e->status != READY) {
            result = -ETIMEDOUT;
            goto out;
        }
    }
    size_t room = *out_len;
    *out_len = e->frame.size;
    if (e->frame.size > room) {
        result = -EMSGSIZE;
        goto out;
    }
    if (e->frame.size > 0)
        memcpy(out, e->data, e->frame.size);
    result = e->code;
    for (at = &p->entries; *at != e; at = &(*at)->next)
        ;
    *at = e->next;
    if (p->tail == &e->next)
        p->tail = at;
    free(e->data);
    free(e);
out:
    pthread_mutex_unlock(&p->lock);
    return result;
}

void pp_close(ppool *p) {
    pthread_mutex_lock(&p->lock);
    p->closed = true;
    pthread_mutex_unlock(&p->lock);
}

static bool all_ready(const ppool *p) {
    for (const struct entry *e = p->entries; e != NULL; e = e->next)
        if (e->status != READY)
            return false;
    return true;
}

int pp_join(ppool *p) {
    pthread_mutex_lock(&p->lock);
    if (!p->closed) {
        pthread_mutex_unlock(&p->lock);
        return -EBUSY;
    }
    while (!all_ready(p))
        pthread_cond_wait(&p->changed, &p->lock);
    pthread_mutex_unlock(&p->lock);
    dismiss_manager(p);
    for (int i = 0; i < p->nprocs; i++) {
        struct hand *h = &p->hands[i];
        struct frame bye = {0, 0};
        if (h->pid == 0)
            continue;
        size_t done = 0;
        while (done < sizeof bye) {
            ssize_t r = send(h->to, (char *)&bye + done, sizeof bye - done,
                             MSG_NOSIGNAL);
            if (r < 0 && errno != EINTR && errno != EAGAIN)
                break;
            done += r > 0 ? (size_t)r : 0;
        }
        epoll_ctl(p->events, EPOLL_CTL_DEL, h->to, NULL);
        epoll_ctl(p->events, EPOLL_CTL_DEL, h->from, NULL);
        while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
            ;
        close(h->to);
        close(h->from);
        h->pid = 0;
    }
    return 0;
}

void pp_terminate(ppool *p) {
    pp_close(p);
    dismiss_manager(p);
    for (int i = 0; i < p->nprocs; i++) {
        p->hands[i].entry = NULL;
        fire(p, &p->hands[i]);
    }
    for (struct entry *e = p->entries; e != NULL; e = e->next)
        if (e->status != READY)
            ready(p, e, -ECANCELED, NULL, 0);
}

void pp_free(ppool *p) {
    if (p == NULL)
        return;
    if (p->hands != NULL)
        pp_terminate(p);
    while (p->entries != NULL) {
        struct entry *e = p->entries;
        p->entries = e->next;
        free(e->data);
        free(e);
    }
    for (int i = 0; i < p->nprocs && p->hands != NULL; i++)
        free(p->hands[i].bytes);
    if (p->wake >= 0)
        close(p->wake);
    if (p->events >= 0)
        close(p->events);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    free(p->hands);
    free(p->jobs);
    free(p);
}
