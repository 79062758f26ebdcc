// SPDX-License-Identifier: MIT
// Tests of par_math.
//
// do_math() tells a watcher of every call. The watcher writes down which part
// was asked for, and holds the call up in a gauge where a test wants to see
// how many are under way at once. It uses relaxed atomics only, so nothing here
// orders the answer's threads for it.
#define _GNU_SOURCE // sched_getaffinity
#include "par_math.h"

#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { MOST_CALLS = 16384, ENOUGH_TERMS = 10000 };

struct call {
    _Atomic long lo, hi;
};

static struct watch {
    atomic_int count;
    struct call calls[MOST_CALLS]; // the first ones that asked for any term
    wb_gauge *gauge;               // entered by each of them; may be NULL
    bool spares_caller; // but for calls of the thread that called par_math
    pthread_t caller;
} watch;

static void watch_call(long lo, long hi) {
    if (hi <= lo)
        return;
    int i = atomic_fetch_add_explicit(&watch.count, 1, memory_order_relaxed);
    if (i < MOST_CALLS) {
        atomic_store_explicit(&watch.calls[i].lo, lo, memory_order_relaxed);
        atomic_store_explicit(&watch.calls[i].hi, hi, memory_order_relaxed);
    }
    if (watch.spares_caller && pthread_equal(pthread_self(), watch.caller))
        return;
    if (watch.gauge != NULL) {
        wb_gauge_enter(watch.gauge);
        wb_gauge_leave(watch.gauge);
    }
}

static void watch_begin(wb_gauge *gauge) {
    atomic_store_explicit(&watch.count, 0, memory_order_relaxed);
    watch.gauge = gauge;
    do_math_watcher = watch_call;
}

static void watch_end(void) {
    do_math_watcher = NULL;
}

static int by_lo(const void *a, const void *b) {
    const struct span *first = a, *second = b;
    return (first->lo > second->lo) - (first->lo < second->lo);
}

// The first place where the calls seen do not meet. On true, (*from, *to] was
// computed twice if TWICE, else not at all.
static bool seam_found(long lo, long hi, long *from, long *to, bool *twice) {
    static struct span seen[MOST_CALLS + 1];
    int count = watch.count;
    for (int i = 0; i < count; i++)
        seen[i] = (struct span){watch.calls[i].lo, watch.calls[i].hi};
    qsort(seen, (size_t)count, sizeof *seen, by_lo);
    seen[count] = (struct span){hi, hi}; // the end must be reached
    long reached = lo;
    for (int i = 0; i <= count; i++) {
        if (seen[i].lo != reached) {
            *twice = seen[i].lo < reached;
            *from = *twice ? seen[i].lo : reached;
            *to = *twice ? reached : seen[i].lo;
            return true;
        }
        reached = seen[i].hi;
    }
    return false;
}

static void expect_each_term_once(long lo, long hi, unsigned nthreads) {
    long from = 0, to = 0;
    bool twice = false;
    if (watch.count > MOST_CALLS)
        return; // too many calls to look at
    expect(watch.count > 0 || hi <= lo,
           "par_math(%ld, %ld, %u) never called do_math(), from which every "
           "term has to come",
           lo, hi, nthreads);
    if (!seam_found(lo, hi < lo ? lo : hi, &from, &to, &twice))
        return;
    expect(from >= lo && to <= hi,
           "par_math(%ld, %ld, %u) called do_math() for terms outside its "
           "range: %ld to %ld",
           lo, hi, nthreads, from + 1, to);
    expect(!twice,
           "par_math(%ld, %ld, %u) called do_math() twice for the terms %ld "
           "to %ld",
           lo, hi, nthreads, from + 1, to);
    expect(false,
           "par_math(%ld, %ld, %u) never called do_math() for the terms %ld "
           "to %ld",
           lo, hi, nthreads, from + 1, to);
}

static bool close_enough(double value, double right) {
    return fabs(value - right) <= 1e-9 * fabs(right);
}

// WHY: what was special about the call, or "".
static void expect_value_when(const char *why, long lo, long hi,
                              unsigned nthreads) {
    watch_begin(NULL);
    double value = par_math(lo, hi, nthreads);
    watch_end();
    double right = do_math(lo, hi);
    // What was asked for comes first: it tells more than a wrong sum.
    expect_each_term_once(lo, hi, nthreads);
    expect(close_enough(value, right),
           "par_math(%ld, %ld, %u) is %.17g instead of %.17g%s, although each "
           "term was computed once: the parts are not added up rightly",
           lo, hi, nthreads, value, right, why);
}

static void expect_value(long lo, long hi, unsigned nthreads) {
    expect_value_when("", lo, hi, nthreads);
}

START_TEST(one_part_a_thread) {
    expect_value(0, 1000, 1);
    expect_value(0, 1000, 2);
    expect_value(0, 1000, 4);
    expect_value(-500, 501, 4);
    expect_value(999900, 1000100, 3);
}
END_TEST

START_TEST(any_range_any_count) {
    unsigned long state = 35;
    int rounds = suite_size(200, 60, 20);
    for (int i = 0; i < rounds; i++) {
        long lo = (long)(suite_random(&state) % 20000000) - 10000000;
        long n = (long)(suite_random(&state) % 5000);
        expect_value(lo, lo + n, (unsigned)(1 + suite_random(&state) % 9));
    }
}
END_TEST

START_TEST(more_threads_than_terms) {
    expect_value(10, 13, 8);
    expect_value(10, 11, 5);
    expect_value(10, 13, (unsigned)suite_size(1000, 20, 16));
}
END_TEST

START_TEST(nothing_to_do) {
    for (unsigned nthreads = 0; nthreads < 5; nthreads++) {
        expect_value(5, 5, nthreads);
        expect_value(5, 4, nthreads);
        expect_value(1000, -1000, nthreads);
    }
}
END_TEST

START_TEST(ends_of_long) {
    expect_value(LONG_MAX - 5001, LONG_MAX, 4);
    expect_value(LONG_MIN, LONG_MIN + 5001, 4);
}
END_TEST

// Calls par_math for so many terms that its threads must overlap. EXPECTED
// of them at once.
static void expect_overlap(unsigned nthreads, int expected) {
    long hi = 7 + (long)ENOUGH_TERMS * expected; // just enough
    wb_gauge *gauge = wb_gauge_new(expected);
    int before = wb_threads_created();
    watch_begin(gauge);
    double value = par_math(7, hi, nthreads);
    watch_end();
    int created = wb_threads_created() - before, peak = wb_gauge_peak(gauge);
    expect_kind("wrong-result", watch.count > 0,
                "par_math never called do_math(), from which every term has "
                "to come");
    expect(peak >= expected,
           "%d calls of do_math() were to be under way at the same time with "
           "nthreads = %u, but there never %s more than %d (%d thread%s "
           "created)",
           expected, nthreads, peak == 1 ? "was" : "were", peak, created,
           created == 1 ? " was" : "s were");
    expect_kind("wrong-result", close_enough(value, do_math(7, hi)),
                "par_math(7, %ld, %u) is %.17g instead of %.17g", hi, nthreads,
                value, do_math(7, hi));
    wb_gauge_free(gauge);
}

START_TEST(all_at_once) {
    expect_overlap(2, 2);
    expect_overlap(5, 5);
    expect_overlap((unsigned)suite_size(100, 70, 8), suite_size(100, 70, 8));
}
END_TEST

// The gauge waits for more threads than there are: it holds the others until
// the caller sleeps as well.
START_TEST(who_waits_sleeps) {
    watch.spares_caller = true;
    watch.caller = pthread_self();
    suite_note("The other threads are held up in do_math(); the calling one "
               "has nothing left to do.");
    watch_begin(wb_gauge_new(3));
    double before = wb_cpu_ms();
    double value = par_math(0, 2 * ENOUGH_TERMS, 2);
    double cpu_ms = wb_cpu_ms() - before;
    watch_end();
    expect(cpu_ms < 300,
           "while a call of do_math() in another thread took long, the thread "
           "that waited for it used %.0f ms of CPU time",
           cpu_ms);
    expect_kind("wrong-result",
                close_enough(value, do_math(0, 2 * ENOUGH_TERMS)),
                "par_math(0, 20000, 2) is %.17g instead of %.17g", value,
                do_math(0, 2 * ENOUGH_TERMS));
}
END_TEST

// What sysconf says and what this process may use can differ; either will do.
static int cpus_at_least(int online) {
    cpu_set_t mine;
    CPU_ZERO(&mine);
    if (sched_getaffinity(0, sizeof mine, &mine) != 0)
        return 1;
    int usable = CPU_COUNT(&mine);
    return usable < online ? usable : online;
}

START_TEST(zero_means_one_a_cpu) {
    int online = (int)sysconf(_SC_NPROCESSORS_ONLN);
    int before = wb_threads_created();
    expect_overlap(0, cpus_at_least(online));
    int created = wb_threads_created() - before;
    expect_kind("wrong-result", created <= online,
                "par_math with nthreads = 0 created %d threads, but %d CPU%s "
                "online",
                created, online, online == 1 ? " is" : "s are");
}
END_TEST

START_TEST(no_more_threads_than_asked_for) {
    for (unsigned nthreads = 1; nthreads <= 4; nthreads++) {
        int before = wb_threads_created();
        long joins = wb_calls(WB_PTHREAD_JOIN);
        expect_value(0, 4 * ENOUGH_TERMS, nthreads);
        int created = wb_threads_created() - before;
        joins = wb_calls(WB_PTHREAD_JOIN) - joins;
        expect_kind("thread-leak", joins >= created,
                    "par_math created %d threads and joined %ld of them: only "
                    "a join tells that a thread has left its last line",
                    created, joins);
        expect(created <= (int)nthreads,
               "par_math created %d threads with nthreads = %u", created,
               nthreads);
    }
}
END_TEST

START_TEST(threads_cannot_be_created) {
    for (int k = 1; k <= 4; k++) {
        wb_fail_call(WB_PTHREAD_CREATE, k);
        expect_value_when(" after a pthread_create() had failed", 100, 4101, 4);
        wb_fail_call(WB_PTHREAD_CREATE, 0);
    }
    wb_fail_call(WB_PTHREAD_CREATE, -1);
    expect_value_when(" after every pthread_create() had failed", 100, 4101, 4);
    wb_fail_call(WB_PTHREAD_CREATE, 0);
}
END_TEST

START_TEST(memory_is_short) {
    bool failed = true;
    for (int k = 1; k <= 16 && failed; k++) {
        wb_fail_call(WB_MALLOC, k);
        expect_value_when(" after an allocation had failed", 100, 4101, 4);
        failed = wb_failed(WB_MALLOC);
        wb_fail_call(WB_MALLOC, 0);
    }
    wb_fail_call(WB_MALLOC, -1);
    expect_value_when(" after every allocation had failed", 100, 4101, 4);
    wb_fail_call(WB_MALLOC, 0);
}
END_TEST

struct caller {
    pthread_t thread;
    long lo, hi;
    double value;
};

static void *call_par_math(void *arg) {
    struct caller *caller = arg;
    caller->value = par_math(caller->lo, caller->hi, 2);
    return NULL;
}

// Four calls of do_math() wait for each other here, two for each caller: what
// the two callers should not share is in use by both then.
START_TEST(two_callers) {
    struct caller callers[2] = {{.lo = 0, .hi = 5 * ENOUGH_TERMS},
                                {.lo = 3000, .hi = 8 * ENOUGH_TERMS}};
    watch_begin(wb_gauge_new(4));
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&callers[i].thread, NULL, call_par_math,
                                        &callers[i]),
                         0);
    for (int i = 0; i < 2; i++)
        pthread_join(callers[i].thread, NULL);
    watch_end();
    for (int i = 0; i < 2; i++) {
        double right = do_math(callers[i].lo, callers[i].hi);
        expect(close_enough(callers[i].value, right),
               "two threads called par_math at the same time, and "
               "par_math(%ld, %ld, 2) was %.17g instead of %.17g",
               callers[i].lo, callers[i].hi, callers[i].value, right);
    }
}
END_TEST

SUITE(TEST(one_part_a_thread,
           "the value is that of do_math(), on 1, 2, 3 and 4 "
           "threads"),
      TEST(any_range_any_count,
           "the value is right for any range and any number "
           "of threads"),
      TEST(more_threads_than_terms, "more threads than terms do no harm"),
      TEST(nothing_to_do, "an empty range gives 0"),
      TEST(ends_of_long, "ranges at both ends of long work"),
      TEST(all_at_once, "nthreads calls of do_math() are under way at once",
           .kind = "no-overlap"),
      TEST(zero_means_one_a_cpu, "nthreads = 0 means one thread a CPU",
           .kind = "no-overlap"),
      TEST(no_more_threads_than_asked_for, "no more than nthreads threads are "
                                           "created"),
      TEST(threads_cannot_be_created, "the value is computed even if a thread "
                                      "cannot be created"),
      TEST(memory_is_short, "the value is computed even if memory is short"),
      TEST(who_waits_sleeps,
           "a thread that waits for the others uses no CPU time",
           .kind = "busy-wait", .stages = IN_TESTS),
      TEST(two_callers, "two threads may call par_math at the same time"), )

// --- Speed -------------------------------------------------------------------

static struct {
    long lo, hi;
    int threads;
} load;

// About 40 ms for the reference.
static void load_prepare(unsigned long seed, int threads) {
    unsigned long state = seed;
    load.lo = (long)(suite_random(&state) % 2000000) - 1000000;
    load.hi = load.lo + 16000000 + (long)(suite_random(&state) % 1000000);
    load.threads = threads;
}

static double load_serial(void) {
    return do_math(load.lo, load.hi);
}

static double load_parallel(void) {
    return par_math(load.lo, load.hi, (unsigned)load.threads);
}

SPEED(.says = "par_math() against do_math()", .prepare = load_prepare,
      .reference = load_serial, .answer = load_parallel, .tolerance = 1e-9,
      .efficiency = 0.7, .cost = 1.25)
