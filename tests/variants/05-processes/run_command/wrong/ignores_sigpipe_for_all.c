// expect: wrong-result
// SIGPIPE is ignored from now on, in the caller and in the program.
// SPDX-License-Identifier: MIT
#include "run_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { IN, OUT, ERR, ENDED, WAYS }; // what is polled

struct buffer {
    char *bytes;
    size_t length, room;
};

struct job {
    pid_t pid;
    int ours[WAYS];      // our ends; -1 closed
    int theirs[ERR + 1]; // the program's ends, until it has them
    const char *in;
    size_t in_left;
    struct buffer wrote[ERR + 1]; // [OUT] and [ERR]
};

static void close_fd(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

// --- Time --------------------------------------------------------------------

static long now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

// For poll(): -1 for ever, 0 if time is up.
static int left_ms(long until) {
    if (until < 0)
        return -1;
    long left = until - now_ms();
    return left <= 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
}

// --- Starting ----------------------------------------------------------------

static int unblock(int fd) {
    return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

// Standard input is a socket pair: send() can do without SIGPIPE.
static int make_ways(struct job *job) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -errno;
    job->theirs[IN] = ends[0];
    job->ours[IN] = ends[1];
    for (int i = OUT; i <= ERR; i++) {
        if (pipe2(ends, O_CLOEXEC) != 0)
            return -errno;
        job->ours[i] = ends[0];
        job->theirs[i] = ends[1];
    }
    for (int i = IN; i <= ERR; i++)
        if (unblock(job->ours[i]) != 0)
            return -errno;
    return 0;
}

// In the child. First out of the way of 0, 1 and 2, in case the caller had
// closed some of them and our pipes got those numbers; dup2() then also drops
// the close-on-exec mark.
static _Noreturn void become(const struct job *job, char *const argv[],
                             int tell) {
    int fds[ERR + 1];
    bool moved = true;
    for (int i = IN; i <= ERR; i++)
        moved &= (fds[i] = fcntl(job->theirs[i], F_DUPFD_CLOEXEC, 3)) >= 0;
    tell = fcntl(tell, F_DUPFD_CLOEXEC, 3);
    for (int i = IN; i <= ERR && moved; i++)
        moved &= dup2(fds[i], i) == i;
    if (moved)
        execvp(argv[0], argv);
    int error = errno;
    while (write(tell, &error, sizeof error) < 0 && errno == EINTR)
        ;
    _exit(127);
}

// What the child has said through the pipe FROM: 0 if exec worked.
static int hear_exec(int from) {
    int error = 0;
    ssize_t got;
    do
        got = read(from, &error, sizeof error);
    while (got < 0 && errno == EINTR);
    return got == sizeof error ? -error : 0;
}

static int reap(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static int start(struct job *job, char *const argv[]) {
    int tell[2];
    if (pipe2(tell, O_CLOEXEC) != 0)
        return -errno;
    job->pid = fork();
    if (job->pid == 0)
        become(job, argv, tell[1]);
    int error = job->pid < 0 ? -errno : 0;
    close(tell[1]);
    if (error == 0)
        error = hear_exec(tell[0]);
    close(tell[0]);
    if (job->pid < 0)
        return error;
    if (error == 0 && (job->ours[ENDED] = pidfd_open(job->pid, 0)) < 0)
        error = -errno;
    for (int i = IN; i <= ERR; i++)
        close_fd(&job->theirs[i]);
    return error;
}

// --- Moving bytes ------------------------------------------------------------

static bool is_passing(int error) {
    return error == EINTR || error == EAGAIN;
}

// The program need not read: then there is nobody to write to, and no error.
static void feed(struct job *job) {
    if (job->in_left > 0) {
        ssize_t n = write(job->ours[IN], job->in, job->in_left);
        if (n < 0 && is_passing(errno))
            return;
        if (n < 0)
            job->in_left = 0;
        else
            job->in += n, job->in_left -= (size_t)n;
    }
    if (job->in_left == 0)
        close_fd(&job->ours[IN]); // the end of its input
}

// Room for one more byte than it needs, always: the 0 at the end.
static int grow(struct buffer *buffer) {
    if (buffer->room - buffer->length > 4096)
        return 0;
    size_t room = buffer->room == 0 ? 8192 : 2 * buffer->room;
    char *bytes = realloc(buffer->bytes, room);
    if (bytes == NULL)
        return -ENOMEM;
    buffer->bytes = bytes;
    buffer->room = room;
    return 0;
}

static int drain(struct job *job, int which) {
    struct buffer *buffer = &job->wrote[which];
    if (grow(buffer) != 0)
        return -ENOMEM;
    ssize_t n = read(job->ours[which], buffer->bytes + buffer->length,
                     buffer->room - buffer->length - 1);
    if (n < 0 && is_passing(errno))
        return 0;
    if (n <= 0)
        close_fd(&job->ours[which]);
    else
        buffer->length += (size_t)n;
    return n < 0 ? -errno : 0;
}

static bool is_open(const struct job *job) {
    return job->ours[OUT] >= 0 || job->ours[ERR] >= 0 || job->ours[ENDED] >= 0;
}

// Until the program has ended and both its pipes are at their end. Input that
// it did not want by then is of no interest any more.
static int attend(struct job *job, long until) {
    int error = 0;
    while (error == 0 && is_open(job)) {
        struct pollfd ways[WAYS];
        for (int i = 0; i < WAYS; i++)
            ways[i] =
                (struct pollfd){job->ours[i], i == IN ? POLLOUT : POLLIN, 0};
        int ready = poll(ways, WAYS, left_ms(until));
        if (until >= 0 && left_ms(until) == 0)
            return -ETIMEDOUT;
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (ready <= 0)
            continue;
        if (ways[IN].revents != 0)
            feed(job);
        for (int i = OUT; i <= ERR && error == 0; i++)
            if (ways[i].revents != 0)
                error = drain(job, i);
        if (ways[ENDED].revents != 0)
            close_fd(&job->ours[ENDED]);
    }
    return error;
}

// What a killed program had written is still in the pipes.
static int drain_rest(struct job *job) {
    int error = 0;
    for (int i = OUT; i <= ERR; i++) {
        struct pollfd way = {job->ours[i], POLLIN, 0};
        while (error == 0 && job->ours[i] >= 0 && poll(&way, 1, 0) != 0)
            error = drain(job, i);
    }
    return error;
}

// --- All of it ---------------------------------------------------------------

static void take(struct buffer *buffer, char **bytes, size_t *length) {
    buffer->bytes[buffer->length] = '\0';
    *bytes = buffer->bytes;
    *length = buffer->length;
    buffer->bytes = NULL;
}

static int run(struct job *job, char *const argv[], long until) {
    // Both exist from the beginning, so that "" needs no memory at the end.
    for (int i = OUT; i <= ERR; i++)
        if (grow(&job->wrote[i]) != 0)
            return -ENOMEM;
    int error = make_ways(job);
    if (error == 0)
        error = start(job, argv);
    return error == 0 ? attend(job, until) : error;
}

int run_command(char *const argv[], const void *in, size_t in_len,
                long timeout_ms, struct run *r) {
    signal(SIGPIPE, SIG_IGN);
    long until = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
    struct job job = {.pid = -1,
                      .in = in,
                      .in_left = in_len,
                      .ours = {-1, -1, -1, -1},
                      .theirs = {-1, -1, -1}};
    *r = (struct run){.exit_code = -1};
    int result = run(&job, argv, until);
    if (job.pid > 0) {
        if (result != 0)
            kill(job.pid, SIGKILL);
        int status = reap(job.pid);
        r->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        r->term_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }
    int error = result == -ETIMEDOUT ? drain_rest(&job) : 0;
    if (error != 0)
        result = error;
    for (int i = 0; i < WAYS; i++)
        close_fd(&job.ours[i]);
    for (int i = IN; i <= ERR; i++)
        close_fd(&job.theirs[i]);
    if (result == 0 || result == -ETIMEDOUT) {
        take(&job.wrote[OUT], &r->out, &r->out_len);
        take(&job.wrote[ERR], &r->err, &r->err_len);
    }
    free(job.wrote[OUT].bytes);
    free(job.wrote[ERR].bytes);
    return result;
}

void run_free(struct run *r) {
    free(r->out);
    free(r->err);
    *r = (struct run){.exit_code = r->exit_code, .term_signal = r->term_signal};
}
