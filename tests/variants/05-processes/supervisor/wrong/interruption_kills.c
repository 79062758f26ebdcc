// expect: wrong-result
// A poll that a signal has interrupted is taken for the end of the time.
// SPDX-License-Identifier: MIT
// How it works. Each child has a pidfd, which becomes readable when it ends, so
// that one poll() waits for all ends, for stop_fd and for the end of the grace
// period. No signal is used at all: nothing of the caller's has to be changed
// or put back, and no end can get lost.
#include "supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct child {
    pid_t pid; // 0: does not run
    int restarts;
};

struct supervisor {
    const struct sup_child *what;
    struct child *children;
    struct pollfd *fds; // one a child, and stop_fd behind them
    int n;
    int max_restarts;
    int running;
    long long kill_at; // -1: not stopped yet
    bool killed;
    struct sup_stats *stats;
};

static long long now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

// --- Children ----------------------------------------------------------------

static _Noreturn void be_child(const struct sup_child *what) {
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    _exit(what->fn(what->arg));
}

static int start(struct supervisor *s, int i) {
    pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0)
        be_child(&s->what[i]);
    s->children[i].pid = pid;
    s->running++;
    int fd = pidfd_open(pid, 0);
    if (fd < 0)
        return -errno;
    s->fds[i] = (struct pollfd){.fd = fd, .events = POLLIN};
    return 0;
}

static void signal_all(struct supervisor *s, int number) {
    for (int i = 0; i < s->n; i++)
        if (s->children[i].pid > 0)
            kill(s->children[i].pid, number);
}

static int reap(struct supervisor *s, int i) {
    int status = 0;
    while (waitpid(s->children[i].pid, &status, 0) < 0 && errno == EINTR)
        ;
    s->children[i].pid = 0;
    s->running--;
    if (s->fds[i].fd >= 0)
        close(s->fds[i].fd);
    s->fds[i].fd = -1;
    return status;
}

static int after_end(struct supervisor *s, int i, int status) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        s->stats->clean_exits++;
        return 0;
    }
    if (s->kill_at >= 0)
        return 0;
    if (s->children[i].restarts == s->max_restarts) {
        s->stats->gave_up++;
        return 0;
    }
    s->children[i].restarts++;
    s->stats->restarts++;
    return start(s, i);
}

// --- Waiting -----------------------------------------------------------------

static int left_ms(const struct supervisor *s) {
    if (s->kill_at < 0 || s->killed)
        return -1;
    long long left = s->kill_at - now_ms();
    return left <= 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
}

static void stop(struct supervisor *s, long grace_ms) {
    s->kill_at = now_ms() + grace_ms;
    s->fds[s->n].fd = -1; // it stays readable
    signal_all(s, SIGTERM);
}

static int watch(struct supervisor *s, long grace_ms) {
    int rc = 0;
    while (rc == 0 && s->running > 0) {
        int ready = poll(s->fds, (nfds_t)s->n + 1, left_ms(s));
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (s->kill_at >= 0 && !s->killed && ready <= 0) {
            s->killed = true;
            signal_all(s, SIGKILL);
        }
        if (ready <= 0)
            continue;
        if (s->fds[s->n].fd >= 0 && s->fds[s->n].revents != 0)
            stop(s, grace_ms);
        for (int i = 0; i < s->n && rc == 0; i++)
            if (s->fds[i].fd >= 0 && s->fds[i].revents != 0)
                rc = after_end(s, i, reap(s, i));
    }
    return rc;
}

static int run(struct supervisor *s, long grace_ms) {
    for (int i = 0; i < s->n; i++) {
        int rc = start(s, i);
        if (rc != 0)
            return rc;
    }
    return watch(s, grace_ms);
}

int supervise(const struct sup_child *c, int n, int max_restarts, int stop_fd,
              long grace_ms, struct sup_stats *st) {
    *st = (struct sup_stats){0};
    struct supervisor s = {.what = c,
                           .n = n,
                           .max_restarts = max_restarts,
                           .kill_at = -1,
                           .stats = st};
    s.children = calloc((size_t)n + 1, sizeof *s.children);
    s.fds = calloc((size_t)n + 1, sizeof *s.fds);
    int rc = -ENOMEM;
    if (s.children != NULL && s.fds != NULL) {
        for (int i = 0; i < n; i++)
            s.fds[i].fd = -1;
        s.fds[n] = (struct pollfd){.fd = stop_fd, .events = POLLIN};
        rc = run(&s, grace_ms);
        signal_all(&s, SIGKILL); // nobody is left, unless something failed
        for (int i = 0; i < n; i++)
            if (s.children[i].pid > 0)
                reap(&s, i);
    }
    free(s.children);
    free(s.fds);
    return rc;
}
