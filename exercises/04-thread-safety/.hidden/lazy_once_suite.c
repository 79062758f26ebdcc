// SPDX-License-Identifier: MIT
// How it works: make() belongs to the suite, so every bad interleaving is made
// there. A gauge in it waits until a second thread is in make(), or until all
// others certainly sleep. Nothing here orders two threads of the answer: flags
// are relaxed atomics, gauges are invisible to the race detector.
#include "lazy_once.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { THREADS = 8 };

#define GET(flag) atomic_load_explicit(&(flag), memory_order_relaxed)
#define SET(flag, value)                                                       \
    atomic_store_explicit(&(flag), (value), memory_order_relaxed)
#define ADD(flag, value)                                                       \
    atomic_fetch_add_explicit(&(flag), (value), memory_order_relaxed)

// --- What is made -----------------------------------------------------------
struct thing {
    char bytes[32]; // all 42 once it is complete
};

// The race detector does not look at what the suite itself reads and writes,
// but at what it asks the C library to: called so that no compiler can do it
// in place.
static void *(*volatile fill)(void *, int, size_t) = memset;
static int (*volatile compare)(const void *, const void *, size_t) = memcmp;

struct factory {
    wb_gauge *gauge; // make() waits in it; NULL: does not wait
    int gauge_from;  // but for the first few calls
    int fail;        // so many calls return NULL first
    atomic_int calls;
    atomic_int inside;
    atomic_bool held; // make() waits until let_go, if `hold`
    atomic_bool let_go;
    bool hold;
    lazy *other; // wanted by make(), or NULL
    struct thing *made;
    int destroyed;
};

static void *make_thing(void *arg) {
    struct factory *f = arg;
    int call = ADD(f->calls, 1);
    expect_kind("broken-invariant", ADD(f->inside, 1) == 0,
                "two threads were in make() of one lazy object at the same "
                "time");
    if (f->gauge != NULL && call >= f->gauge_from) {
        wb_gauge_enter(f->gauge);
        wb_gauge_leave(f->gauge);
    }
    SET(f->held, true);
    while (f->hold && !GET(f->let_go))
        wb_sleep_ms(1);
    if (f->other != NULL)
        expect(lazy_get(f->other) != NULL,
               "lazy_get of another lazy object, called by make(), returned "
               "NULL although it can be made");
    ADD(f->inside, -1);
    if (call < f->fail)
        return NULL;
    struct thing *thing = malloc(sizeof *thing);
    ck_assert_ptr_nonnull(thing);
    fill(thing, 42, sizeof *thing);
    f->made = thing;
    return thing;
}

static struct factory *destroying;

static void destroy_thing(void *object) {
    expect(object == destroying->made,
           "lazy_free called destroy(%p), but the object is %p", object,
           (void *)destroying->made);
    destroying->destroyed++;
    free(object);
}

static lazy *new_lazy(struct factory *f) {
    errno = 0;
    lazy *l = lazy_new(make_thing, f);
    expect(l != NULL,
           "lazy_new returned NULL (errno %d: %s) although nothing ran out",
           errno, strerror(errno));
    return l;
}

static void free_lazy(lazy *l, struct factory *f) {
    destroying = f;
    int wanted = f->made != NULL, calls = GET(f->calls);
    lazy_free(l, destroy_thing);
    expect(f->destroyed == wanted,
           "lazy_free called destroy %d times; %s been made: expected %d",
           f->destroyed, wanted ? "an object had" : "no object had", wanted);
    expect(GET(f->calls) == calls, "lazy_free called make()");
}

static void expect_complete(const struct thing *thing) {
    char complete[sizeof *thing];
    fill(complete, 42, sizeof complete);
    expect_kind("broken-invariant",
                compare(thing, complete, sizeof complete) == 0,
                "lazy_get returned an object that was not complete");
}

static void expect_calls(struct factory *f, int want, const char *when) {
    expect(GET(f->calls) == want, "make() was called %d times %s, expected %d",
           GET(f->calls), when, want);
}

// --- Threads that get -------------------------------------------------------
struct getter {
    lazy *l;
    struct thing *got;
    atomic_bool returned;
    pthread_t thread;
};

static void *getter_main(void *arg) {
    struct getter *getter = arg;
    getter->got = lazy_get(getter->l);
    if (getter->got != NULL)
        expect_complete(getter->got);
    SET(getter->returned, true);
    return NULL;
}

static void start(struct getter *getters, int count, lazy *l) {
    for (int i = 0; i < count; i++) {
        getters[i].l = l;
        ck_assert_int_eq(
            pthread_create(&getters[i].thread, NULL, getter_main, &getters[i]),
            0);
    }
}

static void join(struct getter *getters, int count) {
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(pthread_join(getters[i].thread, NULL), 0);
}

static void expect_same(struct getter *getters, int count, struct factory *f) {
    for (int i = 0; i < count; i++)
        expect(getters[i].got == f->made,
               "lazy_get returned %p to one thread; the object is %p",
               (void *)getters[i].got, (void *)f->made);
}

// Starts a getter and waits until it is in make().
static void start_in_make(struct getter *getter, lazy *l, struct factory *f) {
    start(getter, 1, l);
    while (!GET(f->held) && !GET(getter->returned))
        wb_sleep_ms(1);
    expect(GET(f->held),
           "the first lazy_get returned %p and did not call "
           "make()",
           (void *)getter->got);
}

// --- One thread -------------------------------------------------------------
START_TEST(made_on_first_use) {
    struct factory f = {0};
    lazy *l = new_lazy(&f);
    expect_calls(&f, 0, "by lazy_new");
    for (int i = 0; i < 3; i++) {
        struct thing *thing = lazy_get(l);
        expect_calls(&f, 1, "by lazy_get");
        expect(thing != NULL && thing == f.made,
               "lazy_get returned %p, but make() had made %p", (void *)thing,
               (void *)f.made);
    }
    free_lazy(l, &f);
}
END_TEST

START_TEST(never_used) {
    struct factory f = {0}, kept = {0};
    lazy *l = new_lazy(&f);
    free_lazy(l, &f);
    expect_calls(&f, 0, "though nobody wanted the object");
    l = new_lazy(&kept);
    struct thing *thing = lazy_get(l);
    expect(thing != NULL, "lazy_get returned NULL");
    lazy_free(l, NULL); // the object stays the caller's
    expect_complete(thing);
    free(thing);
}
END_TEST

START_TEST(tries_again) {
    struct factory f = {.fail = 2};
    lazy *l = new_lazy(&f);
    for (int i = 1; i <= 2; i++) {
        void *got = lazy_get(l);
        expect(got == NULL, "lazy_get returned %p although make() failed", got);
        expect_calls(&f, i,
                     "by as many calls of lazy_get, all of which failed");
    }
    struct thing *thing = lazy_get(l);
    expect(thing != NULL && thing == f.made,
           "after make() had failed twice, the third lazy_get returned %p, but "
           "make() had made %p",
           (void *)thing, (void *)f.made);
    expect(lazy_get(l) == thing, "the next lazy_get returned something else");
    expect_calls(&f, 3, "by four calls of lazy_get, two of which failed");
    free_lazy(l, &f);
    struct factory hopeless = {.fail = 9};
    l = new_lazy(&hopeless);
    expect(lazy_get(l) == NULL, "lazy_get returned more than make()");
    free_lazy(l, &hopeless);
}
END_TEST

START_TEST(memory_is_short) {
    for (int k = 1; k <= 4; k++) {
        struct factory f = {0};
        wb_fail_call(WB_MALLOC, k);
        errno = 0;
        lazy *l = lazy_new(make_thing, &f);
        int error = errno;
        bool failed = wb_failed(WB_MALLOC);
        wb_fail_call(WB_MALLOC, 0);
        if (l == NULL)
            expect(failed && error != 0,
                   "lazy_new returned NULL with errno %d; %s", error,
                   failed ? "errno has to say why" : "nothing had failed");
        else
            lazy_free(l, NULL);
        if (!failed)
            break;
    }
}
END_TEST

// Calls of the answer that lock, or wait for something.
static long waiting_calls(void) {
    return wb_calls(WB_MUTEX_LOCK) + wb_calls(WB_SEM_WAIT) +
           wb_calls(WB_COND_WAIT) + wb_calls(WB_READ) + wb_calls(WB_POLL) +
           wb_calls(WB_SLEEP);
}

// An answer that does without what could not be had is left alone, and what it
// returned is kept: who is to say that it works, or that it can be freed?
START_TEST(something_else_is_short) {
    static const struct {
        enum wb_call call;
        const char *name;
    } short_of[] = {
        {WB_MUTEX_INIT, "pthread_mutex_init"},
        {WB_COND_INIT, "pthread_cond_init"},
        {WB_SEM_INIT, "sem_init"},
        {WB_PIPE, "pipe or eventfd"},
    };
    for (size_t i = 0; i < sizeof short_of / sizeof short_of[0]; i++) {
        struct factory f = {0};
        wb_fail_call(short_of[i].call, 1);
        errno = 0;
        lazy *l = lazy_new(make_thing, &f);
        int error = errno;
        bool failed = wb_failed(short_of[i].call);
        wb_fail_call(short_of[i].call, 0);
        static lazy *volatile kept[sizeof short_of / sizeof short_of[0]];
        if (l != NULL && failed)
            kept[i] = l;
        else if (l != NULL)
            lazy_free(l, NULL);
        else
            expect(error != 0,
                   "lazy_new returned NULL when %s had failed, but left errno "
                   "at 0",
                   short_of[i].name);
    }
}
END_TEST

START_TEST(no_lock_afterwards) {
    struct factory f = {0};
    lazy *l = new_lazy(&f);
    struct thing *thing = lazy_get(l);
    wb_reset_counts();
    for (int i = 0; i < 1000; i++)
        expect(lazy_get(l) == thing, "lazy_get returned another object");
    expect(waiting_calls() == 0,
           "1000 calls of lazy_get, with the object there, made %ld calls "
           "that lock or wait; the contract says none",
           waiting_calls());
    struct getter late = {0};
    start(&late, 1, l);
    join(&late, 1);
    expect(waiting_calls() == 0,
           "the first lazy_get of a thread that came when the object was there "
           "made %ld calls that lock or wait; the contract says none",
           waiting_calls());
    free_lazy(l, &f);
}
END_TEST

// --- Many threads -----------------------------------------------------------
START_TEST(made_once) {
    struct factory f = {.gauge = wb_gauge_new(2)};
    struct getter getters[THREADS] = {0};
    lazy *l = new_lazy(&f);
    start(getters, THREADS, l);
    join(getters, THREADS);
    expect_calls(&f, 1, "by eight threads that wanted the object at once");
    expect_same(getters, THREADS, &f);
    free_lazy(l, &f);
}
END_TEST

START_TEST(waiting_is_sleeping) {
    struct factory f = {.hold = true};
    struct getter first = {0}, others[3] = {0};
    lazy *l = new_lazy(&f);
    start_in_make(&first, l, &f);
    start(others, 3, l);
    bool asleep = wb_wait_blocked(3);
    for (int i = 0; i < 3; i++)
        expect(!GET(others[i].returned),
               "lazy_get returned %p while another thread was in make()",
               (void *)others[i].got);
    expect_kind("busy-wait", asleep,
                "three threads called lazy_get while a fourth one was in "
                "make(); they did not sleep until it was done, but went on "
                "looking (%.0f ms of processor time)",
                wb_cpu_ms());
    wb_reset_counts();
    wb_sleep_ms(150);
    // Who is woken for no reason makes a call or two.
    expect_kind("busy-wait", waiting_calls() <= 6,
                "three threads called lazy_get while a fourth one was in "
                "make(). Within 150 ms, in which nothing happened, they made "
                "%ld calls that lock, wait or sleep: they look again and again "
                "instead of sleeping until it is done",
                waiting_calls());
    SET(f.let_go, true);
    join(&first, 1);
    join(others, 3);
    expect_calls(&f, 1, "although it made an object at once");
    expect_same(&first, 1, &f);
    expect_same(others, 3, &f);
    free_lazy(l, &f);
}
END_TEST

// Who waited may have tried again: that is not judged, but nobody stays behind.
static void fails_with_waiters(int fail) {
    // Those who try again do so one at a time.
    struct factory f = {
        .hold = true, .fail = fail, .gauge = wb_gauge_new(2), .gauge_from = 1};
    struct getter first = {0}, others[3] = {0};
    lazy *l = new_lazy(&f);
    start_in_make(&first, l, &f);
    start(others, 3, l);
    wb_wait_blocked(3);
    SET(f.let_go, true);
    join(&first, 1);
    join(others, 3);
    expect(first.got == NULL || first.got == f.made,
           "the lazy_get whose make() returned NULL returned %p",
           (void *)first.got);
    for (int i = 0; i < 3; i++)
        expect(others[i].got == NULL || others[i].got == f.made,
               "a lazy_get that waited while make() failed returned %p, which "
               "is not what make() has made",
               (void *)others[i].got);
    f.fail = 0;
    struct thing *thing = lazy_get(l);
    expect(thing != NULL && thing == f.made,
           "after make() had failed once, a later lazy_get returned %p; "
           "make() had made %p",
           (void *)thing, (void *)f.made);
    free_lazy(l, &f);
}

START_TEST(failure_wakes_all) {
    fails_with_waiters(1);
    fails_with_waiters(100);
}
END_TEST

START_TEST(one_wants_another) {
    struct factory inner = {0}, outer = {0};
    lazy *wanted = new_lazy(&inner), *l = new_lazy(&outer);
    outer.other = wanted;
    struct getter getters[2] = {0};
    start(getters, 2, l);
    join(getters, 2);
    expect_same(getters, 2, &outer);
    expect_calls(&inner, 1, "for the lazy object that another one needs");
    expect_calls(&outer, 1, "for a lazy object that needs another one");
    free_lazy(l, &outer);
    free_lazy(wanted, &inner);
}
END_TEST

// More of them than any answer has locks in common: two of the chain would
// have the same one, and one thread wants them all.
START_TEST(a_long_chain) {
    enum { LINKS = 300 };
    static struct factory f[LINKS];
    static lazy *l[LINKS];
    for (int i = 0; i < LINKS; i++)
        l[i] = new_lazy(&f[i]);
    for (int i = 0; i + 1 < LINKS; i++)
        f[i].other = l[i + 1];
    expect(lazy_get(l[0]) == f[0].made,
           "lazy_get of the first of a chain returned not what make() made");
    for (int i = 0; i < LINKS; i++) {
        expect_calls(&f[i], 1, "for one of a chain of lazy objects");
        free_lazy(l[i], &f[i]);
    }
}
END_TEST

START_TEST(two_at_once) {
    wb_gauge *both = wb_gauge_new(2);
    struct factory f[2] = {{.gauge = both}, {.gauge = both}};
    struct getter getters[2] = {0};
    lazy *l[2];
    for (int i = 0; i < 2; i++) {
        l[i] = new_lazy(&f[i]);
        start(&getters[i], 1, l[i]);
    }
    join(getters, 2);
    expect_kind("no-overlap", wb_gauge_peak(both) == 2,
                "two lazy objects were wanted at the same time, each by a "
                "thread of its own: the second make() only ran when the first "
                "one was done");
    for (int i = 0; i < 2; i++)
        free_lazy(l[i], &f[i]);
}
END_TEST

// Threads that come by themselves, some of them when it is there already: the
// answer alone orders what they read after what make() wrote.
static struct {
    lazy *l;
    wb_gauge *start;
} crowd;

static void *looks_often(void *arg) {
    (void)arg;
    wb_gauge_enter(crowd.start);
    wb_gauge_leave(crowd.start);
    struct thing *first = NULL;
    for (int i = 0; i < 50; i++) {
        struct thing *thing = lazy_get(crowd.l);
        expect(thing != NULL, "lazy_get returned NULL; make() did not fail");
        expect_complete(thing);
        expect(first == NULL || thing == first,
               "lazy_get returned two different objects to one thread");
        first = thing;
    }
    return NULL;
}

START_TEST(complete_for_everyone) {
    for (int round = 0; round < suite_size(20, 6, 2); round++) {
        struct factory f = {0};
        pthread_t threads[THREADS];
        crowd.l = new_lazy(&f);
        crowd.start = wb_gauge_new(THREADS);
        for (int i = 0; i < THREADS; i++)
            ck_assert_int_eq(
                pthread_create(&threads[i], NULL, looks_often, NULL), 0);
        for (int i = 0; i < THREADS; i++)
            ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        expect_calls(&f, 1, "for eight threads");
        wb_gauge_free(crowd.start);
        free_lazy(crowd.l, &f);
    }
}
END_TEST

// The one who makes does not look at the object, and few others do: the race
// detector remembers only the last few accesses.
static void *makes_early(void *arg) {
    struct factory *f = arg;
    void *thing = lazy_get(crowd.l);
    SET(f->let_go, true);
    return thing;
}

static void *comes_late(void *arg) {
    struct factory *f = arg;
    while (!GET(f->let_go))
        wb_sleep_ms(1);
    struct thing *thing = lazy_get(crowd.l);
    expect(thing != NULL, "lazy_get returned NULL; make() did not fail");
    expect_complete(thing);
    return NULL;
}

START_TEST(complete_for_late_comers) {
    for (int round = 0; round < 4; round++) {
        struct factory f = {0};
        pthread_t late[2], early;
        crowd.l = new_lazy(&f);
        for (int i = 0; i < 2; i++)
            ck_assert_int_eq(pthread_create(&late[i], NULL, comes_late, &f), 0);
        ck_assert_int_eq(pthread_create(&early, NULL, makes_early, &f), 0);
        for (int i = 0; i < 2; i++)
            ck_assert_int_eq(pthread_join(late[i], NULL), 0);
        ck_assert_int_eq(pthread_join(early, NULL), 0);
        expect_calls(&f, 1, "for three threads");
        free_lazy(crowd.l, &f);
    }
}
END_TEST

SUITE(TEST(made_on_first_use, "the object is made on first use, and once"),
      TEST(never_used, "lazy_free destroys what there is, if it is told to"),
      TEST(tries_again, "after make() has failed, a later call tries again"),
      TEST(memory_is_short,
           "if memory is short, lazy_new returns NULL and leaks nothing",
           .stages = IN_TESTS | IN_MEMORY, .allow_threads_left = true),
      TEST(something_else_is_short,
           "lazy_new gives everything back if a lock cannot be had",
           .stages = IN_TESTS | IN_MEMORY),
      TEST(no_lock_afterwards, "once the object is there, no lock is taken",
           .stages = IN_TESTS),
      TEST(made_once, "of eight first callers exactly one runs make()"),
      TEST(waiting_is_sleeping, "who waits for make() sleeps",
           .stages = IN_TESTS),
      TEST(failure_wakes_all, "nobody waits for ever for a make() that failed",
           .stages = IN_TESTS | IN_RACES),
      TEST(one_wants_another, "make() may want another lazy object"),
      TEST(a_long_chain,
           "make() may want another lazy object, which wants another one, and "
           "so on",
           .stages = IN_TESTS),
      TEST(two_at_once, "two lazy objects can be made at the same time"),
      TEST(complete_for_late_comers,
           "who comes when the object is there sees all of it"),
      TEST(complete_for_everyone, "whoever gets the object sees all of it"), )

// --- Chosen schedules -------------------------------------------------------
static struct {
    lazy *l, *other;
    atomic_int calls;
    int fail; // so many calls return NULL first
    int object;
    int *got[3];
} scene;

static void *scene_make(void *unused) {
    (void)unused;
    if (ADD(scene.calls, 1) < scene.fail)
        return NULL;
    scene.object = 42;
    return &scene.object;
}

static void *scene_gets(void *place) {
    int **got = place;
    *got = lazy_get(scene.l);
    return NULL;
}

SCENARIO(two_first_callers) {
    pthread_t thread;
    scene.l = lazy_new(scene_make, NULL);
    pthread_create(&thread, NULL, scene_gets, &scene.got[1]);
    int *got = lazy_get(scene.l);
    int value = got == NULL ? 0 : *got;
    pthread_join(thread, NULL);
    expect(GET(scene.calls) == 1,
           "two threads wanted the object: make() was "
           "called %d times, expected 1",
           GET(scene.calls));
    expect(got == &scene.object && scene.got[1] == got && value == 42,
           "two threads wanted the object at once, and not both got it "
           "complete");
    lazy_free(scene.l, NULL);
}

SCENARIO(first_make_fails) {
    pthread_t thread;
    scene.fail = 1;
    scene.l = lazy_new(scene_make, NULL);
    pthread_create(&thread, NULL, scene_gets, &scene.got[1]);
    scene.got[0] = lazy_get(scene.l);
    pthread_join(thread, NULL);
    scene.got[2] = lazy_get(scene.l);
    for (int i = 0; i < 3; i++)
        expect(scene.got[i] == NULL || scene.got[i] == &scene.object,
               "lazy_get returned %p, which make() has not made",
               (void *)scene.got[i]);
    expect(scene.got[2] == &scene.object && GET(scene.calls) == 2,
           "after a make() that failed, the third lazy_get returned %p, and "
           "make() was called %d times: expected the object and 2",
           (void *)scene.got[2], GET(scene.calls));
    lazy_free(scene.l, NULL);
}

SCENARIOS({two_first_callers, "two first callers get one complete object",
           NULL},
          {first_make_fails, "a make() that fails is tried again", NULL}, )
