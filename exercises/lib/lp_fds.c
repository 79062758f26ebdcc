// SPDX-License-Identifier: MIT
// How it works. epoll is told of a descriptor what all its waiters together
// want, and forgets it with the last of them. An eventfd among the descriptors
// lets other threads in.
#include "lib/lp_fds.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { MOST_EVENTS = 64 };

static int epoll = -1;
static int bell = -1;
static struct lp_fd_wait *waits;

static int fail(void) {
    int error = errno;
    lp_fds_close();
    return -error;
}

int lp_fds_open(void) {
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        return fail();
    bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (bell < 0)
        return fail();
    struct epoll_event event = {.events = EPOLLIN, .data.fd = bell};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, bell, &event) != 0)
        return fail();
    return 0;
}

void lp_fds_close(void) {
    if (bell >= 0)
        close(bell);
    if (epoll >= 0)
        close(epoll);
    bell = epoll = -1;
}

// What all waiters for FD want together; 0 if there is none.
static unsigned wanted(int fd) {
    unsigned events = 0;
    for (const struct lp_fd_wait *wait = waits; wait != NULL; wait = wait->next)
        if (wait->fd == fd)
            events |= wait->events;
    return events;
}

static int tell(int fd) {
    struct epoll_event event = {.events = wanted(fd), .data.fd = fd};
    if (event.events == 0) {
        // It may have been closed meanwhile, and is forgotten then.
        epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0)
        return 0;
    if (errno == ENOENT && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0)
        return 0;
    return -errno;
}

static void unlink_wait(struct lp_fd_wait *wait) {
    struct lp_fd_wait **place = &waits;
    while (*place != NULL && *place != wait)
        place = &(*place)->next;
    if (*place == wait)
        *place = wait->next;
}

int lp_fds_add(struct lp_fd_wait *wait) {
    struct lp_fd_wait **end = &waits;
    while (*end != NULL)
        end = &(*end)->next;
    *end = wait;
    wait->next = NULL;
    int rc = tell(wait->fd);
    if (rc == 0)
        return 0;
    unlink_wait(wait);
    return rc == -EPERM ? 1 : rc;
}

void lp_fds_remove(struct lp_fd_wait *wait) {
    unlink_wait(wait);
    tell(wait->fd);
}

bool lp_fds_waited_for(void) {
    return waits != NULL;
}

static void hand_out(int fd, unsigned events,
                     void (*ready)(struct lp_fd_wait *wait)) {
    for (struct lp_fd_wait *wait = waits, *next; wait != NULL; wait = next) {
        next = wait->next;
        if (wait->fd != fd ||
            (events & (wait->events | EPOLLERR | EPOLLHUP)) == 0)
            continue;
        unlink_wait(wait);
        ready(wait);
    }
    tell(fd);
}

void lp_fds_poll(int timeout_ms, void (*ready)(struct lp_fd_wait *wait)) {
    struct epoll_event events[MOST_EVENTS];
    int count = epoll_wait(epoll, events, MOST_EVENTS, timeout_ms);
    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == bell) {
            uint64_t rings;
            (void)!read(bell, &rings, sizeof rings);
            continue;
        }
        hand_out(events[i].data.fd, events[i].events, ready);
    }
}

void lp_fds_wake(void) {
    const uint64_t one = 1;
    (void)!write(bell, &one, sizeof one);
}
