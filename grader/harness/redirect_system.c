// SPDX-License-Identifier: MIT
// Redirected: sleeping, polling, reading and writing, processes, descriptors.
// See redirect.h.
#include "harness/redirect.h"

#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/suite.h"

#define WAITING(kind, object, call)                                            \
    struct slot *self = redirect_wait(kind, (uintptr_t)(object), CALLER);      \
    __typeof__(call) result = (call);                                          \
    redirect_resume(self);                                                     \
    return result

// --- Sleeping and yielding: counted, never failed ----------------------------

unsigned lk_sleep(unsigned seconds) {
    (void)redirect_fails(WB_SLEEP, CALLER);
    WAITING(WAIT_SLEEP, 0, sleep(seconds));
}

int lk_usleep(useconds_t microseconds) {
    (void)redirect_fails(WB_SLEEP, CALLER);
    WAITING(WAIT_SLEEP, 0, usleep(microseconds));
}

int lk_nanosleep(const struct timespec *time, struct timespec *left) {
    (void)redirect_fails(WB_SLEEP, CALLER);
    WAITING(WAIT_SLEEP, 0, nanosleep(time, left));
}

int lk_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                       struct timespec *left) {
    (void)redirect_fails(WB_SLEEP, CALLER);
    WAITING(WAIT_SLEEP, 0, clock_nanosleep(clock, flags, time, left));
}

int lk_sched_yield(void) {
    (void)redirect_fails(WB_SLEEP, CALLER);
    WAITING(WAIT_SLEEP, 0, sched_yield());
}

// --- Waiting for descriptors ------------------------------------------------

#define POLLING(call)                                                          \
    if (redirect_fails(WB_POLL, CALLER)) {                                     \
        errno = ENOMEM;                                                        \
        return -1;                                                             \
    }                                                                          \
    if (redirect_interrupted(WB_POLL, CALLER))                                 \
        return -1;                                                             \
    WAITING(WAIT_POLL, 0, call)

// What is returned to one whose wait has been cut.
static int interrupted(void) {
    table->cuts++;
    errno = EINTR;
    return -1;
}

static int poll_until(struct pollfd *fds, nfds_t count, int timeout,
                      uintptr_t site) {
    if (!redirect_cuts(timeout, site))
        return poll(fds, count, timeout);
    int ready = poll(fds, count, (int)table->cut_ms);
    return ready == 0 ? interrupted() : ready;
}

int lk_poll(struct pollfd *fds, nfds_t count, int timeout) {
    uintptr_t site = CALLER;
    POLLING(poll_until(fds, count, timeout, site));
}

static long milliseconds(const struct timespec *timeout) {
    return timeout == NULL
               ? -1
               : timeout->tv_sec * 1000 + timeout->tv_nsec / 1000000;
}

static struct timespec cut_time(void) {
    long ms = table->cut_ms;
    return (struct timespec){ms / 1000, ms % 1000 * 1000000};
}

static int ppoll_until(struct pollfd *fds, nfds_t count,
                       const struct timespec *timeout, const sigset_t *mask,
                       uintptr_t site) {
    if (!redirect_cuts(milliseconds(timeout), site))
        return ppoll(fds, count, timeout, mask);
    struct timespec time = cut_time();
    int ready = ppoll(fds, count, &time, mask);
    return ready == 0 ? interrupted() : ready;
}

int lk_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
             const sigset_t *mask) {
    uintptr_t site = CALLER;
    POLLING(ppoll_until(fds, count, timeout, mask, site));
}

// Linux writes into TIMEOUT what is left of it. An interrupted select leaves
// the sets as they were.
static int select_until(int count, fd_set *sets[3], struct timeval *timeout,
                        uintptr_t site) {
    long limit_ms =
        timeout == NULL ? -1 : timeout->tv_sec * 1000 + timeout->tv_usec / 1000;
    if (!redirect_cuts(limit_ms, site))
        return select(count, sets[0], sets[1], sets[2], timeout);
    fd_set saved[3];
    for (int i = 0; i < 3; i++)
        if (sets[i] != NULL)
            saved[i] = *sets[i];
    struct timespec time = cut_time();
    struct timeval cut = {time.tv_sec, time.tv_nsec / 1000};
    struct timeval left = cut, waited;
    int ready = select(count, sets[0], sets[1], sets[2], &left);
    timersub(&cut, &left, &waited);
    timersub(timeout, &waited, timeout);
    if (ready != 0)
        return ready;
    for (int i = 0; i < 3; i++)
        if (sets[i] != NULL)
            *sets[i] = saved[i];
    return interrupted();
}

int lk_select(int count, fd_set *readable, fd_set *writable, fd_set *odd,
              struct timeval *timeout) {
    uintptr_t site = CALLER;
    fd_set *sets[] = {readable, writable, odd};
    POLLING(select_until(count, sets, timeout, site));
}

int lk_pselect(int count, fd_set *readable, fd_set *writable, fd_set *odd,
               const struct timespec *timeout, const sigset_t *mask) {
    POLLING(pselect(count, readable, writable, odd, timeout, mask));
}

static int epoll_until(int epoll, struct epoll_event *events, int room,
                       int timeout, const sigset_t *mask, uintptr_t site) {
    if (!redirect_cuts(timeout, site))
        return epoll_pwait(epoll, events, room, timeout, mask);
    int ready = epoll_pwait(epoll, events, room, (int)table->cut_ms, mask);
    return ready == 0 ? interrupted() : ready;
}

int lk_epoll_wait(int epoll, struct epoll_event *events, int room,
                  int timeout) {
    uintptr_t site = CALLER;
    POLLING(epoll_until(epoll, events, room, timeout, NULL, site));
}

int lk_epoll_pwait(int epoll, struct epoll_event *events, int room, int timeout,
                   const sigset_t *mask) {
    uintptr_t site = CALLER;
    POLLING(epoll_until(epoll, events, room, timeout, mask, site));
}

// As epoll_pwait(), which valgrind 3.19 knows: a part of a millisecond is one.
int lk_epoll_pwait2(int epoll, struct epoll_event *events, int room,
                    const struct timespec *timeout, const sigset_t *mask) {
    uintptr_t site = CALLER;
    int64_t ms = -1;
    if (timeout != NULL)
        ms = timeout->tv_sec >= INT_MAX / 1000
                 ? INT_MAX
                 : timeout->tv_sec * 1000 +
                       (timeout->tv_nsec + 999999) / 1000000;
    POLLING(epoll_until(epoll, events, room, (int)ms, mask, site));
}

// --- Reading and writing -----------------------------------------------------

static bool is_stream_socket(int fd) {
    int type;
    socklen_t length = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
           type == SOCK_STREAM;
}

// How many bytes of SIZE one call of the learner's may move on FD: only where
// the system itself may move fewer. It never cuts a message, nor a write of at
// most PIPE_BUF bytes to a pipe (pipe(7)).
static size_t shortened(int fd, size_t size, bool writing, uintptr_t site) {
    size_t most = table->short_io;
    struct stat status;
    if (most == 0 || size <= most || !table_is_answer(site) ||
        fstat(fd, &status) != 0)
        return size;
    bool cuts = S_ISFIFO(status.st_mode)   ? !writing || size > PIPE_BUF
                : S_ISSOCK(status.st_mode) ? is_stream_socket(fd)
                                           : false;
    return cuts ? most : size;
}

#define TRANSFER(call_kind, kind, fd, call)                                    \
    if (redirect_fails(call_kind, CALLER)) {                                   \
        errno = EIO;                                                           \
        return -1;                                                             \
    }                                                                          \
    if (redirect_interrupted(call_kind, CALLER))                               \
        return -1;                                                             \
    WAITING(kind, fd, call)

ssize_t lk_read(int fd, void *buffer, size_t size) {
    size = shortened(fd, size, false, CALLER);
    TRANSFER(WB_READ, WAIT_READ, fd, read(fd, buffer, size));
}

ssize_t lk_recv(int fd, void *buffer, size_t size, int flags) {
    size = shortened(fd, size, false, CALLER);
    TRANSFER(WB_READ, WAIT_READ, fd, recv(fd, buffer, size, flags));
}

ssize_t lk_recvfrom(int fd, void *buffer, size_t size, int flags,
                    struct sockaddr *from, socklen_t *length) {
    size = shortened(fd, size, false, CALLER);
    TRANSFER(WB_READ, WAIT_READ, fd,
             recvfrom(fd, buffer, size, flags, from, length));
}

ssize_t lk_recvmsg(int fd, struct msghdr *message, int flags) {
    TRANSFER(WB_READ, WAIT_READ, fd, recvmsg(fd, message, flags));
}

ssize_t lk_readv(int fd, const struct iovec *parts, int count) {
    TRANSFER(WB_READ, WAIT_READ, fd, readv(fd, parts, count));
}

ssize_t lk_write(int fd, const void *buffer, size_t size) {
    size = shortened(fd, size, true, CALLER);
    TRANSFER(WB_WRITE, WAIT_WRITE, fd, write(fd, buffer, size));
}

ssize_t lk_send(int fd, const void *buffer, size_t size, int flags) {
    size = shortened(fd, size, true, CALLER);
    TRANSFER(WB_WRITE, WAIT_WRITE, fd, send(fd, buffer, size, flags));
}

ssize_t lk_sendto(int fd, const void *buffer, size_t size, int flags,
                  const struct sockaddr *to, socklen_t length) {
    size = shortened(fd, size, true, CALLER);
    TRANSFER(WB_WRITE, WAIT_WRITE, fd,
             sendto(fd, buffer, size, flags, to, length));
}

ssize_t lk_sendmsg(int fd, const struct msghdr *message, int flags) {
    TRANSFER(WB_WRITE, WAIT_WRITE, fd, sendmsg(fd, message, flags));
}

ssize_t lk_writev(int fd, const struct iovec *parts, int count) {
    TRANSFER(WB_WRITE, WAIT_WRITE, fd, writev(fd, parts, count));
}

int lk_eventfd_read(int fd, eventfd_t *value) {
    return lk_read(fd, value, sizeof *value) == sizeof *value ? 0 : -1;
}

int lk_eventfd_write(int fd, eventfd_t value) {
    return lk_write(fd, &value, sizeof value) == sizeof value ? 0 : -1;
}

// --- Processes ---------------------------------------------------------------

pid_t lk_fork(void) {
    if (redirect_fails(WB_FORK, CALLER)) {
        errno = EAGAIN;
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0)
        table_child_begins();
    else
        redirect_follow(WB_FORK, pid, CALLER);
    return pid;
}

#define SPAWNING(call)                                                         \
    if (redirect_fails(WB_FORK, CALLER))                                       \
        return EAGAIN;                                                         \
    int error = (call);                                                        \
    redirect_follow(WB_FORK, error == 0 ? *pid : -1, CALLER);                  \
    return error

int lk_posix_spawn(pid_t *pid, const char *path,
                   const posix_spawn_file_actions_t *actions,
                   const posix_spawnattr_t *attributes, char *const argv[],
                   char *const environment[]) {
    pid_t ignored;
    pid = pid == NULL ? &ignored : pid;
    SPAWNING(posix_spawn(pid, path, actions, attributes, argv, environment));
}

int lk_posix_spawnp(pid_t *pid, const char *file,
                    const posix_spawn_file_actions_t *actions,
                    const posix_spawnattr_t *attributes, char *const argv[],
                    char *const environment[]) {
    pid_t ignored;
    pid = pid == NULL ? &ignored : pid;
    SPAWNING(posix_spawnp(pid, file, actions, attributes, argv, environment));
}

// Whether a signal to PID reaches the process that watches the test.
static bool reaches_runner(pid_t pid) {
    pid_t runner = table->runner_pid;
    if (runner == 0)
        return false;
    pid_t group = pid == 0 ? getpgrp() : -pid;
    return pid == runner || pid == -1 || (pid <= 0 && getpgid(runner) == group);
}

// Such a signal would end the tests without a verdict; so it ends this one.
static void refuse_kill(const char *call, pid_t pid, int number) {
    if (number == 0)
        return;
    if (getpid() != table->test_pid) {
        kill(table->test_pid, SIGKILL);
        _exit(1);
    }
    suite_fail("crash", "", 0,
               "%s(%d, %d) was called: that signal goes to processes that "
               "are no children of yours, the tests' own among them. Is the "
               "number what fork() returned to the parent, and is it above 0?",
               call, (int)pid, number);
}

int lk_kill(pid_t pid, int number) {
    if (reaches_runner(pid))
        refuse_kill("kill", pid, number);
    int result = kill(pid, number);
    if (result != 0 && errno == ESRCH && number != 0 && pid > 0 &&
        table_is_answer(CALLER))
        table->stray_signals++;
    return result;
}

int lk_killpg(pid_t group, int number) {
    if (reaches_runner(-group))
        refuse_kill("killpg", group, number);
    return killpg(group, number);
}

// --- Signals -----------------------------------------------------------------

unsigned lk_alarm(unsigned seconds) {
    table->alarms = true;
    return alarm(seconds);
}

int lk_setitimer(__itimer_which_t which, const struct itimerval *value,
                 struct itimerval *old) {
    table->alarms = true;
    return setitimer(which, value, old);
}

int lk_pause(void) {
    WAITING(WAIT_SIGNAL, 0, pause());
}

int lk_sigsuspend(const sigset_t *mask) {
    WAITING(WAIT_SIGNAL, 0, sigsuspend(mask));
}

int lk_sigwait(const sigset_t *set, int *number) {
    WAITING(WAIT_SIGNAL, 0, sigwait(set, number));
}

int lk_sigwaitinfo(const sigset_t *set, siginfo_t *info) {
    WAITING(WAIT_SIGNAL, 0, sigwaitinfo(set, info));
}

int lk_sigtimedwait(const sigset_t *set, siginfo_t *info,
                    const struct timespec *timeout) {
    WAITING(WAIT_SIGNAL, 0, sigtimedwait(set, info, timeout));
}

// --- Children ----------------------------------------------------------------

// Whoever does not wait is not interrupted.
#define CHILD_WAIT(object, options, call)                                      \
    (void)redirect_fails(WB_WAITPID, CALLER);                                  \
    if (!((options)&WNOHANG) && redirect_interrupted(WB_WAITPID, CALLER))      \
        return -1;                                                             \
    struct slot *self =                                                        \
        redirect_wait(WAIT_CHILD, (uintptr_t)(object), CALLER);                \
    __typeof__(call) result = (call);                                          \
    redirect_resume(self);                                                     \
    redirect_follow(WB_WAITPID, result, CALLER);                               \
    return result

pid_t lk_wait(int *status) {
    CHILD_WAIT(0, 0, wait(status));
}

pid_t lk_waitpid(pid_t pid, int *status, int options) {
    CHILD_WAIT(pid, options, waitpid(pid, status, options));
}

pid_t lk_wait3(int *status, int options, struct rusage *usage) {
    CHILD_WAIT(0, options, wait3(status, options, usage));
}

pid_t lk_wait4(pid_t pid, int *status, int options, struct rusage *usage) {
    CHILD_WAIT(pid, options, wait4(pid, status, options, usage));
}

int lk_waitid(idtype_t type, id_t id, siginfo_t *info, int options) {
    CHILD_WAIT(id, options, waitid(type, id, info, options));
}

// --- Descriptors and mappings ------------------------------------------------

#define MAKING(code, call)                                                     \
    if (redirect_fails(WB_PIPE, CALLER)) {                                     \
        errno = code;                                                          \
        return -1;                                                             \
    }                                                                          \
    int result = (call);                                                       \
    redirect_follow(WB_PIPE, result, CALLER);                                  \
    return result

int lk_pipe(int ends[2]) {
    MAKING(EMFILE, pipe(ends));
}

int lk_pipe2(int ends[2], int flags) {
    MAKING(EMFILE, pipe2(ends, flags));
}

int lk_socketpair(int domain, int type, int protocol, int ends[2]) {
    MAKING(EMFILE, socketpair(domain, type, protocol, ends));
}

int lk_eventfd(unsigned value, int flags) {
    MAKING(EMFILE, eventfd(value, flags));
}

int lk_memfd_create(const char *name, unsigned flags) {
    MAKING(EMFILE, memfd_create(name, flags));
}

int lk_pidfd_open(pid_t pid, unsigned flags) {
    MAKING(EMFILE, pidfd_open(pid, flags));
}

int lk_signalfd(int fd, const sigset_t *mask, int flags) {
    MAKING(EMFILE, signalfd(fd, mask, flags));
}

int lk_timerfd_create(clockid_t clock, int flags) {
    MAKING(EMFILE, timerfd_create(clock, flags));
}

int lk_epoll_create(int size) {
    MAKING(EMFILE, epoll_create(size));
}

int lk_epoll_create1(int flags) {
    MAKING(EMFILE, epoll_create1(flags));
}

void *lk_mmap(void *address, size_t size, int protection, int flags, int fd,
              off_t offset) {
    if (redirect_fails(WB_MMAP, CALLER)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return mmap(address, size, protection, flags, fd, offset);
}
