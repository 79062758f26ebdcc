// SPDX-License-Identifier: MIT
// Waiting for several descriptors at once.
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

#include "explore/access.h"
#include "explore/descriptors.h"
#include "explore/real.h"
#include "explore/room.h"
#include "explore/shared.h"

// The virtual moment in NANOSECONDS; below 0: never.
static int64_t after(int64_t nanoseconds) {
    if (nanoseconds < 0)
        return NEVER;
    if (nanoseconds > 0)
        run_uses(USES_TIME);
    return nanoseconds == 0 ? 0 : run.now + nanoseconds;
}

static int64_t after_ms(int milliseconds) {
    return after((int64_t)milliseconds * 1000000);
}

static int64_t after_timespec(const struct timespec *time) {
    if (time == NULL || time->tv_sec > 1000000000)
        return NEVER;
    return after(time->tv_sec * 1000000000 + time->tv_nsec);
}

static int done(int count, bool timed_out, const void *name, const void *pc) {
    int error = errno;
    struct event *event = run_event(OP_IO_WAIT, name, pc);
    event->value = (uint64_t)count;
    event->has_value = count >= 0;
    event->result = count < 0 ? error : 0;
    event->note = timed_out ? NOTE_TIMEOUT : NOTE_NONE;
    run_progress(run_self(), name != NULL ? name : pc,
                 count > 0 ? run.steps : 0, count > 0);
    errno = error;
    return count;
}

static const void *name_of(const struct pollfd *fds, nfds_t count) {
    const struct descriptor *d = count == 1 ? descriptor_at(fds[0].fd) : NULL;
    return d != NULL ? d->name : NULL;
}

static void wait_for(const struct pollfd *fds, nfds_t count, int64_t until,
                     const void *pc) {
    struct op op = {.kind = OP_IO_WAIT, .pc = pc};
    if (count == 1)
        op.object = channel_in(fds[0].fd)->address;
    descriptors_wait(&op, fds, (unsigned)count, until);
}

// --- poll -------------------------------------------------------------------

static int poll_until(struct pollfd *fds, nfds_t count, int64_t until,
                      const void *pc) {
    access_range(fds, count * sizeof *fds, false, pc);
    wait_for(fds, count, until, pc);
    int ready = poll(fds, count, 0);
    for (nfds_t i = 0; ready > 0 && i < count; i++)
        if (fds[i].revents & (POLLIN | POLLHUP | POLLRDHUP))
            channel_learn(channel_in(fds[i].fd));
    done(ready, ready == 0 && until != 0, name_of(fds, count), pc);
    access_range(fds, count * sizeof *fds, true, pc);
    return ready;
}

int ex_poll(struct pollfd *fds, nfds_t count, int timeout) {
    REAL_UNLESS_ACTIVE(poll(fds, count, timeout));
    return poll_until(fds, count, after_ms(timeout), PC);
}

int ex_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
             const sigset_t *mask) {
    REAL_UNLESS_ACTIVE(ppoll(fds, count, timeout, mask));
    return poll_until(fds, count, after_timespec(timeout), PC);
}

// --- select -----------------------------------------------------------------

struct sets {
    fd_set *reads, *writes, *others;
};

static unsigned as_pollfds(int count, const struct sets *sets,
                           struct pollfd *fds) {
    unsigned used = 0;
    for (int fd = 0; fd < count && fd < FD_SETSIZE; fd++) {
        short events = 0;
        if (sets->reads != NULL && FD_ISSET(fd, sets->reads))
            events |= POLLIN;
        if (sets->writes != NULL && FD_ISSET(fd, sets->writes))
            events |= POLLOUT;
        if (sets->others != NULL && FD_ISSET(fd, sets->others))
            events |= POLLPRI;
        if (events != 0)
            fds[used++] = (struct pollfd){.fd = fd, .events = events};
    }
    return used;
}

static int select_until(int count, const struct sets *sets, int64_t until,
                        const void *pc) {
    struct pollfd fds[FD_SETSIZE];
    unsigned used = as_pollfds(count, sets, fds);
    wait_for(fds, used, until, pc);
    struct timeval now = {0, 0};
    int ready = select(count, sets->reads, sets->writes, sets->others, &now);
    for (unsigned i = 0; ready > 0 && i < used; i++)
        if (sets->reads != NULL && FD_ISSET(fds[i].fd, sets->reads))
            channel_learn(channel_in(fds[i].fd));
    return done(ready, ready == 0 && until != 0, name_of(fds, used), pc);
}

int ex_select(int count, fd_set *reads, fd_set *writes, fd_set *others,
              struct timeval *timeout) {
    REAL_UNLESS_ACTIVE(select(count, reads, writes, others, timeout));
    struct sets sets = {reads, writes, others};
    struct timespec time;
    if (timeout != NULL)
        time = (struct timespec){timeout->tv_sec, timeout->tv_usec * 1000};
    return select_until(count, &sets,
                        after_timespec(timeout != NULL ? &time : NULL), PC);
}

int ex_pselect(int count, fd_set *reads, fd_set *writes, fd_set *others,
               const struct timespec *timeout, const sigset_t *mask) {
    REAL_UNLESS_ACTIVE(pselect(count, reads, writes, others, timeout, mask));
    struct sets sets = {reads, writes, others};
    return select_until(count, &sets, after_timespec(timeout), PC);
}

// --- epoll ------------------------------------------------------------------

static int made_epoll(int fd) {
    struct descriptor *d = descriptor_at(fd);
    if (run.active && d != NULL) {
        struct object *channel = channel_new();
        *d = (struct descriptor){.is_own = true, .in = channel, .out = channel};
        d->watches = room_take(DESCRIPTORS_MAX * sizeof *d->watches);
    }
    return fd;
}

int ex_epoll_create(int size) {
    return made_epoll(epoll_create(size));
}

int ex_epoll_create1(int flags) {
    return made_epoll(epoll_create1(flags));
}

int ex_epoll_ctl(int epoll, int what, int fd, struct epoll_event *event) {
    REAL_UNLESS_ACTIVE(epoll_ctl(epoll, what, fd, event));
    struct descriptor *d = descriptor_at(epoll), *watched = descriptor_at(fd);
    run_step(OP_IO_WRITE, channel_out(epoll)->address, PC);
    int result = epoll_ctl(epoll, what, fd, event);
    if (d != NULL && d->watches != NULL && watched != NULL)
        d->watches[fd] = what != EPOLL_CTL_DEL;
    channel_publish(channel_out(epoll));
    run.news++;
    return result;
}

// The descriptors in an epoll that are not the program's own make it so.
static void check_watched(struct descriptor *epoll) {
    for (int fd = 0; epoll->watches != NULL && fd < DESCRIPTORS_MAX; fd++)
        if (epoll->watches[fd] && !descriptor_at(fd)->is_own)
            epoll->is_own = false;
}

static void learn_all(const struct descriptor *epoll) {
    for (int fd = 0; epoll->watches != NULL && fd < DESCRIPTORS_MAX; fd++)
        if (epoll->watches[fd])
            channel_learn(channel_in(fd));
}

static int epoll_until(int fd, struct epoll_event *events, int most,
                       int64_t until, const void *pc) {
    struct descriptor *d = descriptor_at(fd);
    struct pollfd one = {.fd = fd, .events = POLLIN};
    if (d != NULL)
        check_watched(d);
    int ready;
    do {
        wait_for(&one, 1, until, pc);
        ready = epoll_wait(fd, events, most, 0);
    } while (ready == 0 && run.now < until);
    channel_learn(channel_in(fd));
    if (ready > 0 && d != NULL)
        learn_all(d);
    done(ready, ready == 0 && until != 0, NULL, pc);
    if (ready > 0)
        access_range(events, (size_t)ready * sizeof *events, true, pc);
    return ready;
}

int ex_epoll_wait(int fd, struct epoll_event *events, int most, int timeout) {
    REAL_UNLESS_ACTIVE(epoll_wait(fd, events, most, timeout));
    return epoll_until(fd, events, most, after_ms(timeout), PC);
}

int ex_epoll_pwait(int fd, struct epoll_event *events, int most, int timeout,
                   const sigset_t *mask) {
    REAL_UNLESS_ACTIVE(epoll_pwait(fd, events, most, timeout, mask));
    return epoll_until(fd, events, most, after_ms(timeout), PC);
}
