// SPDX-License-Identifier: MIT
// Tests of amdahl.
//
// Jobs are made step by step in `job`, whose costs are mostly multiples of 1/4:
// sums of them are exact in any order. Large jobs are there for answers that
// take too much stack or look at a path more than once.
#include "amdahl.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/suite.h"
#include "lib/wb.h"

// --- amdahl ------------------------------------------------------------------

static void expect_speedup(double f, double p, double right) {
    double value = amdahl(f, p);
    expect(isnan(value)
               ? isnan(right)
               : value == right || fabs(value - right) <= 1e-9 * fabs(right),
           "amdahl(%g, %g) is %.12g, not %.12g", f, p, value, right);
}

START_TEST(nothing_to_gain) {
    expect_speedup(0, 1, 1);
    expect_speedup(0, 64, 1);
    expect_speedup(0.7, 1, 1);
    expect_speedup(1, 1, 1);
    expect_speedup(0, INFINITY, 1);
}
END_TEST

START_TEST(finite_processors) {
    expect_speedup(1, 2, 2);
    expect_speedup(1, 12, 12);
    expect_speedup(0.5, 2, 1 / 0.75);
    expect_speedup(0.9, 10, 1 / 0.19);
    expect_speedup(0.2, 2, 1 / 0.9);
    expect_speedup(0.95, 1.5, 1 / (0.05 + 0.95 / 1.5));
}
END_TEST

START_TEST(upper_bound) {
    // 15 % and 5 % of the time can be spread: no more than 1.25 times as fast.
    expect_speedup(0.15 + 0.05, INFINITY, 1.25);
    expect_speedup(0.5, INFINITY, 2);
    expect_speedup(0.99, INFINITY, 100);
    expect_speedup(1, INFINITY, INFINITY);
}
END_TEST

START_TEST(no_such_program) {
    expect_speedup(-0.1, 4, NAN);
    expect_speedup(-1e-9, 4, NAN);
    expect_speedup(1.1, 4, NAN);
    expect_speedup(1 + 1e-9, 4, NAN);
    expect_speedup(0.5, 0.5, NAN);
    expect_speedup(0.5, 1 - 1e-9, NAN);
    expect_speedup(0.5, 0, NAN);
    expect_speedup(0.5, -4, NAN);
    expect_speedup(0.5, -INFINITY, NAN);
    expect_speedup(INFINITY, 4, NAN);
    expect_speedup(NAN, 4, NAN);
    expect_speedup(0.5, NAN, NAN);
}
END_TEST

// --- Jobs --------------------------------------------------------------------

static struct {
    int n;
    struct node *nodes; // exactly n, so that a step too far is seen
    int *deps;          // of all of them, one after the other
    size_t used, room;
} job;

static void job_begin(int n, size_t edges) {
    job.n = n;
    job.nodes = calloc((size_t)n, sizeof *job.nodes);
    job.deps = malloc((edges + 1) * sizeof *job.deps);
    job.used = 0, job.room = edges;
    ck_assert((n == 0 || job.nodes != NULL) && job.deps != NULL);
}

static void job_end(void) {
    free(job.nodes);
    free(job.deps);
}

// Step I costs COST and depends on DEPS[0 .. NDEPS-1].
static void step(int i, double cost, const int *deps, int ndeps) {
    int *mine = &job.deps[job.used];
    // Not ck_assert, which writes to a file each time: there are millions.
    if (job.used + (size_t)ndeps > job.room)
        abort();
    if (ndeps > 0)
        memcpy(mine, deps, (size_t)ndeps * sizeof *mine);
    job.used += (size_t)ndeps;
    job.nodes[i] = (struct node){cost, ndeps == 0 ? NULL : mine, ndeps};
}

#define STEP(i, cost, ...)                                                     \
    do {                                                                       \
        static const int list[] = {-1, ##__VA_ARGS__};                         \
        step(i, cost, list + 1, (int)(sizeof list / sizeof list[0]) - 1);      \
    } while (0)

// The job as text, if it is a small one.
static const char *described(void) {
    static char text[600];
    char *at = text, *end = text + sizeof text - 40;
    if (job.n < 1 || job.n > 8)
        return "";
    at += sprintf(at, " (");
    for (int i = 0; i < job.n && at < end; i++) {
        at += sprintf(at, "%sstep %d costs %.10g", i == 0 ? "" : "; ", i,
                      job.nodes[i].cost);
        for (int d = 0; d < job.nodes[i].ndeps && at < end; d++)
            at += sprintf(at, "%s %d", d == 0 ? ", after" : ",",
                          job.nodes[i].deps[d]);
    }
    sprintf(at, ")");
    return text;
}

// WHAT kind of job it is.
static void expect_done(const char *what, double work, double span) {
    double found_work = -77, found_span = -78;
    int rc = work_span(job.nodes, job.n, &found_work, &found_span);
    expect(rc == 0, "work_span of %s returned %d (%s), not 0%s", what, rc,
           rc < 0 ? strerror(-rc) : "no error number", described());
    expect(fabs(found_work - work) <= 1e-9 * work,
           "*work is %.12g, not %.12g, for %s%s", found_work, work, what,
           described());
    expect(fabs(found_span - span) <= 1e-9 * span,
           "*span is %.12g, not %.12g, for %s%s", found_span, span, what,
           described());
    job_end();
}

static void expect_refused(const char *what, int error, const char *name) {
    double work = -77, span = -78;
    int rc = work_span(job.nodes, job.n, &work, &span);
    expect(rc == error, "work_span of %s returned %d, not %s (%d)%s", what, rc,
           name, error, described());
    expect(work == -77 && span == -78,
           "work_span of %s returned %s, but it wrote to *%s%s", what, name,
           work == -77 ? "span" : "work", described());
    job_end();
}

#define EXPECT_REFUSED(what, error) expect_refused(what, -error, "-" #error)

// --- work_span ---------------------------------------------------------------

START_TEST(trivial_jobs) {
    job_begin(0, 0);
    expect_done("a job of no steps", 0, 0);
    job_begin(1, 0);
    STEP(0, 2.5);
    expect_done("a single step", 2.5, 2.5);
    job_begin(1, 0);
    STEP(0, 0);
    expect_done("a single step that costs nothing", 0, 0);
    // No float holds this.
    job_begin(1, 0);
    STEP(0, 16777217.1);
    expect_done("a single step", 16777217.1, 16777217.1);
    job_begin(2, 1);
    STEP(0, 16777217.1);
    STEP(1, 0.1, 0);
    expect_done("a long step and a short one", 16777217.2, 16777217.2);
}
END_TEST

START_TEST(chain) {
    // Charge the card, write it down, send the e-mail: in this order.
    job_begin(3, 2);
    STEP(0, 1.5);
    STEP(1, 0.25, 0);
    STEP(2, 0.5, 1);
    expect_done("three steps in a chain", 2.25, 2.25);
}
END_TEST

START_TEST(side_by_side) {
    job_begin(4, 0);
    STEP(0, 1);
    STEP(1, 4);
    STEP(2, 2);
    STEP(3, 3);
    expect_done("four steps side by side", 10, 4);
}
END_TEST

START_TEST(diamond) {
    job_begin(4, 4);
    STEP(0, 1);
    STEP(1, 5, 0);
    STEP(2, 2, 0);
    STEP(3, 1, 1, 2);
    expect_done("a diamond", 9, 7);
    // The dearer way has more steps; the dearest step is on the cheaper one.
    job_begin(5, 5);
    STEP(0, 3);
    STEP(1, 6, 0);
    STEP(2, 4, 0);
    STEP(3, 4, 2);
    STEP(4, 1, 1, 3);
    expect_done("two ways of different length", 18, 12);
}
END_TEST

START_TEST(path_ends_anywhere) {
    // The dearest path neither begins at the first step nor ends at the last.
    job_begin(5, 3);
    STEP(0, 1);
    STEP(1, 8);
    STEP(2, 7, 1);
    STEP(3, 1, 0);
    STEP(4, 1, 3);
    expect_done("two chains", 18, 15);
}
END_TEST

START_TEST(any_order) {
    job_begin(4, 4);
    STEP(0, 1, 2, 3);
    STEP(1, 2);
    STEP(2, 3, 1);
    STEP(3, 4, 1);
    expect_done("steps that depend on later ones", 10, 7);
    job_begin(3, 4);
    STEP(0, 1, 1, 1, 1);
    STEP(1, 2, 2);
    STEP(2, 4);
    expect_done("a step that is listed three times", 7, 7);
    job_begin(4, 6);
    STEP(0, 1, 1, 1, 2);
    STEP(1, 1);
    STEP(2, 2, 3, 3);
    STEP(3, 3);
    expect_done("a step that is listed twice, beside another", 7, 6);
}
END_TEST

START_TEST(cycles) {
    job_begin(1, 1);
    STEP(0, 1, 0);
    EXPECT_REFUSED("a step that waits for itself", ELOOP);
    job_begin(2, 2);
    STEP(0, 1, 1);
    STEP(1, 1, 0);
    EXPECT_REFUSED("two steps that wait for each other", ELOOP);
    job_begin(6, 6);
    STEP(0, 1);
    STEP(1, 1, 0);
    STEP(2, 1, 1, 4);
    STEP(3, 1, 2);
    STEP(4, 1, 3);
    STEP(5, 1, 4);
    EXPECT_REFUSED("a job with three steps in a circle", ELOOP);
    job_begin(4, 3);
    STEP(0, 0);
    STEP(1, 0);
    STEP(2, 0, 3);
    STEP(3, 0, 2, 0);
    EXPECT_REFUSED("a circle of steps that cost nothing", ELOOP);
}
END_TEST

START_TEST(bad_indices) {
    job_begin(2, 1);
    STEP(0, 1);
    STEP(1, 1, 2);
    EXPECT_REFUSED("a job with index n", EINVAL);
    job_begin(2, 2);
    STEP(0, 1);
    STEP(1, 1, 0, -1);
    EXPECT_REFUSED("a job with a negative index", EINVAL);
    job_begin(3, 3);
    STEP(0, 1, 1);
    STEP(1, 1, 0);
    STEP(2, 1, 1000000);
    EXPECT_REFUSED("a job with a circle and a bad index", EINVAL);
    job_begin(2, 2);
    STEP(0, 1, 0);
    STEP(1, 1, 2);
    EXPECT_REFUSED("a step that waits for itself, and a bad index", EINVAL);
    job_begin(1, 1);
    STEP(0, 1, 1);
    EXPECT_REFUSED("a single step that waits for step 1", EINVAL);
    job_begin(2, 2);
    STEP(0, 1, 2147483647);
    STEP(1, 1, -2147483647 - 1);
    EXPECT_REFUSED("a job with very large indices", EINVAL);
    job_begin(1, 0);
    STEP(0, 1);
    job.n = -1;
    EXPECT_REFUSED("a job with n = -1", EINVAL);
}
END_TEST

// Step I depends on step FIRST + I * TOWARDS … : a chain forwards or backwards.
static void try_chain(int n, bool forwards) {
    job_begin(n, (size_t)n);
    for (int i = 0; i < n; i++) {
        int before = forwards ? i - 1 : i + 1;
        bool begins = before < 0 || before == n;
        step(i, 0.25, &before, begins ? 0 : 1);
    }
    expect_done(forwards ? "a long chain" : "a long chain, its last step first",
                n * 0.25, n * 0.25);
}

START_TEST(long_chains) {
    int n = suite_size(1000000, 200000, 20000);
    try_chain(n, true);
    try_chain(n, false);
}
END_TEST

// A chain whose steps stand in the array in no order.
START_TEST(shuffled_chain) {
    int n = suite_size(200000, 50000, 5000);
    int *at = malloc((size_t)n * sizeof *at);
    unsigned long state = 12;
    ck_assert(at != NULL);
    for (int i = 0; i < n; i++)
        at[i] = i;
    for (int i = n - 1; i > 0; i--) {
        int j = (int)(suite_random(&state) % (unsigned)(i + 1)), keep = at[i];
        at[i] = at[j], at[j] = keep;
    }
    job_begin(n, (size_t)n);
    for (int i = 0; i < n; i++)
        step(at[i], 0.5, &at[i == 0 ? 0 : i - 1], i == 0 ? 0 : 1);
    free(at);
    expect_done("a long chain in no order", n * 0.5, n * 0.5);
}
END_TEST

// Each step of a layer waits for all of the layer before: few steps, but more
// paths than anyone can walk.
START_TEST(layers) {
    enum { LAYERS = 60, WIDTH = 4 };
    double span = 0, work = 0;
    int layer[WIDTH] = {0};
    job_begin(LAYERS * WIDTH, LAYERS * WIDTH * WIDTH);
    for (int l = 0; l < LAYERS; l++) {
        for (int w = 0; w < WIDTH; w++) {
            double cost = 1 + (l * 7 + w * 3) % 5;
            step(l * WIDTH + w, cost, layer, l == 0 ? 0 : WIDTH);
            work += cost;
        }
        double most = 0;
        for (int w = 0; w < WIDTH; w++) {
            layer[w] = l * WIDTH + w;
            most = fmax(most, job.nodes[layer[w]].cost);
        }
        span += most;
    }
    expect_done("60 layers of 4 steps, each waiting for all of the layer "
                "before",
                work, span);
}
END_TEST

// One step waits for very many, and very many wait for one.
START_TEST(stars) {
    int n = suite_size(100000, 20000, 2000);
    int *all = malloc((size_t)n * sizeof *all), hub = 0;
    ck_assert(all != NULL);
    job_begin(n + 2, 2 * (size_t)n);
    step(0, 1, NULL, 0);
    for (int i = 1; i <= n; i++) {
        step(i, i == n / 2 ? 3 : 2, &hub, 1);
        all[i - 1] = i;
    }
    step(n + 1, 1, all, n);
    free(all);
    expect_done("one step, then very many side by side, then one", 2 * n + 3,
                5);
}
END_TEST

// Against a slow way that cannot be wrong: the latest end of those before,
// repeated until nothing changes.
static double slow_span(void) {
    double end[16] = {0}, most = 0;
    for (int round = 0; round <= job.n; round++)
        for (int i = 0; i < job.n; i++) {
            double begin = 0;
            for (int d = 0; d < job.nodes[i].ndeps; d++)
                begin = fmax(begin, end[job.nodes[i].deps[d]]);
            end[i] = begin + job.nodes[i].cost;
        }
    for (int i = 0; i < job.n; i++)
        most = fmax(most, end[i]);
    return most;
}

START_TEST(random_jobs) {
    unsigned long state = 1202;
    int rounds = suite_size(2000, 500, 40);
    for (int round = 0; round < rounds; round++) {
        int n = 1 + (int)(suite_random(&state) % 12), rank[16];
        double work = 0;
        job_begin(n, 2 * (size_t)(n * n));
        for (int i = 0; i < n; i++) // equal ranks do not wait for each other
            rank[i] = (int)(suite_random(&state) % 6);
        for (int i = 0; i < n; i++) {
            int deps[32], ndeps = 0;
            for (int j = 0; j < n; j++)
                if (rank[j] < rank[i] && suite_random(&state) % 3 == 0) {
                    deps[ndeps++] = j;
                    if (suite_random(&state) % 4 == 0)
                        deps[ndeps++] = j;
                }
            step(i, (double)(suite_random(&state) % 40) / 4, deps, ndeps);
            work += job.nodes[i].cost;
        }
        expect_done("a random job", work, slow_span());
    }
}
END_TEST

static void chain_of_five(void) {
    job_begin(5, 4);
    STEP(0, 1);
    STEP(1, 1, 0);
    STEP(2, 1, 1);
    STEP(3, 1, 2);
    STEP(4, 1, 3);
}

START_TEST(memory_is_short) {
    bool failed = true;
    for (int k = 1; k <= 20 && failed; k++) {
        double work = -77, span = -78;
        chain_of_five();
        wb_fail_call(WB_MALLOC, k);
        int rc = work_span(job.nodes, job.n, &work, &span);
        failed = wb_failed(WB_MALLOC);
        wb_fail_call(WB_MALLOC, 0);
        expect(rc == -ENOMEM || rc == 0,
               "work_span returned %d, not -ENOMEM, when allocation %d found "
               "no memory",
               rc, k);
        expect(rc == 0 ? work == 5 && span == 5 : work == -77 && span == -78,
               "work_span returned %d when allocation %d found no memory, and "
               "left *work %g and *span %g",
               rc, k, work, span);
        job_end();
    }
}
END_TEST

SUITE(TEST(nothing_to_gain, "what cannot be spread gains nothing"),
      TEST(finite_processors, "the speedup on P processors"),
      TEST(upper_bound, "the upper bound, on any number of processors"),
      TEST(no_such_program, "amdahl is NAN for what makes no sense"),
      TEST(trivial_jobs, "no step, and one"),
      TEST(chain, "in a chain, span and work are the same"),
      TEST(side_by_side, "side by side, the dearest step is the span"),
      TEST(diamond, "where ways part and meet again, the dearer one counts"),
      TEST(path_ends_anywhere, "the dearest path may begin and end anywhere"),
      TEST(any_order, "steps may stand in any order"),
      TEST(cycles, "-ELOOP if steps wait for each other in a circle"),
      TEST(bad_indices, "-EINVAL for an index out of range or n below 0"),
      TEST(random_jobs, "work and span of all sorts of jobs"),
      TEST(memory_is_short, "-ENOMEM if there is no memory, and no trace"),
      TEST(layers, "no path is walked twice"),
      TEST(stars, "one step may wait for very many"),
      TEST(shuffled_chain, "a long chain in no order"),
      TEST(long_chains, "a million steps in a chain, in either direction"), )
