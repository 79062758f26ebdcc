// SPDX-License-Identifier: MIT
// Tests of daemon_cancel. Jobs follow a short list of orders and note what they
// were told. No clock decides whether a sleep has ended in time: a thread that
// is found asleep again and again has not been woken.
#include "daemon_cancel.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { DAY_MS = 86400000, MOST = 4, CANCELLERS = 8 };

#define GET(flag) atomic_load_explicit(&(flag), memory_order_relaxed)
#define SET(flag, value)                                                       \
    atomic_store_explicit(&(flag), (value), memory_order_relaxed)

struct job {
    wb_gauge *gate;    // sat in first, if not NULL
    long sleeps[MOST]; // of these lengths; 0 ends the list
    int exit_code;
    bool until_cancelled; // then asks until it is told
    int calls;
    int results[MOST];
    bg *self;
    int written;      // by the one who cancels, read by the job
    int seen;         // of that
    char *memory;     // of the job's own, freed by it
    wb_gauge *end;    // entered last, if not NULL
    atomic_bool over; // for glances
};

static const char *named(int rc) {
    return rc == 0            ? "0"
           : rc == -ECANCELED ? "-ECANCELED"
           : rc == ECANCELED  ? "ECANCELED, which should be negative"
           : rc == -ETIMEDOUT ? "-ETIMEDOUT"
           : rc == ETIMEDOUT  ? "ETIMEDOUT"
                              : "something else";
}

static int job_main(bg *self, void *arg) {
    struct job *job = arg;
    job->calls++;
    job->self = self;
    job->memory = malloc(100);
    if (job->gate != NULL) {
        wb_gauge_enter(job->gate);
        wb_gauge_leave(job->gate);
    }
    for (int i = 0; i < MOST && job->sleeps[i] != 0; i++)
        job->results[i] = bg_sleep(self, job->sleeps[i]);
    while (job->until_cancelled && !bg_cancelled(self))
        wb_sleep_ms(1);
    if (bg_cancelled(self))
        job->seen = job->written;
    free(job->memory);
    SET(job->over, true);
    if (job->end != NULL) {
        wb_gauge_enter(job->end);
        wb_gauge_leave(job->end);
    }
    return job->exit_code;
}

static bg *start(struct job *job) {
    bg *b = bg_start(job_main, job);
    expect(b != NULL, "bg_start returned NULL");
    return b;
}

static void stop(bg *b, struct job *job) {
    int exit_code = -7777;
    int rc = bg_stop(b, &exit_code);
    expect(rc == 0, "bg_stop returned %d, not 0", rc);
    expect(GET(job->over), "bg_stop returned although fn had not");
    expect(exit_code == job->exit_code, "*exit_code is %d, but fn returned %d",
           exit_code, job->exit_code);
    expect(job->calls == 1, "fn was called %d times, not once", job->calls);
    expect(job->self == b, "fn was given another SELF than bg_start returned");
    int live = wb_threads_live();
    expect_kind("thread-leak", live == 0,
                "bg_stop returned while the job's thread had not ended");
}

// THREADS: how many there are besides the test's own.
static void expect_woken(struct job *job, int threads, const char *when) {
    expect_kind("lost-wakeup", wb_wakes_up(&job->over, threads),
                "bg_sleep(self, %ld) slept on %s: nobody woke it",
                job->sleeps[0], when);
}

static void expect_asleep(struct job *job) {
    bool asleep = wb_wait_blocked(1);
    expect(!GET(job->over),
           "bg_sleep(self, %ld) returned %d (%s) at once, "
           "though nobody had cancelled the job",
           job->sleeps[0], job->results[0], named(job->results[0]));
    expect_kind("busy-wait", asleep,
                "bg_sleep(self, %ld) does not sleep until it is woken: it "
                "looks again and again (%ld calls of sleep or poll, %.0f ms of "
                "processor time)",
                job->sleeps[0], wb_calls(WB_SLEEP) + wb_calls(WB_POLL),
                wb_cpu_ms());
}

// Waits for the end of a job whose sleeps are short and has an END. Who sleeps
// on is left alone after some 150 looks that found it asleep.
static void expect_over(struct job *job) {
    wb_gauge_enter(job->end);
    wb_gauge_leave(job->end);
    expect(wb_gauge_peak(job->end) == 2,
           "bg_sleep(self, %ld) did not return: the job sleeps on and on",
           job->sleeps[0]);
}

static void *stops(void *b) {
    int rc = bg_stop(b, NULL);
    expect(rc == 0, "bg_stop(b, NULL) returned %d, not 0", rc);
    return NULL;
}

// By another thread, so that a job that sleeps on is noticed.
static void stop_sleeper(bg *b, struct job *job) {
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, stops, b), 0);
    expect_woken(job, 2, "though bg_stop had been called, which cancels");
    pthread_join(thread, NULL);
}

static void expect_cancelled(const struct job *job, int i) {
    expect(job->results[i] == -ECANCELED,
           "bg_sleep number %d returned %d (%s), not -ECANCELED, in a job "
           "that had been cancelled",
           i + 1, job->results[i], named(job->results[i]));
}

// --- Without sleep -----------------------------------------------------------

START_TEST(runs_to_its_end) {
    struct job job = {.exit_code = 42};
    bg *b = start(&job);
    stop(b, &job);
    struct job other = {.exit_code = -3};
    b = start(&other);
    while (!GET(other.over))
        wb_sleep_ms(1);
    int rc = bg_stop(b, NULL);
    expect(rc == 0, "bg_stop(b, NULL) returned %d, not 0", rc);
}
END_TEST

START_TEST(starts_without_waiting) {
    struct job job = {.gate = wb_gauge_new(2), .exit_code = 1};
    bg *b = start(&job);
    expect(!GET(job.over), "bg_start returned only when fn had");
    int cancelled = bg_cancelled(b);
    expect(cancelled == 0,
           "bg_cancelled returned %d for a job that nobody "
           "had cancelled",
           cancelled);
    wb_gauge_enter(job.gate);
    wb_gauge_leave(job.gate);
    expect_kind("no-overlap", wb_gauge_peak(job.gate) == 2,
                "fn did not run at the same time as the thread that called "
                "bg_start");
    stop(b, &job);
}
END_TEST

START_TEST(asks_until_it_is_told) {
    struct job job = {.until_cancelled = true, .exit_code = 9};
    bg *b = start(&job);
    job.written = 4711;
    bg_cancel(b);
    int cancelled = bg_cancelled(b);
    expect(cancelled == 1, "bg_cancelled returned %d after bg_cancel",
           cancelled);
    while (!GET(job.over))
        wb_sleep_ms(1);
    stop(b, &job);
    expect(job.seen == 4711,
           "fn was told that it is cancelled, but did not see what had been "
           "written before bg_cancel");
}
END_TEST

START_TEST(stop_cancels) {
    struct job sleeper = {.sleeps = {DAY_MS, DAY_MS}};
    bg *b = start(&sleeper);
    stop_sleeper(b, &sleeper);
    expect_cancelled(&sleeper, 0);
    expect_cancelled(&sleeper, 1);
    struct job job = {.until_cancelled = true, .exit_code = 5};
    b = start(&job);
    stop(b, &job);
}
END_TEST

START_TEST(cancelled_when_it_is_over) {
    struct job job = {.exit_code = 8};
    bg *b = start(&job);
    while (!GET(job.over))
        wb_sleep_ms(1);
    bg_cancel(b);
    bg_cancel(b);
    expect(bg_cancelled(b) == 1, "bg_cancelled did not return 1 after "
                                 "bg_cancel");
    stop(b, &job);
}
END_TEST

// --- Sleep -------------------------------------------------------------------

START_TEST(sleeps_its_time) {
    static const long lengths[] = {1, 30, 111};
    for (int i = 0; i < 3; i++) {
        struct job job = {.sleeps = {lengths[i]}, .end = wb_gauge_new(2)};
        long before = wb_now_ms();
        bg *b = start(&job);
        expect_over(&job);
        long took = wb_now_ms() - before;
        expect(job.results[0] == 0,
               "bg_sleep(self, %ld) returned %d (%s), not 0, though nobody "
               "had cancelled the job",
               lengths[i], job.results[0], named(job.results[0]));
        expect(took >= lengths[i] - 1,
               "bg_sleep(self, %ld) was over after %ld ms", lengths[i], took);
        stop(b, &job);
    }
}
END_TEST

// A cut wait has lasted 10 ms: a sleep of 100 ms cannot be cut more than ten
// times, unless it begins anew.
START_TEST(time_goes_on) {
    enum { SLEEP = 100 };
    struct job job = {.sleeps = {SLEEP}, .end = wb_gauge_new(2)};
    wb_cut_waits(10);
    long before = wb_now_ms();
    bg *b = start(&job);
    expect_over(&job);
    long took = wb_now_ms() - before;
    int cuts = wb_waits_cut();
    wb_cut_waits(0);
    expect(job.results[0] == 0,
           "bg_sleep(self, %d), woken for no reason, returned %d (%s), not 0",
           SLEEP, job.results[0], named(job.results[0]));
    expect(cuts <= SLEEP / 10 + 2,
           "bg_sleep(self, %d) was woken for no reason %d times, 10 ms after "
           "it had begun to wait each time, and still slept on: its time "
           "begins anew when it is woken",
           SLEEP, cuts);
    expect(took >= SLEEP - 1,
           "bg_sleep(self, %d), woken for no reason, was over after %ld ms",
           SLEEP, took);
    stop(b, &job);
}
END_TEST

START_TEST(no_sleep_at_all) {
    struct job job = {.sleeps = {-1, -DAY_MS}, .end = wb_gauge_new(2)};
    bg *b = start(&job);
    expect_over(&job);
    for (int i = 0; i < 2; i++)
        expect(job.results[i] == 0,
               "bg_sleep(self, %ld) returned %d (%s), not 0", job.sleeps[i],
               job.results[i], named(job.results[i]));
    stop(b, &job);
}
END_TEST

START_TEST(cancelled_before_the_sleep) {
    struct job job = {.gate = wb_gauge_new(2),
                      .sleeps = {DAY_MS, -1, 1, DAY_MS}};
    bg *b = start(&job);
    bg_cancel(b);
    wb_gauge_enter(job.gate);
    wb_gauge_leave(job.gate);
    expect_woken(&job, 1, "though the job had been cancelled before");
    for (int i = 0; i < 4; i++)
        expect_cancelled(&job, i);
    stop(b, &job);
}
END_TEST

START_TEST(woken_from_sleep) {
    struct job job = {.sleeps = {DAY_MS, DAY_MS}};
    bg *b = start(&job);
    expect_asleep(&job);
    job.written = 4711;
    bg_cancel(b);
    expect_woken(&job, 1, "though the job had been cancelled");
    expect_cancelled(&job, 0);
    expect_cancelled(&job, 1);
    stop(b, &job);
    expect(job.seen == 4711,
           "fn was told that it is cancelled, but did not see what had been "
           "written before bg_cancel");
}
END_TEST

static void *cancels(void *b) {
    bg_cancel(b);
    bg_cancel(b);
    return NULL;
}

START_TEST(many_cancel) {
    struct job job = {.sleeps = {DAY_MS, DAY_MS, DAY_MS}, .exit_code = 6};
    pthread_t threads[CANCELLERS];
    bg *b = start(&job);
    for (int i = 0; i < CANCELLERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, cancels, b), 0);
    for (int i = 0; i < CANCELLERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++)
        bg_cancel(b);
    expect_woken(&job, 1, "though the job had been cancelled, again and again");
    stop(b, &job);
    for (int i = 0; i < 3; i++)
        expect_cancelled(&job, i);
}
END_TEST

static int cancels_itself(bg *self, void *arg) {
    struct job *job = arg;
    bg_cancel(self);
    job->results[0] = bg_sleep(self, DAY_MS);
    SET(job->over, true);
    return 3;
}

START_TEST(by_itself) {
    struct job job = {.sleeps = {DAY_MS}};
    bg *b = bg_start(cancels_itself, &job);
    expect(b != NULL, "bg_start returned NULL");
    expect_woken(&job, 1, "though the job had cancelled itself before");
    int exit_code = 0;
    bg_stop(b, &exit_code);
    expect(exit_code == 3, "*exit_code is %d, but fn returned 3", exit_code);
    expect_cancelled(&job, 0);
}
END_TEST

// The one is cancelled, the other sleeps on.
START_TEST(two_jobs) {
    struct job one = {.sleeps = {DAY_MS}}, two = {.sleeps = {DAY_MS}};
    bg *a = start(&one), *b = start(&two);
    wb_wait_blocked(2);
    bg_cancel(a);
    expect_woken(&one, 2, "though its job, one of two, had been cancelled");
    expect(!GET(two.over),
           "one of two jobs was cancelled, but the other one's "
           "bg_sleep ended with %d (%s)",
           two.results[0], named(two.results[0]));
    expect_cancelled(&one, 0);
    bg_stop(a, NULL);
    expect(bg_cancelled(b) == 0, "bg_cancelled returned 1 for the job that "
                                 "nobody had cancelled");
    stop_sleeper(b, &two);
    expect_cancelled(&two, 0);
}
END_TEST

// --- What is short -----------------------------------------------------------

// Fails the K-th CALL of a bg_start. False if it makes fewer.
static bool start_fails(enum wb_call call, int k, const char *what) {
    struct job job = {0};
    int fds = wb_open_fds();
    wb_fail_call(call, k);
    errno = 0;
    bg *b = bg_start(job_main, &job);
    int error = errno;
    bool failed = wb_failed(call);
    wb_fail_call(call, 0);
    if (!failed) {
        stop(b, &job);
        expect_kind("fd-leak", wb_open_fds() == fds,
                    "%d descriptors that bg_start had opened were still open "
                    "after bg_stop",
                    wb_open_fds() - fds);
        return false;
    }
    expect_kind("fd-leak", wb_open_fds() == fds,
                "%s number %d failed: bg_start returned NULL and left %d "
                "descriptors open",
                what, k, wb_open_fds() - fds);
    expect(b == NULL, "bg_start returned a job though %s number %d had failed",
           what, k);
    expect(job.calls == 0, "bg_start returned NULL, but fn was called");
    expect(error != 0,
           "%s number %d failed: bg_start returned NULL and left "
           "errno at 0 (pthread_create returns its error)",
           what, k);
    expect(error > 0,
           "%s number %d failed: bg_start returned NULL and left errno at %d, "
           "which is no error's number: those are positive",
           what, k, error);
    return true;
}

START_TEST(things_are_short) {
    start_fails(WB_PTHREAD_CREATE, 1, "pthread_create");
    for (int k = 1; k <= 6 && start_fails(WB_MALLOC, k, "allocation"); k++)
        ;
    for (int k = 1; k <= 6 && start_fails(WB_PIPE, k, "descriptor"); k++)
        ;
}
END_TEST

SUITE(TEST(runs_to_its_end, "a job runs once, and its result comes back"),
      TEST(starts_without_waiting, "bg_start does not wait for fn"),
      TEST(asks_until_it_is_told, "bg_cancelled tells it"),
      TEST(sleeps_its_time, "an undisturbed sleep lasts as long as it should"),
      TEST(time_goes_on,
           "a sleep that is woken for no reason goes on for what is left",
           .stages = IN_TESTS),
      TEST(no_sleep_at_all, "a sleep of less than 1 ms is none"),
      TEST(cancelled_before_the_sleep,
           "a cancelled job does not fall asleep any more"),
      TEST(woken_from_sleep, "who sleeps really sleeps, and bg_cancel wakes it",
           .stages = IN_TESTS | IN_RACES),
      TEST(stop_cancels, "bg_stop cancels"),
      TEST(cancelled_when_it_is_over, "a job that is over may be cancelled"),
      TEST(many_cancel, "any number of threads may cancel"),
      TEST(by_itself, "a job may cancel itself"),
      TEST(two_jobs, "two jobs have nothing to do with each other",
           .stages = IN_TESTS | IN_MEMORY),
      TEST(things_are_short,
           "if something is short, bg_start returns NULL and leaks nothing",
           .stages = IN_TESTS | IN_MEMORY), )

// --- Chosen schedules --------------------------------------------------------

static struct {
    int rc;
    long slept_us;
    long end_us;
    pthread_mutex_t lock; // guards `over`
    pthread_cond_t told;
    bool over;
} scene = {.lock = PTHREAD_MUTEX_INITIALIZER, .told = PTHREAD_COND_INITIALIZER};

static long clock_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int scene_sleeps(bg *self, void *arg) {
    long begin = clock_us();
    scene.rc = bg_sleep(self, *(long *)arg);
    scene.end_us = clock_us();
    scene.slept_us = scene.end_us - begin;
    return 4;
}

// Time may pass at any moment, a whole day too: so a sleep may be over before
// it is cancelled. But when bg_cancel has returned nobody sleeps any more.
SCENARIO(cancelled_while_it_falls_asleep) {
    long day = DAY_MS;
    int exit_code = 0;
    bg *b = bg_start(scene_sleeps, &day);
    bg_cancel(b);
    long cancelled_us = clock_us();
    bg_stop(b, &exit_code);
    expect(scene.end_us <= cancelled_us + 1000000,
           "a job was about to sleep for a day when it was cancelled; it "
           "slept on for %ld ms after bg_cancel had returned: it was not "
           "woken",
           (scene.end_us - cancelled_us) / 1000);
    expect(exit_code == 4, "*exit_code is %d, but fn returned 4", exit_code);
}

static int scene_sleeps_and_tells(bg *self, void *arg) {
    scene_sleeps(self, arg);
    pthread_mutex_lock(&scene.lock);
    scene.over = true;
    pthread_cond_signal(&scene.told);
    pthread_mutex_unlock(&scene.lock);
    return 4;
}

// The virtual time passes only when nobody can run, and then exactly until the
// first who waits for it: here, nobody but the job.
static void sleep_undisturbed(long ms) {
    bg *b = bg_start(scene_sleeps_and_tells, &ms);
    expect(b != NULL, "bg_start returned NULL");
    pthread_mutex_lock(&scene.lock);
    while (!scene.over)
        pthread_cond_wait(&scene.told, &scene.lock);
    pthread_mutex_unlock(&scene.lock);
    expect(scene.rc == 0,
           "bg_sleep(self, %ld) returned %d (%s), not 0, though nobody had "
           "cancelled the job",
           ms, scene.rc, named(scene.rc));
    expect(scene.slept_us >= ms * 1000 - 1000,
           "bg_sleep(self, %ld) returned 0 after %ld.%03ld ms: before its "
           "time, or woken for no reason",
           ms, scene.slept_us / 1000, scene.slept_us % 1000);
    expect(scene.slept_us < ms * 1000 + 300000,
           "bg_sleep(self, %ld) returned only after %ld ms: is its deadline a "
           "point in time of the clock that it waits on?",
           ms, scene.slept_us / 1000);
    bg_stop(b, NULL);
}

SCENARIO(undisturbed) {
    usleep(500000); // so that its nanoseconds run over into seconds
    sleep_undisturbed(999);
}

// A look at the clock takes 1000 ns: the second after this one, the answer's,
// shows a moment at which 1 ms more is a second exactly.
SCENARIO(to_a_whole_second) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t = (struct timespec){t.tv_sec + 1, 998998000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
    sleep_undisturbed(1001);
}

SCENARIO(sleeps_a_day) {
    sleep_undisturbed(DAY_MS);
}

static int scene_written, scene_seen; // plain: only bg_cancel orders them

static int scene_asks(bg *self, void *arg) {
    (void)arg;
    if (bg_cancelled(self))
        scene_seen = scene_written;
    return 4;
}

static int scene_asks_by_sleep(bg *self, void *arg) {
    (void)arg;
    if (bg_sleep(self, 0) == -ECANCELED)
        scene_seen = scene_written;
    return 4;
}

static void cancel_with_a_word(bg_fn fn) {
    bg *b = bg_start(fn, NULL);
    expect(b != NULL, "bg_start returned NULL");
    scene_written = 4711;
    bg_cancel(b);
    bg_stop(b, NULL);
    expect(scene_seen == 0 || scene_seen == 4711,
           "fn was told that it is cancelled, but did not see what had been "
           "written before bg_cancel");
}

SCENARIO(a_word_before_cancel) {
    cancel_with_a_word(scene_asks);
}

SCENARIO(a_word_before_sleep) {
    cancel_with_a_word(scene_asks_by_sleep);
}

SCENARIO(cancelled_by_two) {
    long day = DAY_MS;
    pthread_t other;
    bg *b = bg_start(scene_sleeps, &day);
    pthread_create(&other, NULL, cancels, b);
    bg_cancel(b);
    pthread_join(other, NULL);
    bg_stop(b, NULL);
}

SCENARIOS({cancelled_while_it_falls_asleep,
           "a job that is about to sleep hears that it is cancelled",
           "lost-wakeup"},
          {undisturbed,
           "a sleep lasts its time, and goes on when it is woken for no reason",
           "wrong-result"},
          {to_a_whole_second,
           "a deadline at a whole second has 0 nanoseconds, not 1,000,000,000",
           "wrong-result"},
          {sleeps_a_day, "a sleep of a day lasts a day", "wrong-result"},
          {a_word_before_cancel,
           "fn sees what was written before bg_cancel when bg_cancelled "
           "returns 1",
           NULL},
          {a_word_before_sleep,
           "fn sees what was written before bg_cancel when bg_sleep returns "
           "-ECANCELED",
           NULL},
          {cancelled_by_two, "two threads cancel at once", NULL}, )
