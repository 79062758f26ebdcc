// SPDX-License-Identifier: MIT
// Greeters: one thread for each greeting, all of them running at once.
#pragma once

#include <stddef.h>

struct greeting {
    const char *name; // handed to say() as it is; never NULL
    int times;        // how often to say it: 0 or more
};

// Starts one new thread for each of the N greetings g[0] … g[n-1]. The thread
// of g[i] calls say(g[i].name, k, ctx) for k = 0, 1, …, g[i].times - 1, in this
// order. No thread waits for another one's greeting: all of them are started
// before the first is joined. Returns after every thread has been joined.
//
// G, SAY and CTX belong to the caller and stay as they are until the return.
// SAY may block, and is called by many threads at the same time. SAID has room
// for N numbers; said[i] becomes the number of calls of say() made for g[i].
//
// N may be 0: nothing happens then, and G and SAID may be NULL.
// greet_all itself is never called by two threads at once.
//
// Returns
//   0        every greeting was said;
//   -EAGAIN  a thread could not be created. No further one is started; those
//            that were say all they have to, and are joined. said[i] is 0 for
//            a greeting whose thread was never started;
//   -ENOMEM  it needed memory and got none: otherwise like -EAGAIN.
// In no case is a thread still running, or memory still held, afterwards.
int greet_all(const struct greeting *g, size_t n,
              void (*say)(const char *name, int k, void *ctx), void *ctx,
              int *said);
