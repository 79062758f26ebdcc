// Design: the relay is a task that reads, the caller that writes, and a ring
// between them; they park and unpark each other.
// SPDX-License-Identifier: MIT
#include "io_exact.h"
#include "lib/lp.h"
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int await(int fd, short e, long dl) {
    long left = -1;
    if (dl >= 0) {
        left = dl - lp_now();
        if (left < 0)
            left = 0;
    }
    return lp_wait_fd(fd, e, left);
}
struct io {
    int fd;
    bool out;
    char *p;
    size_t n;
    long dl;
};
static ssize_t step(struct io *io) {
    while (1) {
        ssize_t k = io->out ? send(io->fd, io->p, io->n, MSG_NOSIGNAL)
                            : read(io->fd, io->p, io->n);
        if (k >= 0) {
            io->p += k;
            io->n -= (size_t)k;
            return k;
        }
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN)
            return -errno;
        int rc = await(io->fd, io->out ? POLLOUT : POLLIN, io->dl);
        if (rc)
            return rc;
    }
}
ssize_t io_read_exact(int fd, void *buf, size_t n, long deadline) {
    struct io io = {fd, false, buf, n, deadline};
    while (io.n > 0) {
        ssize_t k = step(&io);
        if (k < 0)
            return k;
        if (k == 0)
            break;
    }
    return (ssize_t)(n - io.n);
}
ssize_t io_write_all(int fd, const void *buf, size_t n, long deadline) {
    struct io io = {fd, true, (char *)buf, n, deadline};
    while (io.n > 0) {
        ssize_t k = step(&io);
        if (k < 0)
            return k;
    }
    return (ssize_t)n;
}
enum { RING = 8192 };
struct pump {
    int from, to;
    long dl;
    char ring[RING];
    size_t in, out;
    bool eof;
    int error;
    lp_task *reader, *writer;
    bool stop;
};
static int reads(void *a) {
    struct pump *p = a;
    while (!p->stop) {
        size_t used = p->in - p->out;
        if (used == RING) {
            int rc = lp_park(p->dl);
            if (rc) {
                p->error = rc;
                break;
            }
            continue;
        }
        size_t at = p->in % RING, room = RING - used;
        if (room > RING - at)
            room = RING - at;
        struct io io = {p->from, false, p->ring + at, room, p->dl};
        ssize_t k = step(&io);
        if (k < 0) {
            p->error = (int)k;
            break;
        }
        if (k == 0) {
            p->eof = true;
            break;
        }
        p->in += (size_t)k;
        lp_unpark(p->writer);
    }
    p->eof = true;
    lp_unpark(p->writer);
    return 0;
}
long long io_relay(int from, int to, long deadline) {
    struct pump *p = calloc(1, sizeof *p);
    if (!p)
        return -ENOMEM;
    p->from = from;
    p->to = to;
    p->dl = deadline;
    p->writer = lp_self();
    p->reader = lp_spawn(reads, p);
    if (!p->reader) {
        free(p);
        return -ENOMEM;
    }
    long long rc = 0;
    for (;;) {
        if (p->in == p->out) {
            if (p->eof) {
                rc = p->error;
                break;
            }
            rc = lp_park(-1);
            if (rc)
                break;
            continue;
        }
        size_t at = p->out % RING, n = p->in - p->out;
        if (n > RING - at)
            n = RING - at;
        struct io io = {to, true, p->ring + at, n, deadline};
        ssize_t k = step(&io);
        if (k < 0) {
            rc = k;
            break;
        }
        p->out += (size_t)k;
        lp_unpark(p->reader);
    }
    p->stop = true;
    lp_cancel(p->reader);
    while (!p->eof)
        lp_yield();
    if (rc == 0)
        rc = (long long)p->out;
    free(p);
    return rc;
}
