// SPDX-License-Identifier: MIT
// Tests of hello_threads.
//
// say() keeps a record for each greeting, touched by that greeting's thread
// alone and read after greet_all() has returned: so a right answer has no race
// here, and nothing in the suite orders the answer's threads for it.
#include "hello_threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { MOST = 64, UNTOUCHED = -77 };

static struct party {
    size_t n;
    char names[MOST][16];
    struct greeting g[MOST + 1]; // one to spare: nobody may look at g[n]
    int said[MOST + 1];
    int calls[MOST];      // of say(), by greeting
    pthread_t who[MOST];  // the thread that called it first
    wb_gauge *gauge;      // entered by the first call of each; may be NULL
    atomic_bool returned; // greet_all has
    atomic_int late;      // calls of say() that ended after that
} party;

// N greetings, g[i] to be said times(i) times.
static void party_invite(size_t n, int (*times)(size_t i)) {
    memset(&party, 0, sizeof party);
    party.n = n;
    for (size_t i = 0; i <= n; i++)
        party.said[i] = UNTOUCHED;
    for (size_t i = 0; i < n; i++) {
        snprintf(party.names[i], sizeof party.names[i], "guest %zu", i);
        party.g[i] = (struct greeting){party.names[i], times(i)};
    }
}

static int once(size_t i) {
    (void)i;
    return 1;
}

static int thrice(size_t i) {
    (void)i;
    return 3;
}

static int zero_to_four(size_t i) {
    return (int)(i * 3 % 5);
}

static void say(const char *name, int k, void *ctx) {
    expect(ctx == &party, "say() was called with ctx %p instead of %p", ctx,
           (void *)&party);
    size_t i = MOST;
    if (name != NULL && strncmp(name, "guest ", 6) == 0)
        i = strtoul(name + 6, NULL, 10);
    expect(i < party.n, "say() was called with a name that is no greeting's");
    expect(name == party.names[i],
           "say() was called with a copy of g[%zu].name, not with that pointer "
           "itself",
           i);
    expect(k == party.calls[i],
           "say(\"%s\", %d) was called where k = %d was due", name, k,
           party.calls[i]);
    expect(k < party.g[i].times,
           "say(\"%s\", %d) was called although times is %d", name, k,
           party.g[i].times);
    if (party.calls[i]++ == 0) {
        party.who[i] = pthread_self();
        if (party.gauge != NULL) {
            wb_gauge_enter(party.gauge);
            wb_gauge_leave(party.gauge);
        }
    }
    if (atomic_load_explicit(&party.returned, memory_order_relaxed))
        atomic_fetch_add_explicit(&party.late, 1, memory_order_relaxed);
}

static int greet(void) {
    int fds = wb_open_fds();
    int rc = greet_all(party.g, party.n, say, &party, party.said);
    int more = wb_open_fds() - fds;
    expect_kind("fd-leak", more <= 0,
                "greet_all returned %d and left %d descriptor%s open", rc, more,
                more == 1 ? "" : "s");
    return rc;
}

// Every number is as it should be after greet_all has returned 0.
static void expect_all_said(void) {
    for (size_t i = 0; i < party.n; i++) {
        expect(party.calls[i] == party.g[i].times,
               "say(\"%s\", …) was called %d times before greet_all returned, "
               "not %d times (n is %zu)",
               party.names[i], party.calls[i], party.g[i].times, party.n);
        expect(party.said[i] == party.g[i].times,
               "said[%zu] is %d, but say(\"%s\", …) was called %d times", i,
               party.said[i], party.names[i], party.calls[i]);
    }
    expect(party.said[party.n] == UNTOUCHED,
           "said[%zu] was written to, but n is %zu", party.n, party.n);
}

START_TEST(every_greeting_is_said) {
    party_invite(5, zero_to_four);
    int rc = greet();
    expect(rc == 0, "greet_all returned %d instead of 0", rc);
    expect_all_said();
}
END_TEST

START_TEST(all_at_once) {
    party_invite(suite_size(8, 8, 5), once);
    party.gauge = wb_gauge_new((int)party.n);
    int rc = greet();
    expect(rc == 0, "greet_all returned %d instead of 0", rc);
    int peak = wb_gauge_peak(party.gauge);
    expect_kind("no-overlap", peak == (int)party.n,
                "%zu greetings were to be said at the same time, but no more "
                "than %d thread%s ever inside say() at once",
                party.n, peak, peak == 1 ? " was" : "s were");
    expect_all_said();
}
END_TEST

START_TEST(each_has_its_own_thread) {
    party_invite(4, thrice);
    int rc = greet();
    expect(rc == 0, "greet_all returned %d instead of 0", rc);
    for (size_t i = 0; i < party.n; i++)
        expect(!pthread_equal(party.who[i], pthread_self()),
               "\"%s\" was said by the thread that called greet_all, not by a "
               "new one",
               party.names[i]);
    expect(wb_threads_created() == (int)party.n,
           "%d threads were created for %zu greetings", wb_threads_created(),
           party.n);
    expect_all_said();
}
END_TEST

START_TEST(nobody_to_greet) {
    party_invite(0, once);
    int rc = greet_all(NULL, 0, say, &party, NULL);
    expect(rc == 0, "greet_all with n = 0 returned %d instead of 0", rc);
    rc = greet();
    expect(rc == 0, "greet_all with n = 0 returned %d instead of 0", rc);
    expect_all_said();
}
END_TEST

START_TEST(many) {
    party_invite(suite_size(MOST, MOST, 20), thrice);
    for (int round = 0; round < 2; round++) {
        memset(party.calls, 0, sizeof party.calls);
        party.gauge = wb_gauge_new((int)party.n);
        int rc = greet();
        expect(rc == 0, "greet_all returned %d instead of 0", rc);
        int peak = wb_gauge_peak(party.gauge);
        expect_kind("no-overlap", peak == (int)party.n,
                    "of %zu greetings no more than %d were said at once: all "
                    "threads are to be started before the first is joined",
                    party.n, peak);
        wb_gauge_free(party.gauge);
        party.gauge = NULL;
        expect_all_said();
    }
}
END_TEST

// Greets people who stay inside say() until greet_all has returned, or until
// it is plain that it waits for them. Returns what it returned, and only after
// all threads are gone.
static int greet_the_talkative(void) {
    party.gauge = wb_gauge_new((int)party.n + 1);
    int rc = greet();
    atomic_store_explicit(&party.returned, true, memory_order_relaxed);
    wb_gauge_enter(party.gauge);
    // Nothing to wait for unless threads were left running.
    for (int i = 0; i < 2000 && wb_threads_live() > 0; i++)
        wb_sleep_ms(1);
    return rc;
}

static void expect_nobody_late(const char *outcome) {
    int late = atomic_load(&party.late);
    expect(late == 0,
           "greet_all returned %s while its threads still ran: %d call%s of "
           "say() came to an end only after that",
           outcome, late, late == 1 ? "" : "s");
}

START_TEST(returns_when_all_is_said) {
    party_invite(4, thrice);
    int rc = greet_the_talkative();
    expect_nobody_late("0");
    expect(rc == 0, "greet_all returned %d instead of 0", rc);
    expect_all_said();
}
END_TEST

// After greet_all has returned a failure: what was started is finished, and
// said[] tells what happened.
static void expect_tidy_failure(const char *outcome, const char *what) {
    expect_nobody_late(outcome);
    for (size_t i = 0; i < party.n; i++) {
        expect(party.calls[i] == 0 || party.calls[i] == party.g[i].times,
               "say(\"%s\", …) was called %d of %d times before greet_all "
               "returned: a thread that was started says all it has to, also "
               "when %s",
               party.names[i], party.calls[i], party.g[i].times, what);
        expect(party.said[i] == party.calls[i],
               "%s: said[%zu] is %d%s, but say(\"%s\", …) was called %d times",
               what, i, party.said[i],
               party.said[i] == UNTOUCHED ? " (never written)" : "",
               party.names[i], party.calls[i]);
    }
}

static void fail_creation(int k, int n) {
    party_invite((size_t)n, thrice);
    wb_reset_counts();
    wb_fail_call(WB_PTHREAD_CREATE, k);
    int rc = greet_the_talkative();
    expect(wb_failed(WB_PTHREAD_CREATE),
           "greet_all called pthread_create fewer than %d times for %d "
           "greetings",
           k, n);
    expect(wb_calls(WB_PTHREAD_CREATE) == k,
           "pthread_create number %d of %d failed, and greet_all called it "
           "again: no further thread is to be started then",
           k, n);
    char what[80];
    snprintf(what, sizeof what, "pthread_create number %d of %d fails", k, n);
    expect_tidy_failure("-EAGAIN", what);
    int heard = 0;
    for (int i = 0; i < n; i++)
        heard += party.calls[i] > 0;
    expect(heard == k - 1,
           "%s: %d thread%s had been started before, but %d greetings were "
           "said (said[i] is 0 for a greeting whose thread was never started)",
           what, k - 1, k == 2 ? "" : "s", heard);
    expect(rc == -EAGAIN,
           "greet_all returned %d instead of -EAGAIN (%d) although "
           "pthread_create number %d of %d had failed",
           rc, -EAGAIN, k, n);
}

START_TEST(first_creation_fails) {
    fail_creation(1, 3);
}
END_TEST

START_TEST(later_creation_fails) {
    fail_creation(3, 5);
}
END_TEST

START_TEST(last_creation_fails) {
    fail_creation(4, 4);
}
END_TEST

START_TEST(memory_is_short) {
    for (int k = 1; k <= 4; k++) {
        party_invite(3, thrice);
        wb_fail_call(WB_MALLOC, k);
        int rc = greet();
        bool failed = wb_failed(WB_MALLOC);
        wb_fail_call(WB_MALLOC, 0);
        if (!failed) { // it asks for less memory than that, or for none
            expect(rc == 0, "greet_all returned %d instead of 0", rc);
            expect_all_said();
            return;
        }
        expect(rc == -ENOMEM,
               "greet_all returned %d instead of -ENOMEM (%d) although "
               "allocation number %d had failed",
               rc, -ENOMEM, k);
        expect_tidy_failure("-ENOMEM", "memory is short");
    }
}
END_TEST

SUITE(
    TEST(every_greeting_is_said, "every greeting is said as often as it asks, "
                                 "with k from 0 on"),
    TEST(all_at_once, "all greetings are said at the same time"),
    TEST(each_has_its_own_thread, "every greeting has a new thread of its own"),
    TEST(nobody_to_greet, "with n = 0 nothing happens"),
    TEST(many, "64 greetings work as well as 5"),
    TEST(returns_when_all_is_said,
         "greet_all returns only after every thread has ended"),
    TEST(first_creation_fails, "if the first thread cannot be created, "
                               "-EAGAIN comes back and nothing is joined"),
    TEST(later_creation_fails, "if a later thread cannot be created, those "
                               "already started are joined"),
    TEST(last_creation_fails, "if the last thread cannot be created, all the "
                              "others are joined"),
    TEST(memory_is_short,
         "if memory is short, -ENOMEM comes back and nothing is left behind"), )

// --- Chosen schedules -------------------------------------------------------

static pthread_mutex_t scene_lock = PTHREAD_MUTEX_INITIALIZER;
static int scene_calls[2]; // of say(), by greeting

static void scene_say(const char *name, int k, void *ctx) {
    (void)ctx;
    pthread_mutex_lock(&scene_lock);
    int due = scene_calls[name[0] == 'b']++;
    pthread_mutex_unlock(&scene_lock);
    expect_kind("wrong-result", k <= due,
                "say(\"%s\", %d) was called where k = %d was due", name, k,
                due);
    expect(k == due,
           "say(\"%s\", %d) was called where k = %d was due: do two threads "
           "take the same greeting?",
           name, k, due);
}

static void check_scene(int times) {
    const struct greeting g[] = {{"a", times}, {"b", times}};
    int said[2] = {-1, -1};
    int result = greet_all(g, 2, scene_say, NULL, said);
    pthread_mutex_lock(&scene_lock);
    int a = scene_calls[0], b = scene_calls[1];
    pthread_mutex_unlock(&scene_lock);
    expect(result == 0 && said[0] == times && said[1] == times && a == times &&
               b == times,
           "two greetings, each to be said %d times: greet_all returned %d, "
           "said %d and %d, and say() had been called %d and %d times",
           times, result, said[0], said[1], a, b);
}

SCENARIO(two_greetings) {
    check_scene(1);
}

SCENARIO(two_longer_greetings) {
    check_scene(2);
}

SCENARIOS({two_greetings, "two greetings are both said and counted", NULL},
          {two_longer_greetings, "two greetings said twice are counted rightly",
           NULL}, )
