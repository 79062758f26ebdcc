// SPDX-License-Identifier: MIT
// Pipes, eventfds and socket pairs between the program's threads, and whatever
// else is read from and written to.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "explore/access.h"
#include "explore/descriptors.h"
#include "explore/race.h"
#include "explore/real.h"
#include "explore/shared.h"
#include "explore/timing.h"

// --- Making and closing -----------------------------------------------------

static void know(int fd, struct object *in, struct object *out,
                 const void *name) {
    struct descriptor *d = descriptor_at(fd);
    if (d != NULL)
        *d = (struct descriptor){
            .is_own = true, .in = in, .out = out, .name = name};
}

static int made_pair(int result, int *fds, bool both_ways, const void *pc) {
    if (result != 0)
        return result;
    struct object *there = channel_new();
    struct object *back = both_ways ? channel_new() : NULL;
    know(fds[0], there, back, &fds[0]);
    know(fds[1], back, there, &fds[1]);
    race_wrote(fds, 2 * sizeof *fds, pc);
    return 0;
}

int ex_pipe(int fds[2]) {
    REAL_UNLESS_ACTIVE(pipe(fds));
    return made_pair(pipe(fds), fds, false, PC);
}

int ex_pipe2(int fds[2], int flags) {
    REAL_UNLESS_ACTIVE(pipe2(fds, flags));
    return made_pair(pipe2(fds, flags), fds, false, PC);
}

int ex_socketpair(int domain, int type, int protocol, int fds[2]) {
    REAL_UNLESS_ACTIVE(socketpair(domain, type, protocol, fds));
    return made_pair(socketpair(domain, type, protocol, fds), fds, true, PC);
}

int ex_eventfd(unsigned count, int flags) {
    int fd = eventfd(count, flags);
    if (run.active && fd >= 0) {
        struct object *channel = channel_new();
        know(fd, channel, channel, NULL);
    }
    return fd;
}

int ex_timerfd_create(int clock, int flags) {
    REAL_UNLESS_ACTIVE(timerfd_create(clock, flags));
    int fd = eventfd(0, flags & TFD_NONBLOCK ? EFD_NONBLOCK : 0);
    if (fd >= 0) {
        struct object *channel = channel_new();
        know(fd, channel, channel, NULL);
        struct descriptor *d = descriptor_at(fd);
        if (d != NULL) {
            d->is_timer = true;
            d->clock = clock;
        }
    }
    return fd;
}

static int64_t nanoseconds(struct timespec time) {
    return time.tv_sec * 1000000000 + time.tv_nsec;
}

int ex_timerfd_settime(int fd, int flags, const struct itimerspec *new,
                       struct itimerspec *old) {
    REAL_UNLESS_ACTIVE(timerfd_settime(fd, flags, new, old));
    struct descriptor *d = descriptor_at(fd);
    if (d == NULL || !d->is_timer)
        return timerfd_settime(fd, flags, new, old);
    run_uses(USES_TIME);
    run_step(OP_IO_WRITE, channel_out(fd)->address, PC);
    if (old != NULL)
        *old = (struct itimerspec){0};
    int64_t expiry = nanoseconds(new->it_value);
    if (expiry != 0 && (flags & TFD_TIMER_ABSTIME))
        expiry = time_of(d->clock, &new->it_value);
    else if (expiry != 0)
        expiry += run.now;
    descriptors_arm(fd, expiry, nanoseconds(new->it_interval));
    return 0;
}

static int copied(int from, int to) {
    struct descriptor *old = descriptor_at(from), *new = descriptor_at(to);
    if (run.active && to >= 0 && old != NULL && new != NULL &&old != new)
        *new = *old;
    return to;
}

int ex_dup(int fd) {
    return copied(fd, dup(fd));
}

int ex_dup2(int fd, int wanted) {
    return copied(fd, dup2(fd, wanted));
}

int ex_dup3(int fd, int wanted, int flags) {
    return copied(fd, dup3(fd, wanted, flags));
}

int ex_fcntl(int fd, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    int result = fcntl(fd, command, argument);
    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
        return copied(fd, result);
    return result;
}

int ex_close(int fd) {
    REAL_UNLESS_ACTIVE(close(fd));
    struct descriptor *d = descriptor_at(fd);
    struct object *channel = channel_out(fd);
    run_step(OP_IO_WRITE, channel->address, PC);
    struct event *event = run_event(OP_IO_WRITE, d ? d->name : NULL, PC);
    event->value = 0;
    channel_publish(channel); // to who reads its end
    run_progress(run_self(), channel, run.steps, true);
    if (d != NULL)
        *d = (struct descriptor){0};
    return close(fd);
}

int ex_socket(int domain, int type, int protocol) {
    if (run.active)
        run_uncontrolled(UNCONTROLLED_SOCKET);
    return socket(domain, type, protocol);
}

// --- Reading and writing ----------------------------------------------------

static const void *name_of(int fd) {
    const struct descriptor *d = descriptor_at(fd);
    return d != NULL ? d->name : NULL;
}

static void before_read(int fd, const void *pc) {
    descriptor_wait(&(struct op){.kind = OP_IO_READ,
                                 .object = channel_in(fd)->address,
                                 .pc = pc},
                    fd, POLLIN);
}

static void before_write(int fd, const void *pc) {
    descriptor_wait(&(struct op){.kind = OP_IO_WRITE,
                                 .object = channel_out(fd)->address,
                                 .pc = pc},
                    fd, POLLOUT);
}

static ssize_t done(enum op_kind kind, int fd, ssize_t moved, const void *pc) {
    int error = errno;
    bool is_write = kind == OP_IO_WRITE;
    struct object *channel = is_write ? channel_out(fd) : channel_in(fd);
    struct event *event = run_event(kind, name_of(fd), pc);
    event->value = (uint64_t)moved;
    event->has_value = moved >= 0;
    event->result = moved < 0 ? error : 0;
    if (moved >= 0 && is_write)
        channel_publish(channel);
    else if (moved >= 0)
        channel_learn(channel);
    run_progress(run_self(), channel, moved < 0 ? error : run.steps, moved > 0);
    errno = error;
    return moved;
}

ssize_t ex_read(int fd, void *bytes, size_t size) {
    REAL_UNLESS_ACTIVE(read(fd, bytes, size));
    before_read(fd, PC);
    ssize_t got = done(OP_IO_READ, fd, read(fd, bytes, size), PC);
    if (got > 0)
        access_range(bytes, (size_t)got, true, PC);
    return got;
}

static bool is_socket(int fd) {
    struct stat stat;
    return fstat(fd, &stat) == 0 && S_ISSOCK(stat.st_mode);
}

// Writes what there is room for, though FD blocks.
static ssize_t write_some(int fd, const void *bytes, size_t size, int flags) {
    if (is_socket(fd))
        return send(fd, bytes, size, flags | MSG_DONTWAIT);
    int mode = fcntl(fd, F_GETFL);
    // There is room for so much where there is any.
    if (size <= PIPE_BUF && size != sizeof(uint64_t))
        return write(fd, bytes, size);
    fcntl(fd, F_SETFL, mode | O_NONBLOCK);
    ssize_t written = write(fd, bytes, size);
    int error = errno;
    fcntl(fd, F_SETFL, mode);
    errno = error;
    return written;
}

static bool would_block(ssize_t result) {
    return result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

// One that blocks returns when all is written, whatever comes in between.
static ssize_t write_all(int fd, const char *bytes, size_t size, int flags,
                         const void *pc) {
    access_range(bytes, size, false, pc);
    int mode = fcntl(fd, F_GETFL);
    bool blocks = mode >= 0 && !(mode & O_NONBLOCK) && !(flags & MSG_DONTWAIT);
    size_t written = 0;
    for (;;) {
        if (blocks)
            before_write(fd, pc);
        else
            run_step(OP_IO_WRITE, channel_out(fd)->address, pc);
        ssize_t now = write_some(fd, bytes + written, size - written, flags);
        if (blocks && would_block(now)) {
            run_progress(run_self(), channel_out(fd), EAGAIN, false);
            continue;
        }
        now = done(OP_IO_WRITE, fd, now, pc);
        if (now < 0)
            return written > 0 ? (ssize_t)written : now;
        written += (size_t)now;
        if (!blocks || written >= size || now == 0)
            return (ssize_t)written;
    }
}

ssize_t ex_write(int fd, const void *bytes, size_t size) {
    REAL_UNLESS_ACTIVE(write(fd, bytes, size));
    return write_all(fd, bytes, size, 0, PC);
}

ssize_t ex_readv(int fd, const struct iovec *parts, int count) {
    REAL_UNLESS_ACTIVE(readv(fd, parts, count));
    before_read(fd, PC);
    ssize_t got = done(OP_IO_READ, fd, readv(fd, parts, count), PC), left = got;
    for (int i = 0; left > 0 && i < count; i++) {
        size_t here = parts[i].iov_len;
        access_range(parts[i].iov_base,
                     here < (size_t)left ? here : (size_t)left, true, PC);
        left -= (ssize_t)here;
    }
    return got;
}

ssize_t ex_writev(int fd, const struct iovec *parts, int count) {
    REAL_UNLESS_ACTIVE(writev(fd, parts, count));
    size_t size = 0, at = 0;
    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    char *whole = malloc(size + 1);
    if (whole == NULL)
        return -1;
    for (int i = 0; i < count; i++) {
        access_range(parts[i].iov_base, parts[i].iov_len, false, PC);
        memcpy(whole + at, parts[i].iov_base, parts[i].iov_len);
        at += parts[i].iov_len;
    }
    ssize_t written = write_all(fd, whole, size, 0, PC);
    free(whole);
    return written;
}

int ex_eventfd_read(int fd, eventfd_t *value) {
    REAL_UNLESS_ACTIVE(eventfd_read(fd, value));
    before_read(fd, PC);
    ssize_t got = done(OP_IO_READ, fd, read(fd, value, sizeof *value), PC);
    if (got > 0)
        access_range(value, sizeof *value, true, PC);
    return got == sizeof *value ? 0 : -1;
}

int ex_eventfd_write(int fd, eventfd_t value) {
    REAL_UNLESS_ACTIVE(eventfd_write(fd, value));
    return write_all(fd, (char *)&value, sizeof value, 0, PC) == sizeof value
               ? 0
               : -1;
}

// --- Sockets ----------------------------------------------------------------

static void before_receive(int fd, int flags, const void *pc) {
    if (flags & MSG_DONTWAIT)
        run_step(OP_IO_READ, channel_in(fd)->address, pc);
    else
        before_read(fd, pc);
}

ssize_t ex_recv(int fd, void *bytes, size_t size, int flags) {
    REAL_UNLESS_ACTIVE(recv(fd, bytes, size, flags));
    ssize_t got, all = 0;
    do {
        before_receive(fd, flags, PC);
        got = recv(fd, (char *)bytes + all, size - (size_t)all,
                   (flags & ~MSG_WAITALL) | MSG_DONTWAIT);
        got = done(OP_IO_READ, fd, got, PC);
        all += got > 0 ? got : 0;
    } while ((flags & MSG_WAITALL) && got > 0 && (size_t)all < size);
    if (all > 0)
        access_range(bytes, (size_t)all, true, PC);
    return all > 0 ? all : got;
}

ssize_t ex_recvfrom(int fd, void *bytes, size_t size, int flags,
                    struct sockaddr *from, socklen_t *from_size) {
    REAL_UNLESS_ACTIVE(recvfrom(fd, bytes, size, flags, from, from_size));
    before_receive(fd, flags, PC);
    ssize_t got = done(OP_IO_READ, fd,
                       recvfrom(fd, bytes, size, flags, from, from_size), PC);
    if (got > 0)
        access_range(bytes, (size_t)got, true, PC);
    return got;
}

ssize_t ex_recvmsg(int fd, struct msghdr *message, int flags) {
    REAL_UNLESS_ACTIVE(recvmsg(fd, message, flags));
    before_receive(fd, flags, PC);
    return done(OP_IO_READ, fd, recvmsg(fd, message, flags), PC);
}

ssize_t ex_send(int fd, const void *bytes, size_t size, int flags) {
    REAL_UNLESS_ACTIVE(send(fd, bytes, size, flags));
    return write_all(fd, bytes, size, flags, PC);
}

ssize_t ex_sendto(int fd, const void *bytes, size_t size, int flags,
                  const struct sockaddr *to, socklen_t to_size) {
    REAL_UNLESS_ACTIVE(sendto(fd, bytes, size, flags, to, to_size));
    if (to == NULL)
        return write_all(fd, bytes, size, flags, PC);
    access_range(bytes, size, false, PC);
    before_write(fd, PC);
    return done(OP_IO_WRITE, fd, sendto(fd, bytes, size, flags, to, to_size),
                PC);
}

ssize_t ex_sendmsg(int fd, const struct msghdr *message, int flags) {
    REAL_UNLESS_ACTIVE(sendmsg(fd, message, flags));
    before_write(fd, PC);
    return done(OP_IO_WRITE, fd, sendmsg(fd, message, flags), PC);
}

int ex_accept4(int fd, struct sockaddr *from, socklen_t *size, int flags) {
    REAL_UNLESS_ACTIVE(accept4(fd, from, size, flags));
    before_read(fd, PC);
    return (int)done(OP_IO_READ, fd, accept4(fd, from, size, flags), PC);
}

int ex_accept(int fd, struct sockaddr *from, socklen_t *size) {
    REAL_UNLESS_ACTIVE(accept(fd, from, size));
    before_read(fd, PC);
    return (int)done(OP_IO_READ, fd, accept(fd, from, size), PC);
}

int ex_connect(int fd, const struct sockaddr *to, socklen_t size) {
    REAL_UNLESS_ACTIVE(connect(fd, to, size));
    run_step(OP_IO_WRITE, channel_out(fd)->address, PC);
    return (int)done(OP_IO_WRITE, fd, connect(fd, to, size), PC);
}

int ex_shutdown(int fd, int how) {
    REAL_UNLESS_ACTIVE(shutdown(fd, how));
    run_step(OP_IO_WRITE, channel_out(fd)->address, PC);
    return (int)done(OP_IO_WRITE, fd, shutdown(fd, how), PC);
}
