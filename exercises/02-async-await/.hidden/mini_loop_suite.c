// SPDX-License-Identifier: MIT
// Tests of mini_loop, on an imaginary clock that knows what every task is
// waiting for, and so can say whether a sleep was due.
#include "mini_loop.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { ACTORS = 2048, AGAIN = -1000, DONE = -1001, LOG = 4096 };

enum state { NOWHERE, READY, RUNNING, ASLEEP, OVER };

// A task of the tests: a list of what its steps do, one entry a step: sleep
// that long, AGAIN or DONE.
struct actor {
    char name;
    const long *script;
    int at;
    long takes; // its steps let so much time pass
    long rests; // and so much after task_sleep()
    task *task; // as loop_spawn() returned it
    int since;  // its steps since another's sleep was over
    enum state state;
    long end; // of its sleep
    void (*also)(struct actor *self, task *t);
    long stepped_at; // time of its last step
};

static struct stage {
    long now;
    long asked;  // calls of now()
    long sleeps; // calls of sleep_until()
    long steps;
    long early; // the next so many sleeps end 1 ms too early
    loop *loop;
    int actors;
    struct actor cast[ACTORS];
    char log[LOG];
} stage;

// --- The clock ---------------------------------------------------------------

static void expect_few_looks(void) {
    long most = 4 * (stage.steps + stage.sleeps + 1);
    expect_kind("busy-wait", stage.asked <= most,
                "now() was called %ld times for %ld steps and %ld calls of "
                "sleep_until(): the loop polls the clock instead of sleeping",
                stage.asked, stage.steps, stage.sleeps);
}

static long clock_now(void *ctx) {
    expect(ctx == &stage, "now() was not given the clock's own ctx");
    stage.asked++;
    expect_few_looks();
    return stage.now;
}

static void clock_sleep_until(void *ctx, long ms) {
    expect(ctx == &stage, "sleep_until() was not given the clock's own ctx");
    stage.sleeps++;
    const struct actor *first = NULL;
    for (int i = 0; i < stage.actors; i++) {
        const struct actor *a = &stage.cast[i];
        expect(a->state != READY,
               "sleep_until(%ld) was called although task %c was ready; steps "
               "so far: %s",
               ms, a->name, stage.log);
        if (a->state == ASLEEP && (first == NULL || a->end < first->end))
            first = a;
    }
    expect(first != NULL, "sleep_until(%ld) was called with nobody asleep", ms);
    expect(ms == first->end,
           "sleep_until(%ld) was called at %ld, but the sleep that ends first, "
           "task %c's, ends at %ld",
           ms, stage.now, first->name, first->end);
    expect(first->end > stage.now,
           "sleep_until(%ld) was called at %ld, when the sleep of task %c, "
           "until %ld, was over: that task was ready; steps so far: %s",
           ms, stage.now, first->name, first->end, stage.log);
    expect_kind("busy-wait", stage.sleeps < 5 * (stage.steps + 2),
                "sleep_until() was called %ld times for %ld steps",
                stage.sleeps, stage.steps);
    long until = stage.early > 0 ? ms - 1 : ms;
    stage.early -= stage.early > 0;
    if (stage.now < until)
        stage.now = until;
}

// --- Tasks -------------------------------------------------------------------

static void note(const struct actor *self) {
    size_t length = strlen(stage.log);
    if (length + 32 < LOG)
        snprintf(stage.log + length, LOG - length, "%s%c@%ld",
                 length == 0 ? "" : " ", self->name, stage.now);
}

static enum step act(task *t, void *arg) {
    struct actor *self = arg;
    expect(self->state != OVER,
           "task %c took a step after its step had returned STEP_DONE",
           self->name);
    expect(self->state != ASLEEP || stage.now >= self->end,
           "task %c took a step at %ld, but its sleep ends at %ld", self->name,
           stage.now, self->end);
    self->state = RUNNING;
    stage.steps++;
    note(self);
    self->stepped_at = stage.now;
    stage.now += self->takes;
    expect(task_loop(t) == stage.loop,
           "task_loop() returned another loop than the one that runs");
    expect(t == self->task,
           "the step of task %c was given another task than loop_spawn had "
           "returned",
           self->name);
    if (self->also != NULL)
        self->also(self, t);
    long next = self->script[self->at++];
    if (next == AGAIN) {
        self->state = READY;
        return STEP_AGAIN;
    }
    if (next == DONE) {
        self->state = OVER;
        return STEP_DONE;
    }
    self->end = stage.now + (next > 0 ? next : 0);
    self->state = ASLEEP;
    task_sleep(t, next);
    stage.now += self->rests;
    return STEP_SLEEP;
}

static struct actor *spawn(char name, const long *script) {
    ck_assert_int_lt(stage.actors, ACTORS);
    struct actor *a = &stage.cast[stage.actors++];
    *a = (struct actor){.name = name, .script = script, .state = READY};
    task *t = loop_spawn(stage.loop, act, a);
    if (t == NULL && wb_failed(WB_MALLOC)) {
        a->state = OVER;
        return a;
    }
    expect(t != NULL, "loop_spawn returned NULL");
    a->task = t;
    return a;
}

// In the struct that was given to loop_new(), afterwards: it was to be copied.
static long not_copied_now(void *ctx) {
    (void)ctx;
    suite_fail(NULL, __FILE__, __LINE__,
               "the loop calls now() in the struct clk that loop_new was given, "
               "which the caller has changed since: *c is to be copied");
}

static void not_copied_sleep_until(void *ctx, long ms) {
    (void)ms;
    not_copied_now(ctx);
}

static void begin(long now) {
    static struct clk clock;
    clock = (struct clk){clock_now, clock_sleep_until, &stage};
    memset(&stage, 0, sizeof stage);
    stage.now = now;
    stage.loop = loop_new(&clock);
    clock = (struct clk){not_copied_now, not_copied_sleep_until, NULL};
    expect(stage.loop != NULL, "loop_new returned NULL");
}

static void run(void) {
    long before = stage.steps;
    int rc = loop_run(stage.loop);
    for (int i = 0; i < stage.actors; i++)
        expect(stage.cast[i].state == OVER,
               "loop_run returned %d although task %c was not over (%s); steps "
               "so far: %s",
               rc, stage.cast[i].name,
               stage.cast[i].state == ASLEEP ? "it slept" : "it was ready",
               stage.log);
    expect(rc == stage.steps - before,
           "loop_run returned %d, but %ld steps were run", rc,
           stage.steps - before);
}

static void end(void) {
    loop_free(stage.loop);
}

static void expect_log(const char *wanted) {
    expect(strcmp(stage.log, wanted) == 0,
           "the steps (task@time) were %s, not %s", stage.log, wanted);
}

// --- Tests -------------------------------------------------------------------

START_TEST(taking_turns) {
    static const long two[] = {AGAIN, DONE}, three[] = {AGAIN, AGAIN, DONE};
    begin(0);
    spawn('a', two);
    spawn('b', three);
    spawn('c', two);
    run();
    expect_log("a@0 b@0 c@0 a@0 b@0 c@0 b@0");
    expect(stage.sleeps == 0, "sleep_until was called without a sleeper");
    end();
}
END_TEST

START_TEST(nothing_to_do) {
    begin(7);
    run();
    static const long once[] = {DONE};
    spawn('a', once);
    run();
    run();
    spawn('b', once);
    run();
    expect_log("a@7 b@7");
    end();
    loop_free(NULL);
}
END_TEST

START_TEST(sleeps_end_in_order) {
    static const long a[] = {30, DONE}, b[] = {10, 15, DONE}, c[] = {20, DONE},
                      d[] = {10, DONE}, e[] = {40, DONE}, f[] = {5, DONE};
    begin(1000);
    spawn('a', a);
    spawn('b', b);
    spawn('c', c);
    spawn('d', d);
    spawn('e', e);
    spawn('f', f);
    run();
    expect_log("a@1000 b@1000 c@1000 d@1000 e@1000 f@1000 f@1005 b@1010 d@1010 "
               "c@1020 b@1025 a@1030 e@1040");
    end();
}
END_TEST

START_TEST(equal_ends) {
    static const long later[] = {50, DONE}, first[] = {20, 30, DONE};
    static const long middle[] = {40, 10, DONE};
    begin(0);
    char wanted[LOG] = "", *at = wanted;
    for (char name = 'a'; name <= 'p'; name++)
        spawn(name, name % 3 == 0 ? first : name % 3 == 1 ? later : middle);
    run();
    for (char name = 'a'; name <= 'p'; name++)
        at += sprintf(at, "%c@0 ", name);
    for (char name = 'a'; name <= 'p'; name++)
        if (name % 3 == 0)
            at += sprintf(at, "%c@20 ", name);
    for (char name = 'a'; name <= 'p'; name++)
        if (name % 3 == 2)
            at += sprintf(at, "%c@40 ", name);
    // All end at 50: in the order in which they went to sleep.
    for (int kind = 0; kind < 3; kind++)
        for (char name = 'a'; name <= 'p'; name++)
            if (name % 3 == (kind == 0 ? 1 : kind == 1 ? 0 : 2))
                at += sprintf(at, "%c@50 ", name);
    at[-1] = '\0';
    expect_log(wanted);
    end();
}
END_TEST

static int next_to_wake;
static void wakes_in_order(struct actor *self, task *t) {
    (void)t;
    if (self->at == 0)
        return;
    int place = (int)(self - stage.cast);
    expect(place == next_to_wake,
           "many tasks asked for the same sleep, one after the other; number "
           "%d of them woke up as number %d",
           place + 1, next_to_wake + 1);
    next_to_wake++;
}

// More than fit into a count of 8 bits.
START_TEST(many_equal_ends) {
    static const long nap[] = {10, DONE};
    begin(0);
    next_to_wake = 0;
    for (int i = 0; i < 600; i++)
        spawn('t', nap)->also = wakes_in_order;
    run();
    end();
}
END_TEST

START_TEST(no_sleep_at_all) {
    static const long zero[] = {0, -5, LONG_MIN, DONE}, other[] = {AGAIN, DONE};
    begin(0);
    spawn('a', zero);
    run();
    expect_log("a@0 a@0 a@0 a@0");
    struct actor *b = spawn('b', zero);
    struct actor *c = spawn('c', other);
    run();
    expect(b->stepped_at == 0 && c->stepped_at == 0,
           "a sleep of 0 ms or less took time: %s", stage.log);
    end();
}
END_TEST

// Task a asks at 105, and its step goes on until 108; b asks at 120 for a sleep
// that is over at once, when a's has been over for 5 ms.
START_TEST(steps_take_time) {
    static const long a[] = {10, DONE}, b[] = {-100, DONE};
    begin(100);
    suite_note("tasks a and b take a step each. Time passes in it: for a from "
               "100 to 108, and at 105 it calls task_sleep(10); for b from 108 "
               "to 120, and then it calls task_sleep(-100)");
    struct actor *first = spawn('a', a), *second = spawn('b', b);
    first->takes = 5;
    first->rests = 3;
    second->takes = 12;
    run();
    expect_log("a@100 b@108 a@120 b@125");
    end();
    begin(100);
    suite_note("one task. Time passes in its first step, from 100 to 108, and "
               "at 105 it calls task_sleep(10)");
    first = spawn('a', a);
    first->takes = 5;
    first->rests = 3;
    run();
    expect_log("a@100 a@115");
    end();
}
END_TEST

enum { SPINS = 160 };
static long spins[SPINS];

// A task of which every step counts that is taken while the sleep of the last
// sleeper is over; it takes 1 ms.
static struct actor *sleeper;
static void spin(struct actor *self, task *t) {
    (void)t;
    if (sleeper->state != ASLEEP || stage.now - 1 < sleeper->end)
        return;
    self->since++;
    expect(self->since <= 2,
           "task %c took %d steps after the sleep of task %c was over, at %ld, "
           "and before that task took its step: no more than 2 are allowed",
           self->name, self->since, sleeper->name, sleeper->end);
}

static struct actor *spawn_spinner(char name) {
    for (int i = 0; i < SPINS; i++)
        spins[i] = i == SPINS - 1 ? DONE : AGAIN;
    struct actor *a = spawn(name, spins);
    a->takes = 1;
    a->also = spin;
    return a;
}

// The counts begin anew whenever the sleeper has been served.
static void served(struct actor *self, task *t) {
    (void)self, (void)t;
    for (int i = 0; i < stage.actors; i++)
        stage.cast[i].since = 0;
}

START_TEST(nobody_starves) {
    static const long naps[] = {10, 7, 1, 2, 3, 4, 5, 6, 8, 9, 11, DONE};
    for (int spinners = 1; spinners <= 3; spinners++) {
        begin(0);
        sleeper = spawn('s', naps);
        sleeper->also = served;
        for (int i = 0; i < spinners; i++)
            spawn_spinner((char)('x' + i));
        run();
        end();
    }
}
END_TEST

// Six sleeps end at the same moment.
START_TEST(nobody_starves_together) {
    static const long nap[] = {5, DONE};
    begin(0);
    for (int i = 0; i < 6; i++)
        sleeper = spawn((char)('a' + i), nap);
    spawn_spinner('x');
    run();
    end();
}
END_TEST

static const long once[] = {DONE}, naps[] = {5, AGAIN, DONE};

static void spawn_one(struct actor *self, task *t) {
    (void)t;
    if (self->at == 0)
        spawn('d', naps);
}

START_TEST(spawned_in_a_step) {
    static const long two[] = {AGAIN, DONE};
    begin(0);
    spawn('a', two)->also = spawn_one;
    spawn('b', two);
    run();
    expect_log("a@0 b@0 d@0 a@0 b@0 d@5 d@5");
    end();
}
END_TEST

static void spawn_many(struct actor *self, task *t) {
    (void)t;
    for (int i = 0; i < 200 && self->at == 0; i++)
        spawn('k', i % 2 == 0 ? naps : once);
}

START_TEST(many_spawned_in_a_step) {
    static const long long_nap[] = {9, AGAIN, 3, DONE};
    begin(0);
    struct actor *a = spawn('a', long_nap);
    a->also = spawn_many;
    spawn('b', long_nap)->also = spawn_many;
    run();
    expect(a->stepped_at == 12, "task a took its last step at %ld, not at 12",
           a->stepped_at);
    end();
}
END_TEST

START_TEST(a_thousand_sleepers) {
    int n = suite_size(1500, 600, 150);
    static long scripts[ACTORS][3];
    unsigned long seed = 1;
    begin(0);
    for (int i = 0; i < n; i++) {
        scripts[i][0] = (long)(suite_random(&seed) % 3000);
        scripts[i][1] = (long)(suite_random(&seed) % 3000);
        scripts[i][2] = DONE;
        spawn('t', scripts[i]);
    }
    run();
    for (int i = 0; i < n; i++) {
        long wanted = scripts[i][0] + scripts[i][1];
        expect(stage.cast[i].stepped_at == wanted,
               "a task that slept %ld and %ld ms, with %d others, took its "
               "last step at %ld",
               scripts[i][0], scripts[i][1], n - 1, stage.cast[i].stepped_at);
    }
    end();
}
END_TEST

START_TEST(a_long_sleep) {
    static const long year[] = {31536000000, 1, 31536000000, DONE};
    begin(1700000000000);
    spawn('a', year);
    run();
    expect_log("a@1700000000000 a@1731536000000 a@1731536000001 "
               "a@1763072000001");
    expect(stage.sleeps == 3,
           "three sleeps took %ld calls of sleep_until, not 3", stage.sleeps);
    end();
}
END_TEST

START_TEST(woken_too_early) {
    static const long nap[] = {10, 10, DONE};
    begin(0);
    stage.early = 1;
    spawn('a', nap);
    run();
    expect_log("a@0 a@10 a@20");
    end();
}
END_TEST

// The tasks of a second loop.
static struct other {
    loop *loop;
    int steps;
} other;

static enum step other_step(task *t, void *arg) {
    expect(arg == &other, "a task of another loop was given a wrong arg");
    expect(task_loop(t) == other.loop,
           "task_loop() of a task of another loop returned the first loop");
    if (++other.steps > 2)
        return STEP_DONE;
    task_sleep(t, 10);
    return STEP_SLEEP;
}

static void other_sleep_until(void *ctx, long ms) {
    (void)ctx;
    stage.now = ms;
}

START_TEST(two_loops) {
    static const long nap[] = {10, AGAIN, 3, DONE};
    begin(0);
    struct clk clock = {clock_now, other_sleep_until, &stage};
    other = (struct other){.loop = loop_new(&clock)};
    expect(other.loop != NULL, "loop_new returned NULL");
    spawn('a', nap);
    expect(loop_spawn(other.loop, other_step, &other) != NULL,
           "loop_spawn returned NULL");
    spawn('b', nap);
    run();
    expect(other.steps == 0, "loop_run ran the tasks of another loop as well");
    int rc = loop_run(other.loop);
    expect(rc == 3,
           "loop_run returned %d for the second of two loops, whose only task "
           "takes 3 steps",
           rc);
    expect(stage.now == 33, "that run ended at %ld ms, not at 33", stage.now);
    spawn('c', nap);
    expect(loop_run(other.loop) == 0,
           "loop_run of a loop without tasks did not return 0, while another "
           "loop had one");
    loop_free(other.loop);
    run();
    end();
}
END_TEST

static enum step never(task *t, void *arg) {
    (void)t, (void)arg;
    expect(false, "a step was run although only loop_free was called");
    return STEP_DONE;
}

START_TEST(freed_before_it_ran) {
    for (int n = 0; n < 20; n += 3) {
        begin(0);
        for (int i = 0; i < n; i++)
            expect(loop_spawn(stage.loop, never, NULL) != NULL,
                   "loop_spawn returned NULL");
        end();
    }
}
END_TEST

// --- Short of memory ---------------------------------------------------------

static void spawn_some(struct actor *self, task *t) {
    (void)t;
    for (int i = 0; i < 20 && self->at == 0; i++)
        spawn('k', naps);
}

// The K-th allocation fails. False if fewer are needed.
static bool run_short(int k) {
    struct clk clock = {clock_now, clock_sleep_until, &stage};
    memset(&stage, 0, sizeof stage);
    suite_note("allocation number %d, counted from loop_new on, fails", k);
    wb_fail_call(WB_MALLOC, k);
    errno = 0;
    stage.loop = loop_new(&clock);
    if (stage.loop == NULL) {
        expect(wb_failed(WB_MALLOC), "loop_new returned NULL");
        expect(errno != 0, "loop_new returned NULL and left errno at 0");
        return true;
    }
    for (int i = 0; i < 10; i++) {
        errno = 0;
        struct actor *a = spawn('a', naps);
        expect(a->state != OVER || errno != 0,
               "loop_spawn returned NULL and left errno at 0");
        if (i == 0)
            a->also = spawn_some;
    }
    int rc = loop_run(stage.loop);
    bool failed = wb_failed(WB_MALLOC);
    expect(rc >= 0 || (rc == -ENOMEM && failed), "loop_run returned %d", rc);
    for (int i = 0; i < stage.actors; i++)
        expect(rc < 0 || stage.cast[i].state == OVER,
               "loop_run returned %d and left a task behind, after %s", rc,
               failed ? "an allocation had failed" : "nothing had failed");
    loop_free(stage.loop);
    return failed;
}

START_TEST(memory_is_short) {
    for (int k = 1; run_short(k) && k < 100; k++)
        ;
    suite_note("in each of many runs another allocation fails, once");
}
END_TEST

SUITE(
    TEST(taking_turns, "ready tasks take turns, first come, first served"),
    TEST(nothing_to_do, "loop_run returns when no task is left, and may be "
                        "called again"),
    TEST(sleeps_end_in_order, "tasks wake up when their sleep ends, the "
                              "earliest first"),
    TEST(equal_ends, "sleeps that end at the same time end in the order in "
                     "which they were asked for"),
    TEST(many_equal_ends, "sleeps that end at the same time keep their order, "
                          "however many they are"),
    TEST(no_sleep_at_all, "a sleep of 0 or less is over at once"),
    TEST(steps_take_time, "a sleep is counted from the moment when task_sleep "
                          "is called"),
    TEST(nobody_starves, "a task that is always ready does not keep another "
                         "from waking up"),
    TEST(nobody_starves_together, "a task that is always ready does not keep "
                                  "several others from waking up"),
    TEST(spawned_in_a_step, "a task spawned in a step stands in line behind "
                            "those who are ready"),
    TEST(many_spawned_in_a_step, "a step may spawn any number of tasks"),
    TEST(a_thousand_sleepers, "many tasks sleep at once, each as long as it "
                              "asked for"),
    TEST(a_long_sleep, "a sleep may take a year"),
    TEST(woken_too_early, "a sleep that sleep_until() ends too early goes on"),
    TEST(two_loops, "two loops do not disturb each other"),
    TEST(freed_before_it_ran, "loop_free frees tasks that never ran"),
    TEST(memory_is_short, "if memory is short, nothing leaks and no task is "
                          "lost"),
)
