// SPDX-License-Identifier: MIT
// Tests of honest_bench.
//
// The clocks of the C library are defined here, in place of the library's own.
// They tell the real time until a test turns the scripted time on: then a run
// of the function under measurement moves the clocks on as its script says, and
// nothing else does. So wall time, CPU time and time of day are known to the
// nanosecond, and no verdict hangs on how busy this machine is.
#define _GNU_SOURCE // syscall, CLOCK_TAI
#include "honest_bench.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "harness/suite.h"
#include "lib/wb.h"

#define SECOND INT64_C(1000000000)
#define TICK (SECOND / 250) // of the coarse clocks

// --- The clocks --------------------------------------------------------------

static struct {
    bool on;
    int64_t wall;    // ns since the machine was started
    int64_t day;     // ns since 1970
    int64_t process; // ns of CPU time: of this process,
    int64_t thread;  // of this thread,
    int64_t kernel;  // and the part of the process's that the kernel used
} scripted;

static int64_t real_ns(clockid_t clock) {
    struct timespec time = {0};
    syscall(SYS_clock_gettime, clock, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

static int64_t scripted_ns(clockid_t clock) {
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_TAI:
        return scripted.day;
    case CLOCK_REALTIME_COARSE:
        return scripted.day / TICK * TICK;
    case CLOCK_MONOTONIC_COARSE:
        return scripted.wall / TICK * TICK;
    case CLOCK_PROCESS_CPUTIME_ID:
        return scripted.process;
    case CLOCK_THREAD_CPUTIME_ID:
        return scripted.thread;
    default:
        if (clock >= 0)
            return scripted.wall;
        // From clock_getcpuclockid(): bit 2 is set for a thread's.
        return clock & 4 ? scripted.thread : scripted.process;
    }
}

static int64_t now_ns(clockid_t clock) {
    return scripted.on ? scripted_ns(clock) : real_ns(clock);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int64_t now = now_ns(clock);
    *time = (struct timespec){now / SECOND, now % SECOND};
    return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    int64_t now = now_ns(CLOCK_REALTIME);
    *time = (struct timeval){now / SECOND, now % SECOND / 1000};
    return 0;
}

time_t time(time_t *seconds) {
    time_t now = now_ns(CLOCK_REALTIME) / SECOND;
    if (seconds != NULL)
        *seconds = now;
    return now;
}

int timespec_get(struct timespec *time, int base) {
    clock_gettime(CLOCK_REALTIME, time);
    return base;
}

clock_t clock(void) {
    return now_ns(CLOCK_PROCESS_CPUTIME_ID) / 1000;
}

static struct timeval to_timeval(int64_t ns) {
    return (struct timeval){ns / SECOND, ns % SECOND / 1000};
}

int getrusage(__rusage_who_t who, struct rusage *usage) {
    if (!scripted.on)
        return (int)syscall(SYS_getrusage, who, usage);
    memset(usage, 0, sizeof *usage);
    if (who == RUSAGE_CHILDREN)
        return 0;
    int64_t all = who == RUSAGE_SELF ? scripted.process : scripted.thread;
    int64_t kernel = scripted.kernel < all ? scripted.kernel : all;
    usage->ru_stime = to_timeval(kernel);
    usage->ru_utime = to_timeval(all - kernel);
    return 0;
}

clock_t times(struct tms *buffer) {
    if (!scripted.on)
        return syscall(SYS_times, buffer);
    *buffer = (struct tms){.tms_utime = (scripted.process - scripted.kernel) /
                                        (SECOND / 100),
                           .tms_stime = scripted.kernel / (SECOND / 100)};
    return scripted.wall / (SECOND / 100);
}

// --- Scripted runs -----------------------------------------------------------

enum { MOST_RUNS = 8, LO = 17, HI = 4711 };

struct run {
    int64_t wall, process;
    double result;
    int64_t thread; // 0: all of the process's CPU time is this thread's
    int64_t kernel; // of the process's CPU time
    int64_t set;    // how far the time of day was set forwards meanwhile
};

static struct {
    const struct run *runs;
    int count;
    int calls;
    bool wrong_range;
} script;

static double play(long lo, long hi) {
    const struct run *run =
        &script.runs[script.calls < script.count ? script.calls
                                                 : script.count - 1];
    script.calls++;
    script.wrong_range |= lo != LO || hi != HI;
    scripted.wall += run->wall;
    scripted.day += run->wall + run->set;
    scripted.process += run->process;
    scripted.thread += run->thread == 0 ? run->process : run->thread;
    scripted.kernel += run->kernel;
    return run->result;
}

static struct bench garbage(void) {
    return (struct bench){-77, -78, -79};
}

// Calls bench_run() for these runs, beginning FRACTION ns after a full second
// of every clock.
static struct bench bench_from(int64_t fraction, const struct run *runs,
                               int count) {
    struct bench bench = garbage();
    script.runs = runs, script.count = count, script.calls = 0;
    script.wrong_range = false;
    scripted.wall = 3456789 * SECOND + fraction;
    scripted.day = 1700000000 * SECOND + fraction;
    scripted.process = 5 * SECOND + fraction;
    scripted.thread = 3 * SECOND + fraction;
    scripted.kernel = SECOND;
    scripted.on = true;
    int rc = bench_run(play, LO, HI, count, &bench);
    scripted.on = false;
    expect(rc == 0, "bench_run with reps = %d returned %d, not 0", count, rc);
    expect(script.calls == count,
           "bench_run with reps = %d called fn %d time%s, not %d: each call is "
           "work, and every one is timed",
           count, script.calls, script.calls == 1 ? "" : "s", count);
    expect(!script.wrong_range, "bench_run called fn with other numbers than "
                                "the lo and hi that it was given");
    return bench;
}

static bool near(double seconds, int64_t ns) {
    return fabs(seconds - (double)ns / 1e9) <= 2.1e-6;
}

static int fastest(const struct run *runs, int count) {
    int best = 0;
    for (int i = 1; i < count; i++)
        if (runs[i].wall < runs[best].wall)
            best = i;
    return best;
}

// What a wrong number of seconds happens to be, as a hint.
static const char *seems(double seconds, const struct run *runs, int count) {
    int64_t wall = 0, day = 0;
    const struct run *best = &runs[fastest(runs, count)];
    for (int i = 0; i < count; i++)
        wall += runs[i].wall, day += runs[i].wall + runs[i].set;
    if (near(seconds, best->process))
        return ": that is CPU time";
    if (near(seconds, best->wall))
        return ": that is wall time";
    if (best->set != 0 && near(seconds, best->wall + best->set))
        return ": that is by the clock that tells the time of day";
    if (count > 1 && near(seconds * count, wall))
        return ": that is their mean";
    if (count > 1 && near(seconds, wall))
        return ": that is all of them together";
    if (count > 1 && near(seconds, runs[count - 1].wall))
        return ": that is the last one, not the fastest";
    if (count > 1 && near(seconds, runs[0].wall))
        return ": that is the first one, not the fastest";
    if (near(seconds, best->wall + SECOND) ||
        near(seconds, best->wall - SECOND))
        return ": a whole second off, as when tv_nsec went below 0 and nobody "
               "borrowed from tv_sec";
    if (near(seconds, 0))
        return ": the clock moves on in steps that are too large, or was read "
               "twice at the same end of the run";
    if (near(seconds, best->wall / SECOND * SECOND) ||
        near(seconds, (best->wall / SECOND + 1) * SECOND))
        return ": whole seconds only";
    if (seconds == (double)(float)((double)best->wall / 1e9))
        return ": as exact as a float is, which has seven digits";
    if (fabs(seconds - (double)best->wall / 1e9) < 0.005)
        return ": as exact as a clock that moves on every 4 ms";
    return "";
}

static const char *listed(const struct run *runs, int count) {
    static char text[MOST_RUNS * 32];
    char *at = text;
    for (int i = 0; i < count; i++)
        at += sprintf(at, "%s%.9g s",
                      i == 0           ? ""
                      : i == count - 1 ? " and "
                                       : ", ",
                      (double)runs[i].wall / 1e9);
    return text;
}

static void expect_wall(struct bench bench, const struct run *runs, int count) {
    const struct run *best = &runs[fastest(runs, count)];
    expect(near(bench.wall_s, best->wall),
           "out->wall_s is %.9g, not %.9g, after %s%s of wall time%s",
           bench.wall_s, (double)best->wall / 1e9,
           count == 1 ? "a run that took " : "runs that took ",
           listed(runs, count), seems(bench.wall_s, runs, count));
}

static void expect_cpu(struct bench bench, const struct run *runs, int count) {
    const struct run *best = &runs[fastest(runs, count)];
    expect(near(bench.cpu_s, best->process),
           "out->cpu_s is %.9g, not %.9g: the %s that took %.9g s of wall time "
           "used %.9g s of the process's CPU time (%.9g s of it in the kernel)",
           bench.cpu_s, (double)best->process / 1e9,
           count == 1 ? "run" : "fastest run, the one",
           (double)best->wall / 1e9, (double)best->process / 1e9,
           (double)best->kernel / 1e9);
    expect(bench.result == best->result,
           "out->result is %g, not %g, which is what fn returned in the "
           "%s",
           bench.result, best->result, count == 1 ? "run" : "fastest run");
}

static void try_runs(int64_t fraction, const struct run *runs, int count) {
    struct bench bench = bench_from(fraction, runs, count);
    expect_wall(bench, runs, count);
    expect_cpu(bench, runs, count);
}

#define RUN(wall_ns, cpu_ns, value)                                            \
    { .wall = wall_ns, .process = cpu_ns, .result = value }
#define TRY(fraction, ...)                                                     \
    do {                                                                       \
        static const struct run runs[] = {__VA_ARGS__};                        \
        try_runs(fraction, runs, (int)(sizeof runs / sizeof runs[0]));         \
    } while (0)

// --- do_math -----------------------------------------------------------------

// The sum of |i - 1e6| for i = lo + 1 … hi, by a formula.
static long double triangle(long double n) {
    return n * (n + 1) / 2;
}

static double right_sum(long lo, long hi) {
    const long turn = 1000000;
    if (hi <= lo)
        return 0;
    if (lo >= turn)
        return (double)(triangle((long double)hi - turn) -
                        triangle((long double)lo - turn));
    if (hi < turn)
        return (double)(triangle((long double)turn - lo - 1) -
                        triangle((long double)turn - hi - 1));
    return right_sum(lo, turn - 1) + right_sum(turn, hi);
}

static void expect_sum(long lo, long hi) {
    double value = do_math(lo, hi), right = right_sum(lo, hi);
    expect(fabs(value - right) <= 1e-9 * right,
           "do_math(%ld, %ld) is %.17g, not %.17g", lo, hi, value, right);
}

START_TEST(small_sums) {
    expect_sum(0, 1);
    expect_sum(0, 10);
    expect_sum(10, 20);
    expect_sum(-10, 10);
    expect_sum(999990, 1000010);
    expect_sum(0, suite_size(100000, 20000, 2000));
}
END_TEST

START_TEST(empty_ranges) {
    expect_sum(0, 0);
    expect_sum(7, 6);
    expect_sum(1000000, -1000000);
}
END_TEST

START_TEST(past_2_to_24) {
    expect_sum((1L << 24) - 5, (1L << 24) + 5);
    expect_sum((1L << 24) - 500, (1L << 24) + suite_size(50000, 10000, 1000));
}
END_TEST

START_TEST(large_numbers) {
    expect_sum((1L << 31) - 300, (1L << 31) + 300);
    expect_sum(-(1L << 31) - 300, -(1L << 31) + 300);
    expect_sum((1L << 32) - 300, (1L << 32) + 300);
    expect_sum(1L << 40, (1L << 40) + 1000);
    expect_sum((1L << 50) - 1000, 1L << 50);
    expect_sum(-(1L << 50), -(1L << 50) + 1000);
    // Added up as whole numbers these do not fit into a long.
    expect_sum((1L << 50) - 20000, 1L << 50);
    expect_sum(-(1L << 50), -(1L << 50) + 20000);
}
END_TEST

START_TEST(parts_make_a_whole) {
    unsigned long state = 11;
    int rounds = suite_size(200, 60, 10);
    for (int i = 0; i < rounds; i++) {
        long a = (long)(suite_random(&state) % 40000000) - 10000000;
        long b = a + (long)(suite_random(&state) % 1000);
        long c = b + (long)(suite_random(&state) % 1000);
        double parts = do_math(a, b) + do_math(b, c), whole = do_math(a, c);
        expect(fabs(parts - whole) <= 1e-9 * whole,
               "do_math(%ld, %ld) + do_math(%ld, %ld) is %.17g, but "
               "do_math(%ld, %ld) is %.17g",
               a, b, b, c, parts, a, c, whole);
        expect_sum(a, c);
    }
}
END_TEST

// CPU time in ns, the least of three calls: other programs can only add to it.
// Evaluated one by one, this many terms take some 8 ms; if they have been left
// out, it is less than a microsecond.
enum { MANY_TERMS = 4000000, TOO_QUICK_NS = 200000 };

START_TEST(terms_are_evaluated) {
    int64_t least = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        int64_t begin = real_ns(CLOCK_PROCESS_CPUTIME_ID);
        volatile double value = do_math(0, MANY_TERMS);
        int64_t took = real_ns(CLOCK_PROCESS_CPUTIME_ID) - begin;
        (void)value;
        least = took < least ? took : least;
    }
    expect(least >= TOO_QUICK_NS,
           "do_math(0, %d) took %ld microseconds of CPU time; evaluating "
           "%d terms takes a hundred times as long, at least. Either a formula "
           "stands in for the terms, or the compiler saw that it could do "
           "without them",
           MANY_TERMS, (long)(least / 1000), MANY_TERMS);
}
END_TEST

// --- bench_run ---------------------------------------------------------------

START_TEST(one_run) {
    TRY(0, RUN(2 * SECOND, SECOND / 2, 5));
    TRY(0, RUN(SECOND / 4, SECOND / 4, 6));
    TRY(1234567, RUN(3 * SECOND + 1000, 2000, 7));
    TRY(0, RUN(40000, 30000, 8));
    TRY(0, RUN(200000 * SECOND, 5000, 9));
    TRY(0, RUN(86399 * SECOND + 123456000, 43200 * SECOND + 654321000, 10));
}
END_TEST

START_TEST(fastest_run) {
    TRY(0, RUN(3 * SECOND, 2 * SECOND, 30), RUN(SECOND, SECOND / 2, 10),
        RUN(2 * SECOND, SECOND, 20));
    TRY(0, RUN(SECOND, SECOND, 1), RUN(2 * SECOND, 2 * SECOND, 2),
        RUN(3 * SECOND, 3 * SECOND, 3), RUN(4 * SECOND, 4 * SECOND, 4));
    TRY(0, RUN(5 * SECOND, SECOND, 5), RUN(4 * SECOND, SECOND, 4),
        RUN(3 * SECOND, SECOND, 3));
}
END_TEST

START_TEST(of_one_and_the_same_run) {
    // The one with the least wall time has neither the least CPU time nor the
    // smallest result.
    TRY(0, RUN(3 * SECOND, SECOND / 8, -1), RUN(SECOND, SECOND / 2, 10),
        RUN(2 * SECOND, SECOND / 4, 0));
}
END_TEST

START_TEST(past_a_full_second) {
    TRY(999999000, RUN(2000, 1000, 1));
    TRY(999999999, RUN(SECOND / 2, SECOND / 4, 1));
    TRY(700000000, RUN(600000000, 400000000, 1), RUN(900000000, 800000000, 2));
    TRY(300000000, RUN(5 * SECOND + 800000000, 4 * SECOND + 900000000, 1));
}
END_TEST

START_TEST(time_of_day_is_set) {
    TRY(0, {.wall = 2 * SECOND, .process = SECOND, .set = -3600 * SECOND});
    TRY(0, {.wall = 2 * SECOND, .process = SECOND, .set = 3600 * SECOND});
    TRY(0, {.wall = 3 * SECOND, .process = SECOND},
        {.wall = 4 * SECOND, .process = SECOND, .set = -2 * SECOND},
        {.wall = 2 * SECOND, .process = SECOND, .set = 5 * SECOND});
}
END_TEST

START_TEST(cpu_time_of_all) {
    // Two threads that compute, and this one waits for them.
    TRY(0, {.wall = 2 * SECOND, .process = 4 * SECOND, .thread = 1000});
    // Mostly in the kernel: writing, say.
    TRY(0, {.wall = 2 * SECOND, .process = SECOND, .kernel = SECOND * 9 / 10});
}
END_TEST

START_TEST(no_run) {
    for (int reps = 0; reps > -3; reps--) {
        struct bench bench = garbage(), before = bench;
        script.calls = 0, script.count = 1;
        script.runs = (const struct run[]){RUN(SECOND, SECOND, 1)};
        int rc = bench_run(play, LO, HI, reps, &bench);
        expect(rc == -EINVAL,
               "bench_run with reps = %d returned %d, not -EINVAL", reps, rc);
        expect(script.calls == 0, "bench_run with reps = %d called fn", reps);
        expect(memcmp(&bench, &before, sizeof bench) == 0,
               "bench_run with reps = %d wrote to *out", reps);
    }
}
END_TEST

// With the real clocks, so only what holds on any machine, however busy.
static double nap(long lo, long hi) {
    (void)lo, (void)hi;
    wb_sleep_ms(30);
    return 1;
}

static double spin(long lo, long hi) {
    (void)lo, (void)hi;
    int64_t until = real_ns(CLOCK_PROCESS_CPUTIME_ID) + SECOND / 50;
    while (real_ns(CLOCK_PROCESS_CPUTIME_ID) < until)
        ;
    return 1;
}

START_TEST(real_clocks) {
    struct bench bench = garbage();
    int rc = bench_run(nap, 0, 0, 2, &bench);
    expect(rc == 0, "bench_run with reps = 2 returned %d, not 0", rc);
    expect(bench.wall_s >= 0.0299 && bench.cpu_s < 0.015 && bench.cpu_s >= 0,
           "a function that sleeps for 0.03 s was found to take %g s of wall "
           "time and %g s of CPU time",
           bench.wall_s, bench.cpu_s);
    expect(classify(&bench) == WAIT_BOUND,
           "a function that does nothing but sleep is CPU_BOUND, says "
           "classify()");
    bench = garbage();
    rc = bench_run(spin, 0, 0, 2, &bench);
    expect(rc == 0, "bench_run with reps = 2 returned %d, not 0", rc);
    expect(bench.cpu_s >= 0.0199 && bench.wall_s >= 0.0199,
           "a function that keeps a processor busy for 0.02 s was found to "
           "take %g s of wall time and %g s of CPU time",
           bench.wall_s, bench.cpu_s);
}
END_TEST

// --- classify ----------------------------------------------------------------

static void expect_class(double wall, double cpu, enum boundness right) {
    static const char *const names[] = {"CPU_BOUND", "WAIT_BOUND"};
    struct bench bench = {wall, cpu, 0};
    enum boundness class = classify(&bench);
    expect(class == right,
           "%g s of CPU time in %g s of wall time: classify() returned %s, not "
           "%s",
           cpu, wall,
           class == CPU_BOUND || class == WAIT_BOUND ? names[class]
                                                     : "neither of its values",
           names[right]);
}

START_TEST(classes) {
    expect_class(2, 2, CPU_BOUND);
    expect_class(2, 0, WAIT_BOUND);
    expect_class(2, 1, CPU_BOUND);
    expect_class(2, 0.99, WAIT_BOUND);
    expect_class(2, 1.01, CPU_BOUND);
    expect_class(0.5, 0.4, CPU_BOUND);
    expect_class(0.5, 0.1, WAIT_BOUND);
    expect_class(0.001, 0.004, CPU_BOUND);
    expect_class(1000, 400, WAIT_BOUND);
}
END_TEST

enum { NOT_VALGRIND = IN_TESTS | IN_MEMORY };

SUITE(TEST(small_sums, "do_math is the sum of the terms lo + 1 … hi",
           .stages = NOT_VALGRIND),
      TEST(empty_ranges, "do_math is 0 if hi <= lo", .stages = NOT_VALGRIND),
      TEST(past_2_to_24, "do_math counts on beyond term number 2^24",
           .stages = NOT_VALGRIND),
      TEST(large_numbers,
           "do_math is right for terms of any number, from -2^50 "
           "to 2^50",
           .stages = NOT_VALGRIND),
      TEST(parts_make_a_whole, "do_math(a, b) + do_math(b, c) is do_math(a, c)",
           .stages = NOT_VALGRIND),
      TEST(terms_are_evaluated,
           "every term is evaluated when do_math is called",
           .stages = IN_TESTS),
      TEST(one_run,
           "bench_run reports wall time, CPU time and result of a run"),
      TEST(fastest_run, "of several runs, the fastest is reported"),
      TEST(of_one_and_the_same_run,
           "wall time, CPU time and result are those of the same run",
           .stages = NOT_VALGRIND),
      TEST(past_a_full_second,
           "a run may begin in one second and end in the next",
           .stages = NOT_VALGRIND),
      TEST(time_of_day_is_set, "setting the time of day changes nothing",
           .stages = NOT_VALGRIND),
      TEST(cpu_time_of_all,
           "CPU time is that of all threads, in the program "
           "and in the kernel",
           .stages = NOT_VALGRIND),
      TEST(no_run, "-EINVAL if reps < 1"),
      TEST(real_clocks, "a sleeping function waits, a busy one computes",
           .stages = NOT_VALGRIND),
      TEST(classes, "CPU_BOUND from half of the wall time on",
           .stages = NOT_VALGRIND), )
