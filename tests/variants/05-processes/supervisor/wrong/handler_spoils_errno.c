// expect: wrong-result
// The handler does not put errno back.
// SPDX-License-Identifier: MIT
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct one {
    pid_t pid;
    int tries_left;
};

static long long clock_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

struct before {
    struct sigaction action;
    sigset_t mask;
    int other_end;
};

static volatile sig_atomic_t ring = -1;

static void on_child(int number) {
    (void)number;
    (void)!write(ring, "", 1);
}

static int listen_in(struct before *before) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return -errno;
    before->other_end = ends[1];
    ring = ends[1];
    struct sigaction mine = {.sa_handler = on_child, .sa_flags = SA_RESTART};
    sigaction(SIGCHLD, &mine, &before->action);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_UNBLOCK, &child, &before->mask);
    return ends[0];
}

static void empty(int fd) {
    char bytes[64];
    while (read(fd, bytes, sizeof bytes) > 0 || errno == EINTR)
        ;
}

static void listen_out(const struct before *before, int fd) {
    sigaction(SIGCHLD, &before->action, NULL);
    sigprocmask(SIG_SETMASK, &before->mask, NULL);
    close(before->other_end);
    close(fd);
}

static int launch(struct one *one, const struct sup_child *what) {
    pid_t pid = fork();
    if (pid == 0) {
        sigset_t none;
        for (int i = 1; i < NSIG; i++)
            signal(i, SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        _exit(what->fn(what->arg));
    }
    if (pid < 0)
        return -errno;
    one->pid = pid;
    return 0;
}

static void tell_all(const struct one *all, int n, int number) {
    for (int i = 0; i < n; i++)
        if (all[i].pid != 0)
            kill(all[i].pid, number);
}

// Asks each child of ours. How many still run, or -errno.
static int collect(struct one *all, const struct sup_child *c, int n,
                   int stopped, struct sup_stats *st) {
    int running = 0;
    for (int i = 0; i < n; i++) {
        int status;
        if (all[i].pid == 0)
            continue;
        pid_t got;
        while ((got = waitpid(all[i].pid, &status, WNOHANG)) < 0 &&
               errno == EINTR)
            ;
        if (got == 0) {
            running++;
            continue;
        }
        all[i].pid = 0;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
            st->clean_exits++;
        } else if (!stopped && all[i].tries_left-- > 0) {
            st->restarts++;
            int rc = launch(&all[i], &c[i]);
            if (rc != 0)
                return rc;
            running++;
        } else if (!stopped) {
            st->gave_up++;
        }
    }
    return running;
}

static int look_after(struct one *all, const struct sup_child *c, int n,
                      int stop_fd, int bell, long grace_ms,
                      struct sup_stats *st) {
    long long kill_at = -1;
    for (;;) {
        int running = collect(all, c, n, kill_at >= 0, st);
        if (running <= 0)
            return running;
        struct pollfd fds[2] = {
            {.fd = bell, .events = POLLIN},
            {.fd = kill_at < 0 ? stop_fd : -1, .events = POLLIN}};
        int ms = -1;
        if (kill_at >= 0) {
            long long left = kill_at - clock_ms();
            if (left <= 0)
                tell_all(all, n, SIGKILL);
            else
                ms = left > 1000000 ? 1000000 : (int)left;
        }
        if (poll(fds, 2, ms) <= 0)
            continue;
        if (fds[0].revents != 0)
            empty(bell);
        if (fds[1].revents != 0) {
            kill_at = clock_ms() + grace_ms;
            tell_all(all, n, SIGTERM);
        }
    }
}

int supervise(const struct sup_child *c, int n, int max_restarts, int stop_fd,
              long grace_ms, struct sup_stats *st) {
    struct one *all = calloc((size_t)n + 1, sizeof *all);
    int bell, rc = -ENOMEM;
    struct before before;
    memset(st, 0, sizeof *st);
    if (all == NULL)
        return -ENOMEM;
    bell = listen_in(&before);
    rc = bell < 0 ? bell : 0;
    for (int i = 0; i < n && rc == 0; i++) {
        all[i].tries_left = max_restarts;
        rc = launch(&all[i], &c[i]);
    }
    if (rc == 0)
        rc = look_after(all, c, n, stop_fd, bell, grace_ms, st);
    tell_all(all, n, SIGKILL);
    for (int i = 0; i < n; i++)
        while (all[i].pid != 0 && waitpid(all[i].pid, NULL, 0) < 0 &&
               errno == EINTR)
            ;
    if (bell >= 0)
        listen_out(&before, bell);
    free(all);
    return rc;
}
