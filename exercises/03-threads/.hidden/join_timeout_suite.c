// SPDX-License-Identifier: MIT
// Tests of join_timeout.
//
// Workers run job(), which a test can hold up in a gate: a gauge, which no race
// detector takes for an order. So nothing here orders a worker's end before a
// join for the answer. Whoever learns that a worker has finished reads what it
// wrote.
#include "join_timeout.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { MOST = 12, WRITTEN = 4711, DAY_MS = 86400000 };

static bool glance(const atomic_bool *flag) {
    return atomic_load_explicit(flag, memory_order_relaxed);
}

static void raise_flag(atomic_bool *flag) {
    atomic_store_explicit(flag, true, memory_order_relaxed);
}

// --- What workers do ---------------------------------------------------------

struct job {
    wb_gauge *gate; // held up here, if not NULL, until gate_open()
    int calls;      // how often fn was called
    int value;      // WRITTEN as the last thing fn does
    pthread_t who;
    atomic_bool ended; // for glances
};

static void job_main(void *arg) {
    struct job *job = arg;
    job->calls++;
    job->who = pthread_self();
    if (job->gate != NULL) {
        wb_gauge_enter(job->gate);
        wb_gauge_leave(job->gate);
    }
    job->value = WRITTEN;
    raise_flag(&job->ended);
}

static worker *start(struct job *job) {
    worker *w = worker_start(job_main, job);
    expect(w != NULL, "worker_start returned NULL");
    return w;
}

static struct job held(void) {
    return (struct job){.gate = wb_gauge_new(2)};
}

// Lets a worker whose job has a gate run on to its end.
static void gate_open(struct job *job) {
    wb_gauge_enter(job->gate);
    wb_gauge_leave(job->gate);
}

// By whoever was told that the worker has finished. WHO told it.
static void expect_finished(const struct job *job, const char *who) {
    expect(glance(&job->ended), "%s although fn has not returned yet", who);
    expect(job->value == WRITTEN, "%s, but what fn wrote is not to be seen",
           who);
    expect(job->calls == 1, "fn was called %d times instead of once",
           job->calls);
}

static void expect_joined(worker *w, const struct job *job, long timeout_ms) {
    int rc = worker_join(w, timeout_ms);
    expect(rc == 0,
           "worker_join(w, %ld) returned %d instead of 0 for a worker that has "
           "finished",
           timeout_ms, rc);
    expect_finished(job, "worker_join returned 0");
    int alive = worker_alive(w);
    expect(alive == 0,
           "worker_alive returned %d instead of 0 although worker_join had "
           "returned 0",
           alive);
}

static void expect_running(worker *w, const struct job *job) {
    int alive = worker_alive(w);
    expect(alive == 1 || glance(&job->ended),
           "worker_alive returned %d instead of 1 although fn still runs",
           alive);
}

// --- Callers: threads that make one call each --------------------------------

struct caller {
    worker *const *w; // one, or N of them for a join_all
    size_t n;
    struct job *jobs; // theirs
    long timeout_ms;
    long (*call)(struct caller *self);
    long rc;              // read after the join
    atomic_bool returned; // for glances
    pthread_t thread;
};

static long call_join(struct caller *self) {
    int rc = worker_join(self->w[0], self->timeout_ms);
    if (rc == 0)
        expect_finished(&self->jobs[0], "worker_join returned 0");
    return rc;
}

static long call_join_all(struct caller *self) {
    size_t count = join_all(self->w, self->n, self->timeout_ms);
    for (size_t i = 0; i < self->n && count == self->n; i++)
        expect_finished(&self->jobs[i], "join_all returned n");
    return (long)count;
}

static long call_free(struct caller *self) {
    worker_free(self->w[0]);
    expect_finished(&self->jobs[0], "worker_free returned");
    return 0;
}

static void *caller_main(void *arg) {
    struct caller *self = arg;
    self->rc = self->call(self);
    raise_flag(&self->returned);
    return NULL;
}

static void caller_start(struct caller *caller) {
    ck_assert_int_eq(pthread_create(&caller->thread, NULL, caller_main, caller),
                     0);
}

static void caller_join(struct caller *caller) {
    pthread_join(caller->thread, NULL);
}

static const char *name_of(const struct caller *caller) {
    return caller->call == call_join       ? "worker_join"
           : caller->call == call_join_all ? "join_all"
                                           : "worker_free";
}

// Waits until COUNT threads sleep: all of the N callers, and the workers that
// are held up.
static void expect_asleep(struct caller *callers, int n, int count) {
    bool asleep = wb_wait_blocked(count);
    for (int i = 0; i < n; i++) {
        struct caller *c = &callers[i];
        if (!glance(&c->returned))
            continue;
        caller_join(c);
        expect(false,
               "%s with %ld ms of time%s returned %ld at once although a "
               "worker still ran",
               name_of(c), c->timeout_ms,
               c->timeout_ms < 0 ? " (negative: without limit)" : "", c->rc);
    }
    expect_kind(
        "busy-wait", asleep,
        "a call that had to wait for a worker did not sleep until it is "
        "woken: it went on looking");
}

// --- One worker --------------------------------------------------------------

START_TEST(a_worker_is_joined) {
    struct job job = {0};
    worker *w = start(&job);
    static const long timeouts[] = {-1, 0, DAY_MS, LONG_MIN, 0, 1};
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++)
        expect_joined(w, &job, timeouts[i]);
    expect(!pthread_equal(job.who, pthread_self()),
           "fn was called by the thread that called worker_start, not by a new "
           "one");
    worker_free(w);
}
END_TEST

START_TEST(workers_run_meanwhile) {
    struct job jobs[3];
    worker *w[3];
    wb_gauge *gate = wb_gauge_new(4);
    for (int i = 0; i < 3; i++) {
        jobs[i] = (struct job){.gate = gate};
        w[i] = start(&jobs[i]);
        expect(!glance(&jobs[i].ended),
               "worker_start returned only after fn had returned");
    }
    for (int i = 0; i < 3; i++)
        expect_running(w[i], &jobs[i]);
    gate_open(&jobs[0]);
    int peak = wb_gauge_peak(gate);
    expect_kind("no-overlap", peak == 4,
                "three workers were to run at the same time as their starter, "
                "but no more than %d of these 4 were ever under way at once",
                peak);
    for (int i = 0; i < 3; i++)
        expect_joined(w[i], &jobs[i], -1);
    for (int i = 0; i < 3; i++)
        worker_free(w[i]);
}
END_TEST

// The lower bound of a wait is no matter of luck.
START_TEST(time_is_up) {
    struct job job = held();
    worker *w = start(&job);
    static const long timeouts[] = {0, 60, 1, 999, 0};
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        long before = wb_now_ms();
        int rc = worker_join(w, timeouts[i]);
        long took = wb_now_ms() - before;
        expect(rc == -ETIMEDOUT,
               "worker_join(w, %ld) returned %d instead of -ETIMEDOUT (%d) "
               "although fn still ran",
               timeouts[i], rc, -ETIMEDOUT);
        expect(took >= timeouts[i] - 20,
               "worker_join(w, %ld) gave up after %ld ms", timeouts[i], took);
        expect_running(w, &job);
    }
    gate_open(&job);
    expect_joined(w, &job, -1);
    worker_free(w);
}
END_TEST

// Asks again and again, without ever waiting, until somebody says that the
// worker has finished.
static void ask_until_finished(bool by_join) {
    struct job job = held();
    worker *w = start(&job);
    expect_running(w, &job);
    gate_open(&job);
    bool finished = false;
    for (int i = 0; i < 5000 && !finished; i++) {
        finished = by_join ? worker_join(w, 0) == 0 : worker_alive(w) == 0;
        if (!finished)
            wb_sleep_ms(1);
    }
    expect(finished,
           "%s long after fn had returned, asked 5000 times with a pause of "
           "1 ms",
           by_join ? "worker_join(w, 0) did not return 0"
                   : "worker_alive(w) still returned 1");
    expect_finished(&job, by_join ? "worker_join(w, 0) returned 0"
                                  : "worker_alive returned 0");
    expect_joined(w, &job, 0);
    worker_free(w);
}

START_TEST(alive_tells_the_end) {
    ask_until_finished(false);
}
END_TEST

START_TEST(join_0_tells_the_end) {
    ask_until_finished(true);
}
END_TEST

// --- Waiting -----------------------------------------------------------------

static long restless_calls(void) {
    return wb_calls(WB_SLEEP) + wb_calls(WB_POLL) + wb_calls(WB_COND_WAIT) +
           wb_calls(WB_SEM_WAIT) + wb_calls(WB_PTHREAD_JOIN) +
           wb_calls(WB_READ);
}

// Nothing happens for 300 ms: who looks again and again in that time is
// counted.
START_TEST(waiting_is_sleeping) {
    struct job jobs[2] = {{.gate = wb_gauge_new(3)}};
    jobs[1].gate = jobs[0].gate;
    worker *w[2] = {start(&jobs[0]), start(&jobs[1])};
    struct caller callers[] = {
        {.w = w, .jobs = jobs, .timeout_ms = -1, .call = call_join},
        {.w = w, .jobs = jobs, .timeout_ms = DAY_MS, .call = call_join},
        {.w = w, .jobs = jobs, .n = 2, .timeout_ms = -1, .call = call_join_all},
        {.w = w,
         .jobs = jobs,
         .n = 2,
         .timeout_ms = DAY_MS,
         .call = call_join_all}};
    for (int i = 0; i < 4; i++)
        caller_start(&callers[i]);
    wb_wait_blocked(6);
    long before = restless_calls();
    double cpu_ms = wb_cpu_ms();
    wb_sleep_ms(300);
    expect(restless_calls() - before < 20,
           "while four calls of worker_join and join_all had to wait for 300 "
           "ms, they made %ld calls of sleep, poll, wait or join",
           restless_calls() - before);
    expect(wb_cpu_ms() - cpu_ms < 100,
           "while worker_join and join_all had to wait for 300 ms, they used "
           "%.0f ms of processor time",
           wb_cpu_ms() - cpu_ms);
    gate_open(&jobs[0]);
    for (int i = 0; i < 4; i++)
        caller_join(&callers[i]);
    for (int i = 0; i < 2; i++)
        worker_free(w[i]);
}
END_TEST

static void three_join(const long timeouts[3]) {
    struct job job = held();
    worker *w = start(&job);
    struct caller callers[3];
    for (int i = 0; i < 3; i++) {
        callers[i] = (struct caller){.w = &w,
                                     .jobs = &job,
                                     .timeout_ms = timeouts[i],
                                     .call = call_join};
        caller_start(&callers[i]);
    }
    expect_asleep(callers, 3, 4);
    gate_open(&job);
    for (int i = 0; i < 3; i++) {
        expect_kind(
            "lost-wakeup", wb_wakes_up(&callers[i].returned, 1),
            "three threads waited in worker_join(w, %ld), the worker has "
            "finished, and one of them still sleeps: nobody woke it",
            timeouts[i]);
        caller_join(&callers[i]);
        expect(callers[i].rc == 0,
               "one of three threads that waited in worker_join(w, %ld) got "
               "%ld instead of 0",
               timeouts[i], callers[i].rc);
    }
    expect_joined(w, &job, 0);
    worker_free(w);
}

START_TEST(three_joiners) {
    three_join((long[]){-1, -2, LONG_MIN}); // any negative one
}
END_TEST

START_TEST(timed_joiners_are_woken) {
    three_join((long[]){DAY_MS, DAY_MS, DAY_MS});
    // 999 ms: in the next second, whatever the time is
    three_join((long[]){DAY_MS - 1, DAY_MS - 1, DAY_MS - 1});
}
END_TEST

// What a join without limit must not hold up. If it does, nobody can ever open
// the gate, so that opens by itself and the worker finishes.
static long call_short_ones(struct caller *self) {
    worker *w = self->w[0];
    static const long timeouts[] = {0, 5, 1};
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        int rc = worker_join(w, timeouts[i]);
        expect(rc == -ETIMEDOUT,
               "worker_join(w, %ld) returned %d instead of -ETIMEDOUT (%d): it "
               "did not come back before the worker had finished, because "
               "another thread was in worker_join(w, -1)",
               timeouts[i], rc, -ETIMEDOUT);
    }
    int alive = worker_alive(w);
    expect(alive == 1, "worker_alive returned %d while fn ran", alive);
    return 0;
}

START_TEST(short_join_beside_a_long_one) {
    struct job job = held();
    worker *w = start(&job);
    struct caller patient = {
        .w = &w, .jobs = &job, .timeout_ms = -1, .call = call_join};
    struct caller quick = {.w = &w, .jobs = &job, .call = call_short_ones};
    caller_start(&patient);
    expect_asleep(&patient, 1, 2);
    caller_start(&quick);
    caller_join(&quick);
    gate_open(&job);
    caller_join(&patient);
    expect(
        patient.rc == 0,
        "worker_join(w, -1) returned %ld instead of 0 after another thread's "
        "worker_join had given up",
        patient.rc);
    worker_free(w);
}
END_TEST

// Every second read, poll and sem_wait ends with EINTR.
START_TEST(signals_come) {
    struct job job = held();
    wb_interrupt_calls(true);
    worker *w = start(&job);
    long before = wb_now_ms();
    int rc = worker_join(w, 60);
    long took = wb_now_ms() - before;
    expect(
        rc == -ETIMEDOUT,
        "worker_join(w, 60), interrupted by a signal, returned %d instead of "
        "-ETIMEDOUT (%d) although fn still ran",
        rc, -ETIMEDOUT);
    expect(took >= 40,
           "worker_join(w, 60), interrupted by a signal, gave up after %ld ms",
           took);
    struct caller callers[2] = {
        {.w = &w, .jobs = &job, .timeout_ms = -1, .call = call_join},
        {.w = &w, .jobs = &job, .timeout_ms = DAY_MS, .call = call_join}};
    for (int i = 0; i < 2; i++)
        caller_start(&callers[i]);
    expect_asleep(callers, 2, 3);
    gate_open(&job);
    for (int i = 0; i < 2; i++) {
        caller_join(&callers[i]);
        expect(callers[i].rc == 0,
               "worker_join, interrupted by a signal, returned %ld instead of "
               "0",
               callers[i].rc);
    }
    worker_free(w);
}
END_TEST

// --- Woken by something else ---

// A cut wait has lasted 10 ms: a time limit of 100 ms cannot be cut more than
// ten times, unless it begins anew.
static void expect_not_anew(long timeout_ms, const char *call) {
    int cuts = wb_waits_cut();
    wb_cut_waits(0);
    expect(cuts <= timeout_ms / 10 + 2,
           "%s with %ld ms of time was woken by something else %d times, 10 ms "
           "after it had begun to wait each time, and still waited on: its "
           "time begins anew when it is woken",
           call, timeout_ms, cuts);
}

START_TEST(time_goes_on) {
    enum { TIMEOUT = 100 };
    struct job job = held();
    worker *w = start(&job);
    wb_cut_waits(10);
    long before = wb_now_ms();
    int rc = worker_join(w, TIMEOUT);
    long took = wb_now_ms() - before;
    expect(rc == -ETIMEDOUT,
           "worker_join(w, %d), woken by something else, returned %d instead "
           "of -ETIMEDOUT (%d) although fn still ran",
           TIMEOUT, rc, -ETIMEDOUT);
    expect_not_anew(TIMEOUT, "worker_join");
    expect(took >= TIMEOUT - 20,
           "worker_join(w, %d), woken by something else, gave up after %ld ms",
           TIMEOUT, took);
    wb_cut_waits(10);
    size_t count = join_all(&w, 1, TIMEOUT);
    expect(count == 0,
           "join_all(w, 1, %d) returned %zu instead of 0 although the worker "
           "still ran",
           TIMEOUT, count);
    expect_not_anew(TIMEOUT, "join_all");
    gate_open(&job);
    expect_joined(w, &job, -1);
    worker_free(w);
}
END_TEST

// --- Many workers ------------------------------------------------------------

static struct crew {
    size_t n;
    struct job jobs[MOST];
    worker *w[MOST];
} crew;

// N workers; those from number FREE on are held.
static void crew_start(size_t n, size_t free) {
    memset(&crew, 0, sizeof crew);
    crew.n = n;
    for (size_t i = 0; i < n; i++) {
        crew.jobs[i].gate = i < free ? NULL : wb_gauge_new(2);
        crew.w[i] = start(&crew.jobs[i]);
    }
}

static void crew_end(void) {
    for (size_t i = 0; i < crew.n; i++) {
        if (crew.jobs[i].gate != NULL && !glance(&crew.jobs[i].ended))
            gate_open(&crew.jobs[i]);
        worker_free(crew.w[i]);
        wb_gauge_free(crew.jobs[i].gate);
    }
}

START_TEST(all_are_joined) {
    size_t none = join_all(NULL, 0, -1);
    expect(none == 0, "join_all(NULL, 0, -1) returned %zu instead of 0", none);
    crew_start(MOST, MOST);
    static const long timeouts[] = {-1, 0, DAY_MS};
    for (size_t i = 0; i < 3; i++) {
        size_t count = join_all(crew.w, MOST, timeouts[i]);
        expect(count == MOST,
               "join_all(w, %d, %ld) returned %zu instead of %d although all "
               "workers have finished",
               MOST, timeouts[i], count, MOST);
        for (size_t k = 0; k < MOST; k++)
            expect_finished(&crew.jobs[k], "join_all returned n");
    }
    crew_end();
}
END_TEST

START_TEST(join_all_waits_for_all) {
    static const long timeouts[] = {LONG_MIN, DAY_MS};
    static const int order[] = {2, 0, 1};
    for (int round = 0; round < 2; round++) {
        crew_start(3, 0);
        struct caller caller = {.w = crew.w,
                                .jobs = crew.jobs,
                                .n = 3,
                                .timeout_ms = timeouts[round],
                                .call = call_join_all};
        caller_start(&caller);
        for (int i = 0; i < 3; i++) {
            expect_asleep(&caller, 1, 4 - i);
            gate_open(&crew.jobs[order[i]]);
        }
        expect_kind("lost-wakeup", wb_wakes_up(&caller.returned, 1),
                    "all workers have finished, and join_all still sleeps");
        caller_join(&caller);
        expect(caller.rc == 3,
               "join_all of 3 workers returned %ld instead of 3 after the last "
               "of them had finished",
               caller.rc);
        crew_end();
    }
}
END_TEST

// The first worker and the last are stuck, those between have finished.
START_TEST(join_all_counts_the_finished) {
    crew_start(3, 3);
    join_all(crew.w, 3, -1);
    struct job stuck[2] = {held(), held()};
    worker *mixed[5] = {start(&stuck[0]), crew.w[0], crew.w[1], crew.w[2],
                        start(&stuck[1])};
    static const long timeouts[] = {0, 60, 1};
    for (int i = 0; i < 3; i++) {
        long before = wb_now_ms();
        size_t count = join_all(mixed, 5, timeouts[i]);
        long took = wb_now_ms() - before;
        expect(
            count == 3,
            "join_all(w, 5, %ld) returned %zu instead of 3: the first worker "
            "and the last still ran, the 3 between had finished",
            timeouts[i], count);
        expect(took >= timeouts[i] - 20,
               "join_all(w, 5, %ld) gave up after %ld ms although a worker "
               "still ran",
               timeouts[i], took);
    }
    for (int i = 0; i < 2; i++) {
        gate_open(&stuck[i]);
        worker_free(mixed[4 * i]);
    }
    crew_end();
}
END_TEST

// Late once or a few times: the machine. Late every time, by the sum of the
// times: the answer. (Proved without a clock by the scenario three_are_stuck.)
START_TEST(one_deadline_for_all) {
    enum { TIMEOUT = 40, ROUNDS = 10, LATE = (TIMEOUT - 2) * MOST };
    crew_start(MOST, 0);
    long took = 0;
    for (int round = 0; round < ROUNDS; round++) {
        long before = wb_now_ms();
        size_t count = join_all(crew.w, MOST, TIMEOUT);
        took = wb_now_ms() - before;
        expect(count == 0,
               "join_all returned %zu instead of 0 although all %d workers "
               "still ran",
               count, MOST);
        if (took < LATE)
            break;
    }
    expect(took < LATE,
           "join_all(w, %d, %d) took %ld ms, and as long each of %d times: not "
           "%d ms in all, but for each of the %d workers that still ran",
           MOST, TIMEOUT, took, ROUNDS, TIMEOUT, MOST);
    crew_end();
}
END_TEST

static long call_many_short_ones(struct caller *self) {
    for (int round = 0; round < 100; round++) {
        size_t count = join_all(self->w, self->n, round % 3);
        expect(
            count == 0,
            "join_all of 3 workers that all run, with %d ms of time, did not "
            "come back before they had finished (it returned %zu): is what "
            "is left of the time negative at some point, and negative "
            "without limit?",
            round % 3, count);
    }
    return 0;
}

// After the first wait nothing is left of the time, or less than nothing.
START_TEST(less_than_nothing_is_left) {
    crew_start(3, 0);
    struct caller caller = {
        .w = crew.w, .jobs = crew.jobs, .n = 3, .call = call_many_short_ones};
    caller_start(&caller);
    caller_join(&caller);
    crew_end();
}
END_TEST

// --- The end -----------------------------------------------------------------

START_TEST(free_waits) {
    struct job job = held();
    worker *w = start(&job);
    struct caller caller = {
        .w = &w, .jobs = &job, .timeout_ms = -1, .call = call_free};
    caller_start(&caller);
    expect_asleep(&caller, 1, 2);
    gate_open(&job);
    caller_join(&caller);
}
END_TEST

START_TEST(free_at_once) {
    for (int round = 0; round < 20; round++) {
        struct job job = {0};
        worker *w = start(&job);
        if (round % 2 == 1)
            expect_joined(w, &job, -1);
        worker_free(w);
        expect_finished(&job, "worker_free returned");
        expect_kind(
            "thread-leak", wb_threads_live() == 0,
            "worker_free returned while the worker's thread was still on "
            "its last lines: only a join tells that it has left them");
    }
}
END_TEST

// Fails the K-th CALL of a worker_start. False if it makes fewer.
static bool start_fails(enum wb_call call, int k, const char *what) {
    int fds = wb_open_fds();
    wb_fail_call(call, k);
    errno = 0;
    struct job job = {0};
    worker *w = worker_start(job_main, &job);
    int error = errno;
    bool failed = wb_failed(call);
    wb_fail_call(call, 0);
    if (!failed) {
        expect(w != NULL, "worker_start returned NULL");
        worker_free(w);
        expect_kind("fd-leak", wb_open_fds() == fds,
                    "%d descriptors that worker_start had opened were still "
                    "open after worker_free",
                    wb_open_fds() - fds);
        return false;
    }
    expect_kind("fd-leak", wb_open_fds() == fds,
                "%s number %d failed: worker_start returned NULL and left %d "
                "descriptors open",
                what, k, wb_open_fds() - fds);
    expect(w == NULL,
           "worker_start returned a worker although %s number %d had failed",
           what, k);
    expect(job.calls == 0, "worker_start returned NULL, but fn was called");
    expect(error != 0,
           "%s number %d failed: worker_start returned NULL and left errno at "
           "0%s",
           what, k,
           call == WB_PTHREAD_CREATE
               ? " (pthread_create returns its error, and sets no errno)"
               : "");
    expect(error > 0,
           "%s number %d failed: worker_start returned NULL and left errno at "
           "%d, which is no error's number: those are positive",
           what, k, error);
    return true;
}

START_TEST(no_thread) {
    start_fails(WB_PTHREAD_CREATE, 1, "pthread_create");
}
END_TEST

START_TEST(no_memory) {
    for (int k = 1; k <= 6 && start_fails(WB_MALLOC, k, "allocation"); k++)
        ;
    for (int k = 1; k <= 6 && start_fails(WB_PIPE, k, "descriptor"); k++)
        ;
}
END_TEST

SUITE(TEST(waiting_is_sleeping, "a call that waits sleeps until it is woken",
           .kind = "busy-wait", .stages = IN_TESTS),
      TEST(a_worker_is_joined, "a worker can be joined again and again"),
      TEST(workers_run_meanwhile, "worker_start does not wait for fn"),
      TEST(time_is_up, "worker_join gives up when its time is up, not earlier"),
      TEST(alive_tells_the_end,
           "worker_alive finds out by itself that a worker has finished"),
      TEST(join_0_tells_the_end,
           "worker_join(w, 0) finds out that a worker has finished"),
      TEST(three_joiners, "three threads join the same worker"),
      TEST(timed_joiners_are_woken,
           "a join with a time limit returns 0 as soon as the worker finishes",
           .stages = IN_TESTS),
      TEST(short_join_beside_a_long_one,
           "a thread that waits without limit holds up no other call"),
      TEST(signals_come, "a join that is interrupted waits on"),
      TEST(time_goes_on,
           "who is woken by something else waits on for what is left of the "
           "time",
           .stages = IN_TESTS),
      TEST(all_are_joined, "join_all of finished workers returns n"),
      TEST(join_all_waits_for_all,
           "join_all waits for the last worker, in whatever order they finish"),
      TEST(join_all_counts_the_finished,
           "join_all counts every worker that has finished"),
      TEST(one_deadline_for_all, "join_all has one deadline for all workers",
           .stages = IN_TESTS),
      TEST(less_than_nothing_is_left,
           "join_all gives up also when nothing is left of its time",
           .stages = IN_TESTS),
      TEST(free_waits, "worker_free waits until the worker has finished"),
      TEST(free_at_once,
           "worker_free returns after the worker's thread has ended"),
      TEST(no_thread,
           "if no thread can be created, worker_start returns NULL and "
           "leaks nothing"),
      TEST(no_memory,
           "if memory or descriptors are short, worker_start returns "
           "NULL and leaks nothing"), )

// --- Scenarios ---------------------------------------------------------------

static void adds_one(void *arg) {
    ++*(int *)arg;
}

static void expect_value(const int *value, const char *who) {
    expect(*value == 1, "%s, and fn's work is not done", who);
}

SCENARIO(joined_and_freed) {
    int value = 0;
    worker *w = worker_start(adds_one, &value);
    expect(w != NULL, "worker_start returned NULL");
    int rc = worker_join(w, -1);
    expect(rc == 0, "worker_join(w, -1) returned %d", rc);
    expect_value(&value, "worker_join returned 0");
    worker_free(w);
}

SCENARIO(freed_at_once) {
    int value = 0;
    worker *w = worker_start(adds_one, &value);
    expect(w != NULL, "worker_start returned NULL");
    worker_free(w);
    expect_value(&value, "worker_free returned");
}

// Who learns it by a call that does not wait sees as much.
SCENARIO(asked_while_it_finishes) {
    int value = 0;
    worker *w = worker_start(adds_one, &value);
    expect(w != NULL, "worker_start returned NULL");
    if (worker_alive(w) == 0)
        expect_value(&value, "worker_alive returned 0");
    worker_free(w);
}

SCENARIO(looked_at_while_it_finishes) {
    int value = 0;
    worker *w = worker_start(adds_one, &value);
    expect(w != NULL, "worker_start returned NULL");
    if (worker_join(w, 0) == 0)
        expect_value(&value, "worker_join(w, 0) returned 0");
    worker_free(w);
}

static void *joins_it(void *arg) {
    int rc = worker_join(arg, -1);
    expect(rc == 0, "worker_join(w, -1) returned %d", rc);
    return NULL;
}

SCENARIO(joined_by_two) {
    int value = 0;
    pthread_t other;
    worker *w = worker_start(adds_one, &value);
    expect(w != NULL, "worker_start returned NULL");
    pthread_create(&other, NULL, joins_it, w);
    joins_it(w);
    expect_value(&value, "worker_join returned 0");
    pthread_join(other, NULL);
    int alive = worker_alive(w);
    expect(alive == 0,
           "worker_alive returned %d instead of 0 after worker_join had "
           "returned 0: what one call has told, all later ones tell",
           alive);
    worker_free(w);
}

SCENARIO(joined_in_time_or_not) {
    int value = 0;
    worker *w = worker_start(adds_one, &value);
    expect(w != NULL, "worker_start returned NULL");
    int rc = worker_join(w, 1000);
    expect(rc == 0 || rc == -ETIMEDOUT, "worker_join(w, 1000) returned %d", rc);
    if (rc == 0)
        expect_value(&value, "worker_join returned 0");
    worker_free(w);
}

SCENARIO(two_joined_together) {
    int values[2] = {0};
    worker *w[2] = {worker_start(adds_one, &values[0]),
                    worker_start(adds_one, &values[1])};
    expect(w[0] != NULL && w[1] != NULL, "worker_start returned NULL");
    size_t count = join_all(w, 2, -1);
    expect(count == 2, "join_all(w, 2, -1) returned %zu", count);
    expect_value(&values[0], "join_all returned 2");
    expect_value(&values[1], "join_all returned 2");
    worker_free(w[0]);
    worker_free(w[1]);
}

// Virtual time: it passes only when nobody can run, and then exactly until the
// first who waits for it.
static long scene_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static long scene_ms(void) {
    return scene_us() / 1000;
}

static pthread_mutex_t scene_gate = PTHREAD_MUTEX_INITIALIZER;

static void passes_the_gate(void *arg) {
    (void)arg;
    pthread_mutex_lock(&scene_gate);
    pthread_mutex_unlock(&scene_gate);
}

SCENARIO(three_are_stuck) {
    enum { STUCK = 3, TIMEOUT = 999 };
    worker *w[STUCK];
    pthread_mutex_lock(&scene_gate);
    for (int i = 0; i < STUCK; i++) {
        w[i] = worker_start(passes_the_gate, NULL);
        expect(w[i] != NULL, "worker_start returned NULL");
    }
    long before = scene_ms();
    size_t count = join_all(w, STUCK, TIMEOUT);
    long took = scene_ms() - before;
    expect(count == 0,
           "join_all(w, %d, %d) returned %zu instead of 0 although all %d "
           "workers still ran",
           STUCK, TIMEOUT, count, STUCK);
    expect(took >= TIMEOUT - 1,
           "join_all(w, %d, %d) gave up after %ld ms although no worker had "
           "finished",
           STUCK, TIMEOUT, took);
    expect(took < TIMEOUT + 300,
           "join_all(w, %d, %d) came back after %ld ms: the time limit is one "
           "for all %d workers that still ran, not one for each",
           STUCK, TIMEOUT, took, STUCK);
    pthread_mutex_unlock(&scene_gate);
    for (int i = 0; i < STUCK; i++)
        worker_free(w[i]);
}

static void expect_timed_out(worker *w, long timeout_ms) {
    long before = scene_us();
    int rc = worker_join(w, timeout_ms);
    long took = scene_us() - before;
    expect(rc == -ETIMEDOUT,
           "worker_join(w, %ld) returned %d instead of -ETIMEDOUT (%d) "
           "although fn still ran",
           timeout_ms, rc, -ETIMEDOUT);
    expect(took >= timeout_ms * 1000 - 1000,
           "worker_join(w, %ld) gave up after %ld.%03ld ms: before its time, "
           "or woken for no reason",
           timeout_ms, took / 1000, took % 1000);
    expect(took < timeout_ms * 1000 + 300000,
           "worker_join(w, %ld) gave up only after %ld ms", timeout_ms,
           took / 1000);
}

SCENARIO(one_is_stuck) {
    pthread_mutex_lock(&scene_gate);
    worker *w = worker_start(passes_the_gate, NULL);
    expect(w != NULL, "worker_start returned NULL");
    expect_timed_out(w, 1999);
    expect_timed_out(w, 0);
    expect_timed_out(w, DAY_MS);
    pthread_mutex_unlock(&scene_gate);
    worker_free(w);
}

// A look at the clock takes 1000 ns: the second after this one, the answer's,
// shows a moment at which 1 ms more is a second exactly.
SCENARIO(a_whole_second) {
    struct timespec t;
    pthread_mutex_lock(&scene_gate);
    worker *w = worker_start(passes_the_gate, NULL);
    expect(w != NULL, "worker_start returned NULL");
    clock_gettime(CLOCK_MONOTONIC, &t);
    t = (struct timespec){t.tv_sec + 1, 998998000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
    expect_timed_out(w, 1001);
    pthread_mutex_unlock(&scene_gate);
    worker_free(w);
}

SCENARIOS({joined_and_freed, "a worker is joined while it finishes", NULL},
          {freed_at_once, "a worker is freed while it finishes", NULL},
          {asked_while_it_finishes,
           "what fn wrote is visible when worker_alive has returned 0", NULL},
          {looked_at_while_it_finishes,
           "what fn wrote is visible when worker_join(w, 0) has returned 0",
           NULL},
          {joined_by_two, "two threads join a worker while it finishes", NULL},
          {joined_in_time_or_not, "time passes while a worker finishes", NULL},
          {two_joined_together, "join_all of two while they finish", NULL},
          {three_are_stuck, "join_all has one deadline for all workers",
           "wrong-result"},
          {one_is_stuck,
           "a wait lasts its time, and goes on when it is woken for no reason",
           "wrong-result"},
          {a_whole_second,
           "a deadline at a whole second has 0 nanoseconds, not 1,000,000,000",
           "wrong-result"}, )
