// SPDX-License-Identifier: MIT
// Tests of latency_sim. Small pictures with their numbers worked out by hand;
// then random ones against a clock that goes on by a millisecond at a time.
#include "latency_sim.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { UNTOUCHED = -7777, MOST = 16 };

// The requests as text, if there are few.
static const char *described(const struct req *r, int n) {
    static char text[900];
    char *at = text, *end = text + sizeof text - 80;
    if (n > 6)
        return "";
    at += sprintf(at, ". The requests:");
    for (int i = 0; i < n && at < end; i++) {
        at += sprintf(at, " %d arrives at %ld", i, r[i].arrive_ms);
        for (int s = 0; s < r[i].nsegs && at < end; s++)
            at += sprintf(at, "%s cpu %ld wait %ld", s == 0 ? ":" : ",",
                          r[i].segs[s].cpu_ms, r[i].segs[s].wait_ms);
        at += sprintf(at, ";");
    }
    return text;
}

static long *numbers(int n) {
    long *list = malloc(((size_t)n + 1) * sizeof *list);
    ck_assert(list != NULL);
    for (int i = 0; i <= n; i++)
        list[i] = UNTOUCHED;
    return list;
}

static void expect_responses(const char *who, const struct req *r, int n,
                             const long *found, const long *right) {
    for (int i = 0; i < n; i++)
        expect(found[i] == right[i], "%s: response[%d] is %ld%s, not %ld%s",
               who, i, found[i],
               found[i] == UNTOUCHED ? ", as before the call" : "", right[i],
               described(r, n));
    expect(found[n] == UNTOUCHED, "%s wrote to response[%d] of %d", who, n, n);
}

static void expect_sync(const struct req *r, int n, const long *right) {
    long *response = numbers(n);
    int rc = sim_sync(r, n, response);
    expect(rc == 0, "sim_sync returned %d, not 0%s", rc, described(r, n));
    expect_responses("sim_sync", r, n, response, right);
    free(response);
}

static void expect_async(const struct req *r, int n, const long *right,
                         long right_idle) {
    long *response = numbers(n), idle = UNTOUCHED;
    int rc = sim_async(r, n, response, &idle);
    expect(rc == 0, "sim_async returned %d, not 0%s", rc, described(r, n));
    expect_responses("sim_async", r, n, response, right);
    expect(idle == right_idle, "sim_async: *idle_ms is %ld, not %ld%s", idle,
           right_idle, described(r, n));
    free(response);
}

#define SEGS(...)                                                              \
    (const struct seg[]){__VA_ARGS__},                                         \
        (int)(sizeof((const struct seg[]){__VA_ARGS__}) / sizeof(struct seg))
#define RIGHT(...)                                                             \
    (const long[]) {                                                           \
        __VA_ARGS__                                                            \
    }

// --- By hand -----------------------------------------------------------------

START_TEST(one_request) {
    const struct req r[] = {{3, SEGS({2, 6}, {2, 0})}};
    expect_sync(r, 1, RIGHT(10));
    expect_async(r, 1, RIGHT(10), 9);
    const struct req waits_at_the_end[] = {{0, SEGS({4, 5})}};
    expect_sync(waits_at_the_end, 1, RIGHT(9));
    expect_async(waits_at_the_end, 1, RIGHT(9), 5);
}
END_TEST

START_TEST(three_customers) {
    const struct req r[] = {{0, SEGS({2, 6}, {2, 0})},
                            {0, SEGS({2, 6}, {2, 0})},
                            {0, SEGS({2, 6}, {2, 0})}};
    expect_sync(r, 3, RIGHT(10, 20, 30));
    expect_async(r, 3, RIGHT(10, 12, 14), 2);
}
END_TEST

START_TEST(no_waits) {
    const struct req r[] = {
        {0, SEGS({5, 0})}, {1, SEGS({3, 0})}, {2, SEGS({4, 0})}};
    expect_sync(r, 3, RIGHT(5, 7, 10));
    expect_async(r, 3, RIGHT(5, 7, 10), 0);
}
END_TEST

START_TEST(in_order_of_arrival) {
    const struct req r[] = {{8, SEGS({1, 9})},
                            {0, SEGS({6, 4})},
                            {4, SEGS({6, 1})},
                            {4, SEGS({1, 0})}};
    expect_sync(r, 4, RIGHT(20, 10, 13, 14));
    expect_async(r, 4, RIGHT(15, 10, 9, 9), 9);
}
END_TEST

START_TEST(late_arrival) {
    const struct req r[] = {{100, SEGS({5, 10})}, {7, SEGS({3, 2})}};
    expect_sync(r, 2, RIGHT(15, 5));
    expect_async(r, 2, RIGHT(15, 5), 107);
}
END_TEST

// Request 1 is back from its wait at 7, after 2 has arrived at 6: 2 has been
// ready longer. And 0 does not break off for either.
START_TEST(ready_longest) {
    const struct req r[] = {{1, SEGS({9, 0})},
                            {0, SEGS({1, 6}, {4, 0})},
                            {6, SEGS({2, 0})},
                            {7, SEGS({3, 1})}};
    expect_async(r, 4, RIGHT(9, 16, 6, 13), 1);
}
END_TEST

// What becomes ready at the moment when the worker is free takes part.
START_TEST(at_the_same_moment) {
    const struct req r[] = {{5, SEGS({1, 0})},
                            {0, SEGS({2, 3}, {4, 0})},
                            {3, SEGS({2, 0}, {1, 0})}};
    expect_async(r, 3, RIGHT(1, 10, 8), 1);
    expect_sync(r, 3, RIGHT(8, 9, 9));
}
END_TEST

START_TEST(nothing_to_do) {
    const struct req r[] = {{0, SEGS({0, 0})},
                            {4, SEGS({0, 3}, {0, 0}, {0, 2})},
                            {0, SEGS({3, 0}, {0, 4})}};
    expect_sync(r, 3, RIGHT(0, 8, 7));
    expect_async(r, 3, RIGHT(0, 5, 7), 6);
}
END_TEST

START_TEST(no_requests) {
    long idle = UNTOUCHED;
    int rc = sim_sync(NULL, 0, NULL);
    expect(rc == 0, "sim_sync(NULL, 0, NULL) returned %d, not 0", rc);
    rc = sim_async(NULL, 0, NULL, &idle);
    expect(rc == 0, "sim_async(NULL, 0, NULL, &idle) returned %d, not 0", rc);
    expect(idle == 0, "*idle_ms is %ld, not 0, without a request", idle);
}
END_TEST

// Beyond a million, and beyond 16 bits.
START_TEST(long_times) {
    const struct req r[] = {{1200000, SEGS({300000, 400000}, {70000, 1})},
                            {1300000, SEGS({250000, 0})}};
    expect_sync(r, 2, RIGHT(770001, 920001));
    expect_async(r, 2, RIGHT(770001, 450000), 1350001);
}
END_TEST

START_TEST(turn_without_work) {
    // A segment of 0 ms waits for its turn like any other.
    const struct req r[] = {{0, SEGS({10, 0})}, {1, SEGS({0, 5}, {2, 0})}};
    expect_async(r, 2, RIGHT(10, 16), 5);
    expect_sync(r, 2, RIGHT(10, 16));
}
END_TEST

// --- Random ones -------------------------------------------------------------

struct walker {
    int next;
    long ready;
    bool complete;
};

// Who has been ready longest at NOW, or -1.
static int first_ready(const struct req *r, int n, const struct walker *w,
                       long now) {
    int best = -1;
    for (int i = n - 1; i >= 0; i--)
        if (w[i].next < r[i].nsegs && w[i].ready <= now &&
            (best < 0 || w[i].ready <= w[best].ready))
            best = i;
    return best;
}

// Looks at the clock every millisecond. Returns the time of the last
// completion.
static long walk(const struct req *r, int n, bool sync, long *response) {
    struct walker w[MOST];
    long free_at = 0, last = 0;
    int left = 0;
    for (int i = 0; i < n; i++) {
        w[i] = (struct walker){.ready = r[i].arrive_ms};
        left += r[i].nsegs;
    }
    for (long now = 0; left > 0; now++) {
        for (int i; now >= free_at && (i = first_ready(r, n, w, now)) >= 0;) {
            long at = now;
            do {
                const struct seg *s = &r[i].segs[w[i].next++];
                left--;
                free_at = at + s->cpu_ms;
                w[i].ready = at = free_at + s->wait_ms;
            } while (sync && w[i].next < r[i].nsegs);
            free_at = sync ? at : free_at;
            response[i] = w[i].ready - r[i].arrive_ms;
            last = last < w[i].ready ? w[i].ready : last;
        }
    }
    return last;
}

START_TEST(random_pictures) {
    unsigned long state = 14;
    int rounds = suite_size(3000, 1500, 100);
    for (int round = 0; round < rounds; round++) {
        struct seg segs[MOST][4];
        struct req r[MOST];
        long right[MOST], cpu = 0;
        int n = 1 + (int)(suite_random(&state) % 6);
        for (int i = 0; i < n; i++) {
            r[i] = (struct req){(long)(suite_random(&state) % 20), segs[i],
                                1 + (int)(suite_random(&state) % 4)};
            for (int s = 0; s < r[i].nsegs; s++) {
                segs[i][s].cpu_ms = (long)(suite_random(&state) % 6);
                segs[i][s].wait_ms = (long)(suite_random(&state) % 9);
                cpu += segs[i][s].cpu_ms;
            }
        }
        walk(r, n, true, right);
        expect_sync(r, n, right);
        long last = walk(r, n, false, right);
        expect_async(r, n, right, last - cpu);
    }
}
END_TEST

// All alike, and all at once: the answers can be written down.
START_TEST(many_requests) {
    int n = suite_size(2000, 1000, 200);
    const struct seg waiting[] = {{1, 10}, {1, 0}},
                     working[] = {{1, 0}, {1, 0}};
    struct req *r = malloc((size_t)n * sizeof *r);
    long *sync = numbers(n), *async = numbers(n);
    ck_assert(r != NULL);
    for (int i = 0; i < n; i++) {
        r[i] = (struct req){0, waiting, 2};
        sync[i] = 12L * (i + 1);
        async[i] = n + i + 1; // all first segments, then all second ones
    }
    expect_sync(r, n, sync);
    for (int i = 0; i < n; i++)
        r[i].segs = working;
    expect_async(r, n, async, 0);
    free(r);
    free(sync);
    free(async);
}
END_TEST

// --- What is refused ---------------------------------------------------------

static void expect_refused(const char *what, const struct req *r, int n) {
    long response[4] = {UNTOUCHED, UNTOUCHED, UNTOUCHED, UNTOUCHED};
    long idle = UNTOUCHED;
    int sync = sim_sync(r, n, response);
    expect(sync == -EINVAL, "sim_sync returned %d, not -EINVAL (%d), for %s",
           sync, -EINVAL, what);
    int async = sim_async(r, n, response, &idle);
    expect(async == -EINVAL, "sim_async returned %d, not -EINVAL (%d), for %s",
           async, -EINVAL, what);
    expect(idle == UNTOUCHED, "sim_async wrote *idle_ms for %s", what);
    for (int i = 0; i < 4; i++)
        expect(response[i] == UNTOUCHED, "response[%d] was written for %s", i,
               what);
}

START_TEST(refused) {
    const struct req early[] = {{0, SEGS({1, 1})}, {-1, SEGS({1, 1})}};
    const struct req less[] = {{0, SEGS({1, 1})}, {0, SEGS({1, 1}, {-1, 1})}};
    const struct req back[] = {{0, SEGS({1, 1})}, {0, SEGS({1, 1}, {1, -1})}};
    const struct req none[] = {{0, SEGS({1, 1})}, {0, NULL, 0}};
    const struct req few[] = {{0, SEGS({1, 1})}, {0, NULL, -1}};
    const struct req first[] = {{-1, SEGS({1, 1})}, {0, SEGS({1, 1})}};
    expect_refused("a request that arrives before 0", early, 2);
    expect_refused("a negative cpu_ms", less, 2);
    expect_refused("a negative wait_ms", back, 2);
    expect_refused("a request without a segment", none, 2);
    expect_refused("a request with -1 segments", few, 2);
    expect_refused("a first request that arrives before 0", first, 2);
    expect_refused("n = -1", early, -1);
}
END_TEST

// Fails the K-th allocation of one run. False if it makes fewer.
static bool is_short_of_memory(bool sync, int k) {
    const struct req r[] = {{0, SEGS({2, 6}, {2, 0})},
                            {0, SEGS({2, 6}, {2, 0})}};
    const char *name = sync ? "sim_sync" : "sim_async";
    long response[2] = {UNTOUCHED, UNTOUCHED}, idle = UNTOUCHED;
    wb_fail_call(WB_MALLOC, k);
    int rc = sync ? sim_sync(r, 2, response) : sim_async(r, 2, response, &idle);
    bool failed = wb_failed(WB_MALLOC);
    wb_fail_call(WB_MALLOC, 0);
    expect(failed || rc == 0, "%s returned %d, not 0", name, rc);
    expect(rc == 0 || rc == -ENOMEM,
           "%s returned %d, not -ENOMEM, when there was no memory", name, rc);
    expect(rc == 0 || (response[0] == UNTOUCHED && response[1] == UNTOUCHED &&
                       idle == UNTOUCHED),
           "%s returned -ENOMEM, but had written a result", name);
    expect(rc != 0 || (response[0] == 10 && response[1] == (sync ? 20 : 12)),
           "%s returned 0 when there was no memory, but its results are not "
           "there",
           name);
    return failed;
}

START_TEST(memory_is_short) {
    for (int k = 1; k <= 12 && is_short_of_memory(false, k); k++)
        ;
    for (int k = 1; k <= 12 && is_short_of_memory(true, k); k++)
        ;
}
END_TEST

SUITE(TEST(one_request, "a single request gets the same from both servers"),
      TEST(three_customers, "three customers at once"),
      TEST(no_waits, "without waits nothing is gained"),
      TEST(in_order_of_arrival, "the order is that of arrival, then the index"),
      TEST(late_arrival, "the worker is idle before and between arrivals"),
      TEST(ready_longest, "who has been ready longest is next, and nobody is "
                          "interrupted"),
      TEST(at_the_same_moment, "what happens at the same moment takes part"),
      TEST(nothing_to_do, "segments of no length"),
      TEST(no_requests, "without requests there is nothing to do"),
      TEST(long_times, "times may be long"),
      TEST(turn_without_work, "a segment of no length waits for its turn"),
      TEST(random_pictures, "all sorts of requests"),
      TEST(many_requests, "many requests"),
      TEST(refused, "-EINVAL for what makes no sense"),
      TEST(memory_is_short, "-ENOMEM if memory is short, and no trace"), )
