// SPDX-License-Identifier: MIT
#include "explore/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explore/outside.h"
#include "explore/room.h"
#include "explore/shared.h"
#include "explore/threads.h"

static struct descriptor descriptors[DESCRIPTORS_MAX];
static bool any_timer, any_child;

struct descriptor *descriptor_at(int fd) {
    return fd >= 0 && fd < DESCRIPTORS_MAX ? &descriptors[fd] : NULL;
}

void descriptors_inherited(void) {
    any_child = true;
}

struct object *channel_new(void) {
    return object_init(room_take(16), OBJECT_CHANNEL);
}

static struct object *channel_outside(void) {
    static struct object *outside;
    if (outside == NULL)
        outside = channel_new();
    return outside;
}

struct object *channel_in(int fd) {
    const struct descriptor *d = descriptor_at(fd);
    return d != NULL && d->in != NULL ? d->in : channel_outside();
}

struct object *channel_out(int fd) {
    const struct descriptor *d = descriptor_at(fd);
    return d != NULL && d->out != NULL ? d->out : channel_outside();
}

void channel_publish(struct object *channel) {
    clock_join(&channel->clock, &run_self()->clock);
    run_tick(run_self());
}

void channel_learn(struct object *channel) {
    clock_join(&run_self()->clock, &channel->clock);
}

// --- Timers -----------------------------------------------------------------
// A timer is an eventfd here, written to when virtual time has come so far.

int64_t descriptors_next_timer(void) {
    int64_t next = NEVER;
    for (int i = 0; any_timer && i < DESCRIPTORS_MAX; i++)
        if (descriptors[i].is_timer && descriptors[i].expiry != 0 &&
            descriptors[i].expiry < next)
            next = descriptors[i].expiry;
    return next;
}

static void expire(struct descriptor *d, int fd) {
    uint64_t times = 1;
    if (d->interval > 0)
        times += (uint64_t)((run.now - d->expiry) / d->interval);
    d->expiry = d->interval > 0 ? d->expiry + (int64_t)times * d->interval : 0;
    if (write(fd, &times, sizeof times) < 0)
        d->expiry = 0;
}

static void expire_timers(void) {
    for (int i = 0; any_timer && i < DESCRIPTORS_MAX; i++)
        if (descriptors[i].is_timer && descriptors[i].expiry != 0 &&
            descriptors[i].expiry <= run.now)
            expire(&descriptors[i], i);
}

void descriptors_arm(int fd, int64_t expiry, int64_t interval) {
    struct descriptor *d = descriptor_at(fd);
    struct pollfd one = {.fd = fd, .events = POLLIN};
    uint64_t old;
    // What it has counted so far is forgotten.
    if (poll(&one, 1, 0) > 0 && read(fd, &old, sizeof old) < 0)
        return;
    any_timer = true;
    d->expiry = expiry;
    d->interval = interval;
}

// --- Waiting ----------------------------------------------------------------

struct waiting {
    struct pollfd *fds;
    unsigned count;
    int64_t until;
};

static bool is_any_ready(const struct waiting *waiting) {
    int saved = errno;
    expire_timers();
    bool ready = poll(waiting->fds, waiting->count, 0) > 0;
    errno = saved;
    return ready;
}

static bool is_over(struct thread *thread, const struct op *op) {
    const struct waiting *waiting = (struct waiting *)op->extra;
    (void)thread;
    return is_any_ready(waiting) || run.now >= waiting->until;
}

static bool is_foreign(int fd) {
    const struct descriptor *d = descriptor_at(fd);
    return fd >= 0 && (d == NULL || !d->is_own);
}

static bool may_come_from_outside(const struct waiting *waiting) {
    bool foreign = false;
    for (unsigned i = 0; i < waiting->count; i++)
        foreign = foreign || is_foreign(waiting->fds[i].fd);
    if (foreign)
        run_uncontrolled(UNCONTROLLED_SOCKET);
    return foreign || any_child;
}

static void point(struct op op, struct waiting *waiting) {
    op.is_cancellation_point = true;
    enum wake wake;
    if (waiting->until != 0) {
        op.ready = is_over;
        op.extra = (uintptr_t)waiting;
    }
    if (waiting->until != 0 && !is_any_ready(waiting) &&
        may_come_from_outside(waiting)) {
        wake = outside_point(&op, waiting->until);
    } else {
        int64_t timer = descriptors_next_timer();
        if (waiting->until != 0)
            op.deadline = timer < waiting->until ? timer : waiting->until;
        wake = run_point(&op);
    }
    if (wake == WAKE_CANCEL)
        threads_cancel_self();
}

bool descriptors_wait(const struct op *op, const struct pollfd *fds,
                      unsigned count, int64_t until) {
    struct pollfd copy[DESCRIPTORS_MAX];
    if (count > DESCRIPTORS_MAX)
        count = DESCRIPTORS_MAX;
    memcpy(copy, fds, count * sizeof *fds);
    struct waiting waiting = {copy, count, until};
    bool ready;
    do {
        point(*op, &waiting);
        ready = is_any_ready(&waiting);
    } while (!ready && run.now < until);
    return ready;
}

void descriptor_wait(const struct op *op, int fd, short events) {
    int flags = fcntl(fd, F_GETFL);
    bool blocks = flags >= 0 && !(flags & O_NONBLOCK);
    struct pollfd one = {.fd = fd, .events = events};
    descriptors_wait(op, &one, 1, blocks ? NEVER : 0);
}
