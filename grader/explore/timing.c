// SPDX-License-Identifier: MIT
#include "explore/timing.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/time.h>
#include <unistd.h>

#include "explore/memory.h"
#include "explore/race.h"
#include "explore/real.h"
#include "explore/threads.h"

#define SECOND ((int64_t)1000000000)
// The monotonic clock when the schedule begins.
#define MONOTONIC_START (1000 * SECOND)

enum {
    LOOK_NS = 1000,             // what looking at a clock takes
    WAITING_LOOK_NS = 10000000, // for one who waits for time to pass
    PATIENCE = 20,              // looks in a row that are still no waiting
    PATIENCE_ALL = 1000,        // looks from one place that are none
    NEAR = 64,                  // events between two looks in a row
    SLEEPS_MAX = 50000,         // in vain
};

// --- Moments ----------------------------------------------------------------

static int64_t nanoseconds(const struct timespec *time) {
    if (time->tv_sec > INT64_MAX / SECOND - 1)
        return NEVER - 1;
    if (time->tv_sec < 0)
        return 0;
    return time->tv_sec * SECOND + time->tv_nsec;
}

// What CLOCK shows when the virtual time is 0.
static int64_t offset_of(clockid_t clock) {
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
        return -run.start;
    default:
        return MONOTONIC_START - run.start;
    }
}

static int64_t later(int64_t moment, int64_t by) {
    int64_t sum;
    if (__builtin_add_overflow(moment, by, &sum) || sum == NEVER)
        return NEVER - 1;
    return sum > 0 ? sum : 1;
}

bool time_is_valid(const struct timespec *time) {
    return time->tv_nsec >= 0 && time->tv_nsec < SECOND;
}

static bool is_valid(const struct timespec *time) {
    return time->tv_sec >= 0 && time_is_valid(time);
}

int64_t time_of(clockid_t clock, const struct timespec *time) {
    return later(nanoseconds(time), -offset_of(clock));
}

// --- Looking at a clock -----------------------------------------------------

// A place in the program that looks at a clock.
struct look {
    const void *pc;
    unsigned step, in_a_row, all;
    uint64_t news;
};

// The virtual time. It passes fast for who does little else than look at it.
static int64_t look(const void *pc) {
    static struct look looks[64];
    struct look *at = &looks[(uintptr_t)pc / 4 % 64];
    if (at->pc != pc)
        *at = (struct look){.pc = pc};
    if (run.steps - at->step > NEAR && run.news != at->news)
        at->in_a_row = 0;
    at->step = run.steps;
    at->news = run.news;
    at->in_a_row++;
    at->all++;
    bool waits = at->in_a_row > PATIENCE || at->all > PATIENCE_ALL;
    run.now += waits ? WAITING_LOOK_NS : LOOK_NS;
    return run.now;
}

static void wrote(const void *address, size_t size, const void *pc) {
    memory_check_access(address, size, true, pc);
    race_wrote(address, size, pc);
}

static struct timespec as_timespec(int64_t time) {
    return (struct timespec){time / SECOND, time % SECOND};
}

int ex_clock_gettime(clockid_t clock, struct timespec *time) {
    REAL_UNLESS_ACTIVE(clock_gettime(clock, time));
    wrote(time, sizeof *time, PC);
    *time = as_timespec(look(PC) + offset_of(clock));
    return 0;
}

int ex_timespec_get(struct timespec *time, int base) {
    REAL_UNLESS_ACTIVE(timespec_get(time, base));
    if (base != TIME_UTC)
        return 0;
    wrote(time, sizeof *time, PC);
    *time = as_timespec(look(PC));
    return base;
}

int ex_gettimeofday(struct timeval *time, void *zone) {
    REAL_UNLESS_ACTIVE(gettimeofday(time, zone));
    if (time != NULL) {
        int64_t now = look(PC);
        wrote(time, sizeof *time, PC);
        *time = (struct timeval){now / SECOND, now % SECOND / 1000};
    }
    return 0;
}

time_t ex_time(time_t *also) {
    REAL_UNLESS_ACTIVE(time(also));
    time_t now = look(PC) / SECOND;
    if (also != NULL) {
        wrote(also, sizeof *also, PC);
        *also = now;
    }
    return now;
}

clock_t ex_clock(void) {
    REAL_UNLESS_ACTIVE(clock());
    return (look(PC) - run.start) / 1000;
}

// --- Sleeping ---------------------------------------------------------------

static bool is_over(struct thread *thread, const struct op *op) {
    (void)thread;
    return run.now >= op->deadline;
}

// Sleep that nothing but time ends, again and again, waits for nobody.
static void check_sleeps(void) {
    static uint64_t news;
    static unsigned in_vain;
    in_vain = news == run.news ? in_vain + 1 : 0;
    news = run.news;
    if (in_vain > SLEEPS_MAX)
        run_fail(RESULT_LIVELOCK, "%s", "");
}

static void yield(const void *pc) {
    run_self()->yields = true;
    run_step(OP_YIELD, NULL, pc);
    run_progress(run_self(), pc, OP_YIELD, false);
}

static void sleep_until(int64_t deadline, const void *pc) {
    run_uses(USES_TIME);
    check_sleeps();
    int64_t begin = run.now;
    enum wake wake = run_point(&(struct op){.kind = OP_SLEEP,
                                            .pc = pc,
                                            .ready = is_over,
                                            .deadline = deadline,
                                            .is_cancellation_point = true});
    if (wake == WAKE_CANCEL)
        threads_cancel_self();
    struct event *event = run_event(OP_SLEEP, NULL, pc);
    event->value = (uint64_t)(deadline > begin ? deadline - begin : 0);
    event->has_value = true;
    run_progress(run_self(), pc, OP_SLEEP, false);
}

static void sleep_for(int64_t duration, const void *pc) {
    if (duration == 0)
        yield(pc);
    else
        sleep_until(later(run.now, duration), pc);
}

int ex_nanosleep(const struct timespec *time, struct timespec *left) {
    REAL_UNLESS_ACTIVE(nanosleep(time, left));
    if (!is_valid(time)) {
        errno = EINVAL;
        return -1;
    }
    sleep_for(nanoseconds(time), PC);
    return 0;
}

int ex_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                       struct timespec *left) {
    REAL_UNLESS_ACTIVE(clock_nanosleep(clock, flags, time, left));
    if (!is_valid(time))
        return EINVAL;
    if (!(flags & TIMER_ABSTIME))
        sleep_for(nanoseconds(time), PC);
    else if (time_of(clock, time) > run.now)
        sleep_until(time_of(clock, time), PC);
    else
        yield(PC);
    return 0;
}

unsigned ex_sleep(unsigned seconds) {
    REAL_UNLESS_ACTIVE(sleep(seconds));
    sleep_for(seconds * SECOND, PC);
    return 0;
}

int ex_usleep(useconds_t microseconds) {
    REAL_UNLESS_ACTIVE(usleep(microseconds));
    sleep_for((int64_t)microseconds * 1000, PC);
    return 0;
}

int ex_thrd_sleep(const struct timespec *time, struct timespec *left) {
    REAL_UNLESS_ACTIVE(nanosleep(time, left));
    if (!is_valid(time))
        return -2;
    sleep_for(nanoseconds(time), PC);
    return 0;
}

int ex_sched_yield(void) {
    if (run.active)
        yield(PC);
    return 0;
}

int ex_pthread_yield(void) {
    if (run.active)
        yield(PC);
    return 0;
}

void ex_thrd_yield(void) {
    if (run.active)
        yield(PC);
}

// --- Timers that send signals: real, and not controlled ---------------------

unsigned ex_alarm(unsigned seconds) {
    if (run.active && seconds > 0)
        run_uncontrolled(UNCONTROLLED_SIGNAL);
    return alarm(seconds);
}

unsigned ex_ualarm(useconds_t first, useconds_t interval) {
    if (run.active)
        run_uncontrolled(UNCONTROLLED_SIGNAL);
    return ualarm(first, interval);
}

int ex_setitimer(__itimer_which_t which, const struct itimerval *new,
                 struct itimerval *old) {
    if (run.active)
        run_uncontrolled(UNCONTROLLED_SIGNAL);
    return setitimer(which, new, old);
}

int ex_timer_create(clockid_t clock, struct sigevent *event, timer_t *timer) {
    if (run.active)
        run_uncontrolled(UNCONTROLLED_SIGNAL);
    return timer_create(clock, event, timer);
}
