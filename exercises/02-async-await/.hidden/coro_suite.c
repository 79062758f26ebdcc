// SPDX-License-Identifier: MIT
// Tests of coro. Everything that a coroutine of the tests needs lies in static
// or heap memory, so that freeing a suspended one loses nothing.
#include "coro.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { KIB = 1024 };

static coro *make(coro_fn fn, void *arg, size_t bytes) {
    coro *c = coro_new(fn, arg, bytes);
    expect(c != NULL, "coro_new returned NULL");
    return c;
}

static void *number(long n) {
    return (void *)(intptr_t)n;
}

// Resumes C, which has to yield WANTED.
static void expect_yield(coro *c, void *in, long wanted) {
    void *out = number(-4711);
    int rc = coro_resume(c, in, &out);
    expect(rc == 1, "coro_resume returned %d instead of 1 and the value %ld",
           rc, wanted);
    expect(out == number(wanted),
           "coro_resume handed out %ld, but coro_yield was given %ld",
           (long)(intptr_t)out, wanted);
    expect(coro_done(c) == 0,
           "coro_done returned %d for a coroutine that has yielded",
           coro_done(c));
}

static void expect_return(coro *c) {
    void *out = number(-4711);
    int rc = coro_resume(c, NULL, &out);
    expect(rc == 0,
           "coro_resume returned %d instead of 0 when the coroutine's function "
           "returned",
           rc);
    expect(out == number(-4711), "coro_resume returned 0 and changed *out");
    expect(coro_done(c) != 0,
           "coro_done returned 0 although the function has returned");
}

static void expect_refusal(coro *c, const char *what) {
    void *out = number(-4711);
    int rc = coro_resume(c, NULL, &out);
    expect(rc == -EINVAL,
           "coro_resume of a coroutine that %s returned %d instead of -EINVAL "
           "(%d)",
           what, rc, -EINVAL);
    expect(out == number(-4711), "coro_resume returned -EINVAL and changed "
                                 "*out");
}

// --- One coroutine -----------------------------------------------------------

static void fibonacci(coro *self, void *arg) {
    long a = 0, b = 1;
    for (int i = 0; i < *(int *)arg; i++) {
        coro_yield(self, number(b));
        long sum = a + b;
        a = b;
        b = sum;
    }
}

START_TEST(a_generator) {
    int count = 20;
    coro *c = make(fibonacci, &count, 0);
    long a = 0, b = 1;
    for (int i = 0; i < count; i++) {
        expect_yield(c, NULL, b);
        long sum = a + b;
        a = b;
        b = sum;
    }
    expect_return(c);
    expect_refusal(c, "is over");
    expect_refusal(c, "is over");
    expect(coro_done(c) == 1, "coro_done returned %d, not 1, after the end",
           coro_done(c));
    coro_free(c);
}
END_TEST

static int begun;
static void note_begin(coro *self, void *arg) {
    (void)self;
    begun++;
    expect(arg == &begun, "the function was not given its arg");
}

START_TEST(nothing_runs_before) {
    coro *c = make(note_begin, &begun, 64 * KIB);
    coro *never = make(note_begin, &begun, 64 * KIB);
    expect(begun == 0, "the function ran before the first coro_resume");
    expect(coro_done(c) == 0, "coro_done of a coroutine that was never resumed "
                              "returned %d", coro_done(c));
    expect_return(c);
    expect(begun == 1, "the function began %d times, not once", begun);
    coro_free(never);
    coro_free(c);
    coro_free(NULL);
    expect(begun == 1, "coro_free ran the function");
}
END_TEST

// Yields what it was given, plus 100; checks who it is.
static void echo(coro *self, void *arg) {
    expect(self == *(coro **)arg, "the function was given another self than "
                                  "coro_new had returned");
    long said = 0;
    for (;;) {
        void *in = coro_yield(self, number(said + 100));
        said = (long)(intptr_t)in;
    }
}

START_TEST(values_both_ways) {
    coro *c;
    c = make(echo, &c, 0);
    expect_yield(c, number(77), 100);
    for (long i = 1; i < 50; i++)
        expect_yield(c, number(i), i + 100);
    expect(coro_resume(c, number(1), NULL) == 1,
           "coro_resume without an out did not return 1");
    expect_yield(c, number(-500), -400);
    coro_free(c);
}
END_TEST

// --- Coroutines that resume coroutines ---------------------------------------

static coro *chain[4];

static void deeper(coro *self, int depth, long value) {
    if (depth > 0)
        deeper(self, depth - 1, value);
    else
        coro_yield(self, number(value));
}

// LEVEL resumes LEVEL + 1 until that is over, and yields between.
static void link_of_chain(coro *self, void *arg) {
    long level = (long)(intptr_t)arg;
    for (long turn = 0; turn < 3; turn++) {
        if (level < 3)
            expect_yield(chain[level + 1], NULL, 10 * (level + 1) + turn);
        deeper(self, 5, 10 * level + turn);
    }
    if (level < 3)
        expect_return(chain[level + 1]);
}

START_TEST(one_resumes_another) {
    for (long i = 3; i >= 0; i--) // who starts one too early meets no NULL
        chain[i] = make(link_of_chain, number(i), 64 * KIB);
    for (long turn = 0; turn < 3; turn++)
        expect_yield(chain[0], NULL, turn);
    expect_return(chain[0]);
    for (int i = 0; i < 4; i++)
        coro_free(chain[i]);
}
END_TEST

// The inner one is begun inside of the outer one, and goes on outside.
static void starts_inner(coro *self, void *arg) {
    coro *inner = arg;
    expect_yield(inner, NULL, 1);
    coro_yield(self, number(1000));
    expect_yield(inner, NULL, 2);
    coro_yield(self, number(2000));
}

START_TEST(resumed_from_elsewhere) {
    int count = 4;
    coro *inner = make(fibonacci, &count, 0);
    coro *outer = make(starts_inner, inner, 0);
    expect_yield(outer, NULL, 1000);
    expect_yield(inner, NULL, 1);
    expect_yield(outer, NULL, 2000);
    expect_yield(inner, NULL, 3);
    expect_return(outer);
    expect_return(inner);
    coro_free(outer);
    coro_free(inner);
}
END_TEST

// LEVEL is resumed by LEVEL - 1; all of them are running then.
static void tries_all_above(coro *self, void *arg) {
    long level = (long)(intptr_t)arg;
    expect(chain[level] != NULL, "the function ran before the first "
                                 "coro_resume");
    for (int turn = 0; turn < 2; turn++) {
        expect_refusal(self, "is the caller itself");
        for (long i = 0; i < level; i++) {
            expect_refusal(chain[i], "waits for the one that it has resumed");
            expect(coro_done(chain[i]) == 0,
                   "coro_done returned %d for a coroutine that waits for the "
                   "one that it has resumed",
                   coro_done(chain[i]));
        }
        expect(coro_done(self) == 0,
               "coro_done returned %d for the coroutine that calls it",
               coro_done(self));
        if (level < 3)
            expect_yield(chain[level + 1], NULL, 10 * (level + 1) + turn);
        expect_refusal(self, "is the caller itself");
        coro_yield(self, number(10 * level + turn));
    }
    if (level < 3)
        expect_return(chain[level + 1]);
}

START_TEST(refusals) {
    suite_note("each of four coroutines resumes the next, and then tries to "
               "resume itself and those that wait for it");
    for (long i = 3; i >= 0; i--)
        chain[i] = make(tries_all_above, number(i), 64 * KIB);
    for (long turn = 0; turn < 2; turn++)
        expect_yield(chain[0], NULL, turn);
    expect_return(chain[0]);
    for (int i = 0; i < 4; i++)
        expect_refusal(chain[i], "is over");
    for (int i = 0; i < 4; i++)
        coro_free(chain[i]);
}
END_TEST

// Makes, uses and frees others while it runs, half of them used up.
static void has_its_own(coro *self, void *arg) {
    int count = 2;
    (void)arg;
    for (long round = 0; round < 4; round++) {
        coro *c = make(fibonacci, &count, 0);
        expect_yield(c, NULL, 1);
        coro_yield(self, number(round));
        expect_yield(c, NULL, 1);
        if (round % 2 == 0)
            expect_return(c);
        coro_free(c);
    }
}

START_TEST(made_inside_of_another) {
    coro *c = make(has_its_own, NULL, 64 * KIB);
    for (long round = 0; round < 4; round++)
        expect_yield(c, NULL, round);
    expect_return(c);
    coro_free(c);
}
END_TEST

// --- Stacks ------------------------------------------------------------------

static void keeps_locals(coro *self, void *arg) {
    long seed = (long)(intptr_t)arg;
    double x = 1.0 / (double)seed, y = x * x, z = x + y;
    long a = seed * 3, b = seed * 5, d = seed * 7;
    for (int turn = 1; turn <= 10; turn++) {
        coro_yield(self, number(a + b + d));
        expect(a == seed * 3 * turn && b == seed * 5 + turn - 1 &&
                   d == seed * 7,
               "local integers changed while the coroutine was suspended");
        double wanted = 1.0 / (double)seed;
        expect(x == wanted && y == wanted * wanted &&
                   z == wanted + wanted * wanted,
               "local doubles changed while the coroutine was suspended");
        a += seed * 3;
        b++;
    }
}

START_TEST(many_at_once) {
    enum { ALIVE = 100 };
    coro *all[ALIVE];
    for (long i = 0; i < ALIVE; i++)
        all[i] = make(keeps_locals, number(i + 1), 0);
    for (long turn = 1; turn <= 10; turn++)
        for (long i = ALIVE; i >= 1; i--)
            expect_yield(all[i - 1], NULL,
                         3 * i * turn + 5 * i + turn - 1 + 7 * i);
    for (int i = 0; i < ALIVE; i++)
        expect_return(all[i]);
    for (int i = 0; i < ALIVE; i++)
        coro_free(all[i]);
}
END_TEST

static void fills_stack(coro *self, void *arg) {
    size_t size = *(size_t *)arg;
    volatile unsigned char *room = __builtin_alloca(size);
    for (size_t i = 0; i < size; i++)
        room[i] = (unsigned char)(i * 7 + (size_t)self % 251);
    coro_yield(self, NULL);
    for (size_t i = 0; i < size; i++)
        expect(room[i] == (unsigned char)(i * 7 + (size_t)self % 251),
               "byte %zu of %zu on a coroutine's stack changed while it was "
               "suspended",
               i, size);
}

static void fill_three(size_t asked, size_t used) {
    coro *all[3];
    for (int i = 0; i < 3; i++)
        all[i] = make(fills_stack, &used, asked);
    for (int i = 0; i < 3; i++)
        expect_yield(all[i], NULL, 0);
    for (int i = 0; i < 3; i++)
        expect_return(all[i]);
    for (int i = 0; i < 3; i++)
        coro_free(all[i]);
}

START_TEST(room_on_the_stack) {
    // 8 KiB are left for the calls themselves.
    fill_three(0, 56 * KIB);
    fill_three(1, 56 * KIB);
    fill_three(100 * KIB + 1, 90 * KIB);
    fill_three(400 * KIB, 380 * KIB);
}
END_TEST

// A byte on each page.
static void touches_stack(coro *self, void *arg) {
    size_t size = *(size_t *)arg;
    volatile unsigned char *room = __builtin_alloca(size);
    for (size_t i = 0; i < size; i += 4 * KIB)
        room[i] = 1;
    coro_yield(self, NULL);
}

// More than the system gives a thread that asks for nothing.
START_TEST(a_large_stack) {
    size_t used = 15 * KIB * KIB;
    coro *c = make(touches_stack, &used, 16 * KIB * KIB);
    suite_note("a coroutine with a stack of 16 MiB uses 15 of them");
    expect_yield(c, NULL, 0);
    expect_return(c);
    coro_free(c);
}
END_TEST

static int continued;
static void notes_that_it_goes_on(coro *self, void *arg) {
    (void)arg;
    coro_yield(self, NULL);
    continued++;
    coro_yield(self, NULL);
    continued++;
}

START_TEST(freed_at_any_time) {
    int count = 3;
    for (int steps = 0; steps <= 4; steps++) {
        coro *c = make(fibonacci, &count, 0);
        for (int i = 0; i < steps; i++)
            coro_resume(c, NULL, NULL);
        coro_free(c);
    }
    for (int steps = 0; steps <= 2; steps++) {
        continued = 0;
        coro *c = make(notes_that_it_goes_on, NULL, 0);
        for (int i = 0; i < steps; i++)
            coro_resume(c, NULL, NULL);
        coro_free(c);
        expect(continued == (steps == 2),
               "coro_free went on with the function of a coroutine that was "
               "resumed %d times; it is not to be continued",
               steps);
    }
}
END_TEST

// Pages that this process has mapped now.
static long mapped_pages(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    ck_assert(file != NULL && fscanf(file, "%ld", &pages) == 1);
    fclose(file);
    return pages;
}

// Not started, suspended, over.
static void make_and_free(int resumes) {
    coro *c = coro_new(notes_that_it_goes_on, NULL, KIB * KIB);
    expect(c != NULL,
           "coro_new returned NULL after many coroutines with a stack of 1 MiB "
           "had been made and freed one after the other: their stacks are not "
           "given back");
    for (int i = 0; i < resumes; i++)
        coro_resume(c, NULL, NULL);
    coro_free(c);
}

START_TEST(stacks_are_given_back) {
    static const int resumes[] = {0, 1, 3};
    static const char *const which[] = {"never resumed", "suspended", "over"};
    int n = suite_size(1000, 100, 100);
    for (int kind = 0; kind < 3; kind++) {
        for (int i = 0; i < 100; i++)
            make_and_free(resumes[kind]);
        long before = mapped_pages();
        for (int i = 0; i < n; i++)
            make_and_free(resumes[kind]);
        long more = mapped_pages() - before;
        expect_kind("memory-leak", suite_tool() != TOOL_PLAIN || more < n / 2,
                    "%d coroutines with a stack of 1 MiB were made and freed "
                    "when they were %s; the process has %ld pages more than "
                    "before",
                    n, which[kind], more);
    }
}
END_TEST

// --- Threads -----------------------------------------------------------------

enum { THREADS = 4 };
static wb_gauge *inside;

// All threads are in here at the same time.
static void meets(coro *self, void *arg) {
    long who = (long)(intptr_t)arg;
    wb_gauge_enter(inside);
    wb_gauge_leave(inside);
    for (long turn = 0; turn < 50; turn++)
        coro_yield(self, number(100 * who + turn));
}

static void *use_coroutines(void *arg) {
    long who = (long)(intptr_t)arg;
    coro *a = make(meets, number(who), 0), *b = make(meets, number(-who), 0);
    for (long turn = 0; turn < 50; turn++) {
        expect_yield(a, NULL, 100 * who + turn);
        expect_yield(b, NULL, -100 * who + turn);
    }
    expect_return(b);
    expect_return(a);
    coro_free(a);
    coro_free(b);
    return NULL;
}

START_TEST(threads_have_their_own) {
    pthread_t threads[THREADS];
    inside = wb_gauge_new(THREADS);
    for (long i = 0; i < THREADS; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, use_coroutines, number(i + 1)),
            0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}
END_TEST

// --- Short of memory ---------------------------------------------------------

START_TEST(memory_is_short) {
    static const enum wb_call calls[] = {WB_MALLOC, WB_MMAP, WB_PTHREAD_CREATE,
                                         WB_PIPE};
    static const char *const names[] = {"allocation", "mmap", "pthread_create",
                                        "pipe"};
    int count = 2;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        for (int k = 1; k <= 5; k++) {
            suite_note("%s number %d of coro_new fails", names[i], k);
            wb_fail_call(calls[i], k);
            errno = 0;
            coro *c = coro_new(fibonacci, &count, 0);
            int error = errno;
            bool failed = wb_failed(calls[i]);
            wb_fail_call(calls[i], 0);
            expect(c != NULL || failed, "coro_new returned NULL");
            expect(c != NULL || error != 0,
                   "coro_new returned NULL and left errno at 0");
            if (c != NULL)
                expect_yield(c, NULL, 1);
            coro_free(c);
            if (!failed)
                break;
        }
    }
    suite_note("one after the other, the calls that coro_new makes fail: "
               "allocations, mmap, pthread_create, pipe");
}
END_TEST

// LeakSanitizer does not know of mappings.
START_TEST(no_mapping_is_left_when_short) {
    for (int k = 1; k <= 3; k++) {
        long before = 0;
        for (int i = 0; i < 120; i++) {
            if (i == 20)
                before = mapped_pages();
            wb_fail_call(WB_MALLOC, k);
            coro *c = coro_new(notes_that_it_goes_on, NULL, KIB * KIB);
            wb_fail_call(WB_MALLOC, 0);
            coro_free(c);
        }
        long more = mapped_pages() - before;
        expect_kind("memory-leak", more < 50,
                    "allocation number %d of coro_new failed, 100 times; the "
                    "process has %ld pages more than before",
                    k, more);
    }
}
END_TEST

SUITE(
    TEST(a_generator, "a coroutine yields value after value and then ends"),
    TEST(nothing_runs_before, "nothing runs before the first coro_resume"),
    TEST(values_both_ways, "values go both ways"),
    TEST(one_resumes_another, "a coroutine resumes another, which resumes "
                              "another"),
    TEST(resumed_from_elsewhere, "a coroutine yields to whoever resumed it "
                                 "last"),
    // Who resumes one that runs loops without end, and TSan's own record of the
    // calls overflows.
    TEST(refusals, "a coroutine that is running or over is not resumed",
         .stages = IN_TESTS | IN_MEMORY),
    TEST(made_inside_of_another, "a coroutine makes, resumes and frees others"),
    TEST(many_at_once, "a hundred coroutines keep their local variables"),
    TEST(room_on_the_stack, "a stack has the room that was asked for, and 64 "
                            "KiB at least"),
    TEST(a_large_stack, "a stack may have 16 MiB", .stages = IN_TESTS),
    TEST(freed_at_any_time, "a coroutine may be freed whenever it does not "
                            "run"),
    TEST(stacks_are_given_back, "coro_free gives the stack back"),
    TEST(threads_have_their_own, "threads use their own coroutines at the same "
                                 "time"),
    TEST(memory_is_short, "if memory is short, coro_new returns NULL and leaks "
                          "nothing"),
    TEST(no_mapping_is_left_when_short, "if memory is short, coro_new leaves no "
                                        "stack behind",
         .stages = IN_TESTS),
)
