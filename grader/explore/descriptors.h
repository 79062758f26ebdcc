// SPDX-License-Identifier: MIT
// File descriptors: which channels those lead to that the program made for its
// own threads, and waiting for them.
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "explore/objects.h"

struct descriptor {
    bool is_own;        // both ends are the program's
    const void *name;   // where the program keeps it, or NULL
    struct object *in;  // what it reads from
    struct object *out; // what it writes to
    bool *watches;      // of an epoll: by descriptor
    bool is_timer;
    int clock;                // of a timer
    int64_t expiry, interval; // ns of the virtual clock; 0: not armed
};
enum { DESCRIPTORS_MAX = 1024 };

// NULL if there is no place for it.
struct descriptor *descriptor_at(int fd);
struct object *channel_new(void);
// What FD reads from and writes to: one for all that is outside.
struct object *channel_in(int fd);
struct object *channel_out(int fd);

// From now on a child of the program's fork may be at the other ends, too.
void descriptors_inherited(void);

// The moment of the next timer, or NEVER.
int64_t descriptors_next_timer(void);
// Arms the timer FD; EXPIRY 0: disarms it.
void descriptors_arm(int fd, int64_t expiry, int64_t interval);

// Says that the running thread is about to do OP (kind, object and pc), and
// waits until one of FDS is ready, or until then; 0: does not wait. False if
// none is.
bool descriptors_wait(const struct op *op, const struct pollfd *fds,
                      unsigned count, int64_t until);
// The same for one, if it blocks.
void descriptor_wait(const struct op *op, int fd, short events);

// Happens-before: what the running thread did is known to whom reads next; it
// comes to know what those did who wrote.
void channel_publish(struct object *channel);
void channel_learn(struct object *channel);
