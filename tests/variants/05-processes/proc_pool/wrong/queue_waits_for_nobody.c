// expect: hang
// If no worker is left and none can be started, the jobs wait for ever.
// SPDX-License-Identifier: MIT
#include "proc_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// What goes before the bytes, in both directions.
struct head {
    int number;    // of the job; on the way back, what it returned
    size_t length; // of the bytes that follow
};

struct message {
    struct head head;
    char bytes[PP_MAX];
};

enum { HEAD = offsetof(struct message, bytes) };

struct task {
    enum { WAITING, RUNNING, ENDED } state;
    int result;
    struct message *input; // HEAD + length bytes; NULL once it has ended
    char *output;
    size_t output_length;
    struct task *next; // in the queue of those that wait
};

struct worker {
    pid_t pid; // 0 if there is none
    int fd;    // our end
    struct task *task;
    size_t sent, got; // of its messages
    struct message *reply;
};

struct ppool {
    job_fn *jobs;
    int njobs, nprocs;
    struct worker *workers;
    struct task **tasks; // by ticket; NULL once it is used up
    long tickets, room;
    struct task *first, **last; // the queue
    int unended;                // tasks that wait or run
    bool closed;
};

// --- The worker --------------------------------------------------------------

// False at the end of the stream.
static bool read_all(int fd, void *to, size_t n) {
    char *at = to;
    while (n > 0) {
        ssize_t got = read(fd, at, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        n -= (size_t)got;
    }
    return true;
}

static bool write_all(int fd, const void *from, size_t n) {
    const char *at = from;
    while (n > 0) {
        ssize_t put = send(fd, at, n, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        at += put;
        n -= (size_t)put;
    }
    return true;
}

static _Noreturn void serve(const ppool *p, int fd) {
    static struct message in, out;
    while (read_all(fd, &in, HEAD) && read_all(fd, in.bytes, in.head.length)) {
        out.head.length = PP_MAX;
        out.head.number = p->jobs[in.head.number](in.bytes, in.head.length,
                                                  out.bytes, &out.head.length);
        if (!write_all(fd, &out, HEAD + out.head.length))
            break;
    }
    _exit(0);
}

// --- Starting and ending workers ---------------------------------------------

// Our end does not block. The other one is closed here at once: if only the
// worker has it, its death is the end of the stream.
static int start(ppool *p, struct worker *worker) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -errno;
    fcntl(ends[0], F_SETFL, fcntl(ends[0], F_GETFL) | O_NONBLOCK);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        for (int i = 0; i < p->nprocs; i++)
            if (p->workers[i].pid > 0)
                close(p->workers[i].fd);
        serve(p, ends[1]);
    }
    int error = -errno;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return error;
    }
    worker->pid = pid;
    worker->fd = ends[0];
    worker->got = 0;
    return 0;
}

static void reap(struct worker *worker) {
    while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close(worker->fd);
    worker->pid = 0;
}

static void finish(ppool *p, struct task *task, int result) {
    free(task->input);
    task->input = NULL;
    task->result = result;
    task->state = ENDED;
    p->unended--;
}

// It is dead, or as good as that.
static void bury(ppool *p, struct worker *worker) {
    kill(worker->pid, SIGKILL);
    reap(worker);
    if (worker->task != NULL)
        finish(p, worker->task, -ECHILD);
    worker->task = NULL;
}

// --- Feeding and listening ---------------------------------------------------

static bool is_passing(int error) {
    return error == EINTR || error == EAGAIN;
}

static void feed(ppool *p, struct worker *worker) {
    const struct message *input = worker->task->input;
    size_t size = HEAD + input->head.length;
    while (worker->sent < size) {
        ssize_t n = send(worker->fd, (const char *)input + worker->sent,
                         size - worker->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            if (errno != EAGAIN)
                bury(p, worker);
            return;
        }
        worker->sent += (size_t)n;
    }
}

// The whole result is there.
static void deliver(ppool *p, struct worker *worker) {
    struct task *task = worker->task;
    size_t length = worker->reply->head.length;
    worker->task = NULL;
    worker->got = 0;
    task->output = malloc(length + 1);
    if (task->output == NULL) {
        finish(p, task, -ENOMEM);
        return;
    }
    memcpy(task->output, worker->reply->bytes, length);
    task->output_length = length;
    finish(p, task, worker->reply->head.number);
}

static void hear(ppool *p, struct worker *worker) {
    struct message *reply = worker->reply;
    size_t size = worker->got < HEAD ? HEAD : HEAD + reply->head.length;
    ssize_t n = read(worker->fd, (char *)reply + worker->got,
                     size - worker->got + (worker->got < HEAD ? PP_MAX : 0));
    if (n < 0 && is_passing(errno))
        return;
    if (n <= 0) {
        bury(p, worker);
        return;
    }
    worker->got += (size_t)n;
    if (worker->got >= HEAD && worker->got == HEAD + reply->head.length)
        deliver(p, worker);
}

// The oldest that wait go to workers that are free; dead ones are replaced.
static void hand_out(ppool *p) {
    int alive = 0, error = 0;
    for (int i = 0; i < p->nprocs && p->first != NULL; i++) {
        struct worker *worker = &p->workers[i];
        if (worker->pid == 0 && error == 0)
            error = start(p, worker);
        if (worker->pid == 0)
            continue;
        alive++;
        if (worker->task != NULL)
            continue;
        worker->task = p->first;
        p->first = p->first->next;
        if (p->first == NULL)
            p->last = &p->first;
        worker->task->state = RUNNING;
        worker->sent = 0;
        feed(p, worker);
    }
    // Nobody is there, and nobody can be had.
    while (alive < 0 && error != 0 && p->first != NULL) {
        struct task *task = p->first;
        p->first = task->next;
        finish(p, task, error);
    }
    if (p->first == NULL)
        p->last = &p->first;
}

// One round: sleeps until something can be done, at most WAIT_MS (-1: without
// limit), and does it.
static void attend(ppool *p, int wait_ms) {
    struct pollfd ways[p->nprocs];
    for (int i = 0; i < p->nprocs; i++) {
        struct worker *worker = &p->workers[i];
        struct task *task = worker->task;
        ways[i] = (struct pollfd){worker->pid > 0 ? worker->fd : -1, POLLIN, 0};
        if (task != NULL && worker->sent < HEAD + task->input->head.length)
            ways[i].events |= POLLOUT;
    }
    if (poll(ways, (nfds_t)p->nprocs, wait_ms) <= 0)
        return;
    for (int i = 0; i < p->nprocs; i++) {
        struct worker *worker = &p->workers[i];
        if (ways[i].revents & ~POLLOUT)
            hear(p, worker);
        if (ways[i].revents & POLLOUT && worker->task != NULL)
            feed(p, worker);
    }
    hand_out(p);
}

// --- Tickets -----------------------------------------------------------------

static int make_room(ppool *p) {
    if (p->tickets < p->room)
        return 0;
    long room = p->room == 0 ? 64 : 2 * p->room;
    struct task **tasks = realloc(p->tasks, (size_t)room * sizeof *tasks);
    if (tasks == NULL)
        return -ENOMEM;
    p->tasks = tasks;
    p->room = room;
    return 0;
}

static void free_task(struct task *task) {
    if (task == NULL)
        return;
    free(task->input);
    free(task->output);
    free(task);
}

long pp_apply_async(ppool *p, int job, const void *in, size_t n) {
    if (p->closed)
        return -ESHUTDOWN;
    if (job < 0 || job >= p->njobs)
        return -EINVAL;
    if (n > PP_MAX)
        return -EMSGSIZE;
    struct task *task = calloc(1, sizeof *task);
    if (task == NULL || make_room(p) != 0 ||
        (task->input = malloc(HEAD + n)) == NULL) {
        free(task);
        return -ENOMEM;
    }
    memset(task->input, 0, HEAD); // the padding as well
    task->input->head = (struct head){job, n};
    if (n > 0)
        memcpy(task->input->bytes, in, n);
    long ticket = p->tickets++;
    p->tasks[ticket] = task;
    *p->last = task;
    p->last = &task->next;
    p->unended++;
    attend(p, 0); // whoever has just become free
    hand_out(p);
    return ticket;
}

static long now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void wait_for(ppool *p, const struct task *task, long timeout_ms) {
    long until = timeout_ms < 0 ? 0 : now_ms() + timeout_ms;
    attend(p, 0);
    while (task->state != ENDED) {
        long left = timeout_ms < 0 ? -1 : until - now_ms();
        if (timeout_ms >= 0 && left <= 0)
            return;
        attend(p, left > 1000000 ? 1000000 : (int)left);
    }
}

int pp_get(ppool *p, long ticket, void *out, size_t *out_len, long timeout_ms) {
    if (ticket < 0 || ticket >= p->tickets || p->tasks[ticket] == NULL)
        return -EINVAL;
    struct task *task = p->tasks[ticket];
    wait_for(p, task, timeout_ms);
    if (task->state != ENDED)
        return -ETIMEDOUT;
    size_t room = *out_len;
    *out_len = task->output_length;
    if (task->output_length > room)
        return -EMSGSIZE;
    if (task->output_length > 0)
        memcpy(out, task->output, task->output_length);
    int result = task->result;
    p->tasks[ticket] = NULL;
    free_task(task);
    return result;
}

// --- The pool ----------------------------------------------------------------

ppool *pp_new(int nprocs, const job_fn *jobs, int njobs) {
    if (nprocs < 1 || njobs < 1) {
        errno = EINVAL;
        return NULL;
    }
    ppool *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    *p = (ppool){.njobs = njobs, .nprocs = nprocs, .last = &p->first};
    p->jobs = malloc((size_t)njobs * sizeof *jobs);
    p->workers = calloc((size_t)nprocs, sizeof *p->workers);
    int error = p->jobs == NULL || p->workers == NULL ? -ENOMEM : 0;
    for (int i = 0; i < nprocs && error == 0; i++) {
        p->workers[i].reply = malloc(sizeof *p->workers[i].reply);
        if (p->workers[i].reply == NULL)
            error = -ENOMEM;
    }
    if (error == 0)
        memcpy(p->jobs, jobs, (size_t)njobs * sizeof *jobs);
    for (int i = 0; i < nprocs && error == 0; i++)
        error = start(p, &p->workers[i]);
    if (error == 0)
        return p;
    pp_free(p);
    errno = -error;
    return NULL;
}

void pp_close(ppool *p) {
    p->closed = true;
}

// shutdown() ends the stream for the worker even if another process, say a
// worker of another pool, has inherited our end; close() would not.
int pp_join(ppool *p) {
    if (!p->closed)
        return -EBUSY;
    while (p->unended > 0)
        attend(p, -1);
    for (int i = 0; i < p->nprocs; i++)
        if (p->workers[i].pid > 0)
            shutdown(p->workers[i].fd, SHUT_WR);
    for (int i = 0; i < p->nprocs; i++)
        if (p->workers[i].pid > 0)
            reap(&p->workers[i]);
    return 0;
}

void pp_terminate(ppool *p) {
    p->closed = true;
    for (int i = 0; i < p->nprocs; i++)
        if (p->workers[i].pid > 0)
            kill(p->workers[i].pid, SIGKILL);
    for (int i = 0; i < p->nprocs; i++) {
        p->workers[i].task = NULL;
        if (p->workers[i].pid > 0)
            reap(&p->workers[i]);
    }
    for (long i = 0; i < p->tickets; i++)
        if (p->tasks[i] != NULL && p->tasks[i]->state != ENDED)
            finish(p, p->tasks[i], -ECANCELED);
    p->first = NULL;
    p->last = &p->first;
}

void pp_free(ppool *p) {
    if (p == NULL)
        return;
    if (p->workers != NULL)
        pp_terminate(p);
    for (long i = 0; i < p->tickets; i++)
        free_task(p->tasks[i]);
    for (int i = 0; i < p->nprocs && p->workers != NULL; i++)
        free(p->workers[i].reply);
    free(p->tasks);
    free(p->workers);
    free(p->jobs);
    free(p);
}
