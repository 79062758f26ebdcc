// SPDX-License-Identifier: MIT
#include "explore/outside.h"

#include <errno.h>
#include <time.h>

enum { TICK_NS = 500000, PATIENCE_MS = 2000 };

// By thread: what it waits for may come from outside, until then.
static int64_t waits_until[THREADS_MAX];

enum wake outside_point(const struct op *op, int64_t until) {
    unsigned me = run_self()->id;
    waits_until[me] = until;
    enum wake wake = run_point(op);
    waits_until[me] = 0;
    return wake;
}

static bool waits(const struct thread *thread) {
    return !thread->done && waits_until[thread->id] != 0;
}

static bool is_any_ready(void) {
    for (unsigned i = 0; i < run.thread_count; i++) {
        struct thread *t = run.threads[i];
        if (waits(t) && t->op.ready(t, &t->op))
            return true;
    }
    return false;
}

// The first virtual moment at which somebody waits no longer; 0: nobody waits.
static int64_t first_until(void) {
    int64_t first = 0;
    for (unsigned i = 0; i < run.thread_count; i++)
        if (waits(run.threads[i]) &&
            (first == 0 || waits_until[run.threads[i]->id] < first))
            first = waits_until[run.threads[i]->id];
    return first;
}

bool outside_wait(void) {
    int64_t until = first_until();
    if (until == 0)
        return false;
    int saved = errno;
    int64_t waited = 0, most = (int64_t)PATIENCE_MS * 1000000;
    while (!is_any_ready()) {
        struct timespec tick = {0, TICK_NS};
        nanosleep(&tick, NULL);
        waited += TICK_NS;
        if (until != NEVER && run.now + waited >= until)
            run.now = until;
        else if (waited >= most)
            run_give_up("it waits for something outside the program, which "
                        "the explorer does not control");
    }
    errno = saved;
    return true;
}
