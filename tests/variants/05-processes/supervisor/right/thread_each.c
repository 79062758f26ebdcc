// Design: a thread waits for each child, and the caller for the stop.
// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "supervisor.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
/* one thread waits for each child; main waits for stop_fd and an eventfd that
 * is written when the last has gone */
struct sup {
    pthread_mutex_t m;
    int running, rc, done;
    bool stop;
    struct sup_stats *st;
    int max;
};
struct job {
    struct sup *s;
    const struct sup_child *c;
    pid_t pid;
    int restarts;
    pthread_t t;
    bool has_thread;
};
static void child(const struct sup_child *c) {
    for (int i = 1; i < 65; i++)
        signal(i, SIG_DFL);
    sigset_t s;
    sigemptyset(&s);
    pthread_sigmask(SIG_SETMASK, &s, NULL);
    _exit(c->fn(c->arg));
}
static int spawn_locked(struct job *j) {
    pid_t p = fork();
    if (p == 0)
        child(j->c);
    if (p < 0)
        return -errno;
    j->pid = p;
    j->s->running++;
    return 0;
}
static void wake(struct sup *s) {
    eventfd_write(s->done, 1);
}
static void *waiter(void *arg) {
    struct job *j = arg;
    struct sup *s = j->s;
    for (;;) {
        siginfo_t info;
        int st;
        /* wait without reaping, so that pid stays valid for kill until we hold
         * the lock */
        while (waitid(P_PID, j->pid, &info, WEXITED | WNOWAIT) < 0 &&
               errno == EINTR)
            ;
        pthread_mutex_lock(&s->m);
        while (waitpid(j->pid, &st, 0) < 0 && errno == EINTR)
            ;
        j->pid = 0;
        s->running--;
        bool again = false;
        if (WIFEXITED(st) && WEXITSTATUS(st) == 0)
            s->st->clean_exits++;
        else if (!s->stop && s->rc == 0) {
            if (j->restarts < s->max) {
                j->restarts++;
                int rc = spawn_locked(j);
                if (rc == 0) {
                    s->st->restarts++;
                    again = true;
                } else
                    s->rc = rc;
            } else
                s->st->gave_up++;
        }
        if (s->running == 0 || s->rc != 0)
            wake(s);
        pthread_mutex_unlock(&s->m);
        if (!again)
            return NULL;
    }
}
static void all(struct job *j, int n, int sig) {
    for (int i = 0; i < n; i++)
        if (j[i].pid > 0)
            kill(j[i].pid, sig);
}
static long ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
int supervise(const struct sup_child *c, int n, int max_restarts, int stop_fd,
              long grace_ms, struct sup_stats *st) {
    *st = (struct sup_stats){0};
    if (n == 0)
        return 0;
    struct sup s = {
        .m = PTHREAD_MUTEX_INITIALIZER, .st = st, .max = max_restarts};
    s.done = eventfd(0, EFD_CLOEXEC);
    if (s.done < 0)
        return -errno;
    struct job *j = calloc(n, sizeof *j);
    if (!j) {
        close(s.done);
        return -ENOMEM;
    }
    sigset_t full, old;
    sigfillset(&full);
    pthread_sigmask(SIG_SETMASK, &full, &old);
    pthread_mutex_lock(&s.m);
    for (int i = 0; i < n && s.rc == 0; i++) {
        j[i].s = &s;
        j[i].c = &c[i];
        s.rc = spawn_locked(&j[i]);
    }
    for (int i = 0; i < n && s.rc == 0; i++) {
        int e = pthread_create(&j[i].t, NULL, waiter, &j[i]);
        if (e)
            s.rc = -e;
        else
            j[i].has_thread = true;
    }
    pthread_mutex_unlock(&s.m);
    long until = 0;
    bool killed = false;
    for (;;) {
        pthread_mutex_lock(&s.m);
        bool over = s.running == 0 || s.rc != 0;
        bool stop = s.stop;
        pthread_mutex_unlock(&s.m);
        if (over)
            break;
        struct pollfd p[2] = {{s.done, POLLIN, 0},
                              {stop ? -1 : stop_fd, POLLIN, 0}};
        long left = stop && !killed ? until - ms() : -1;
        if (stop && !killed && left <= 0)
            left = 0;
        int r = poll(p, 2, left > 1000000 ? 1000000 : (int)left);
        if (r < 0)
            continue;
        pthread_mutex_lock(&s.m);
        if (stop && !killed && ms() >= until) {
            killed = true;
            all(j, n, SIGKILL);
        }
        if (p[1].revents) {
            s.stop = true;
            until = ms() + grace_ms;
            all(j, n, SIGTERM);
        }
        pthread_mutex_unlock(&s.m);
    }
    pthread_mutex_lock(&s.m);
    all(j, n, SIGKILL);
    for (int i = 0; i < n; i++)
        if (!j[i].has_thread && j[i].pid > 0) {
            while (waitpid(j[i].pid, NULL, 0) < 0 && errno == EINTR)
                ;
            j[i].pid = 0;
        }
    pthread_mutex_unlock(&s.m);
    for (int i = 0; i < n; i++)
        if (j[i].has_thread)
            pthread_join(j[i].t, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_mutex_destroy(&s.m);
    close(s.done);
    int rc = s.rc;
    free(j);
    return rc;
}
