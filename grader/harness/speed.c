// SPDX-License-Identifier: MIT
// How it works. Each repeat measures, one right after the other, on new input:
// the reference alone, the answer (parallel), and as a calibration the
// reference on as many threads at once, the whole of it on each. So every ratio
// is taken between neighbours in time, and the machine's own limits cancel out:
//
//   cost       = CPU time of the answer / CPU time of one reference
//   speedup    = wall time of the reference / of the answer
//   scaling    = threads * wall time of the reference / of the calibration
//   efficiency = speedup / scaling
//
// Two threads that share one core's units (SMT) cost more CPU time each; how
// much depends on which units the code needs: a chain of additions next to
// nothing, square roots all of it. So the calibration is the reference itself,
// and one reference's CPU time is taken from it where that is the greater.
//
// A repeat during which other processes took more than a little CPU time is
// void for the efficiency: they, not the answer, decided it. The cost is kept.
// After each repeat a bootstrap interval (Efron 1979, percentile method) of the
// median says whether the matter is settled; if the machine never gets quiet
// enough it is not, and that fails nobody.
//
// What it leaves out: proof that the answer is parallel at all. That needs no
// clock and is a test of the suite (a gauge).
#include "harness/speed.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "harness/record.h"
#include "harness/suite.h"
#include "harness/table.h"

enum {
    LEAST_REPEATS = 5,         // before an answer passes
    LEAST_REPEATS_TO_FAIL = 8, // before it fails: that must be surer
    MOST_THREADS = 4,
    BOOTSTRAPS = 1000
};

// Of all processors together, more than this share taken by others voids a
// repeat.
static const double most_foreign = 0.06;

struct clocks {
    double wall_ms;
    double cpu_ms;  // of this process and the children it has waited for
    double busy_ms; // of the whole machine, all processes
};

struct run {
    double wall_ms;
    double cpu_ms;
    double foreign; // share of all processors that other processes took
};

extern const struct suite_speed suite_speed __attribute__((weak));

static int threads;

// --- Clocks ------------------------------------------------------------------

static double timeval_ms(struct timeval time) {
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static double usage_ms(int who) {
    struct rusage usage;
    getrusage(who, &usage);
    return timeval_ms(usage.ru_utime) + timeval_ms(usage.ru_stime);
}

// The first line of /proc/stat: user nice system idle iowait irq softirq steal.
// Time stolen by the host counts as somebody else's too.
static double machine_busy_ms(void) {
    double v[8] = {0};
    FILE *file = fopen("/proc/stat", "re");
    if (file == NULL)
        return 0;
    int got = fscanf(file, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &v[0], &v[1],
                     &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]);
    fclose(file);
    if (got < 8)
        return 0;
    return (v[0] + v[1] + v[2] + v[5] + v[6] + v[7]) * 1e3 /
           (double)sysconf(_SC_CLK_TCK);
}

static struct clocks read_clocks(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (struct clocks){
        .wall_ms = (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6,
        .cpu_ms = usage_ms(RUSAGE_SELF) + usage_ms(RUSAGE_CHILDREN),
        .busy_ms = machine_busy_ms()};
}

static struct run between(struct clocks from, struct clocks to) {
    struct run run = {.wall_ms = to.wall_ms - from.wall_ms,
                      .cpu_ms = to.cpu_ms - from.cpu_ms};
    double foreign = to.busy_ms - from.busy_ms - run.cpu_ms;
    double all = run.wall_ms * (double)sysconf(_SC_NPROCESSORS_ONLN);
    run.foreign = foreign <= 0 || all <= 0 ? 0 : foreign / all;
    return run;
}

// --- The calibration ---------------------------------------------------------

static void *reference_once(void *argument) {
    double *result = argument;
    *result = suite_speed.reference();
    return NULL;
}

// The reference on every thread at once, the whole of it on each. Returns how
// often it ran.
static int calibrate(void) {
    pthread_t thread[MOST_THREADS];
    double result[MOST_THREADS][16]; // each on cache lines of its own
    int made = 0;
    for (int i = 1; i < threads; i++)
        made +=
            pthread_create(&thread[made], NULL, reference_once, result[i]) == 0;
    reference_once(result[0]);
    for (int i = 0; i < made; i++)
        pthread_join(thread[i], NULL);
    return made + 1;
}

// --- Statistics --------------------------------------------------------------

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *values, int count) {
    double sorted[SPEED_MOST_REPEATS];
    memcpy(sorted, values, (size_t)count * sizeof *values);
    qsort(sorted, (size_t)count, sizeof *sorted, compare);
    return count % 2 ? sorted[count / 2]
                     : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

// 98 % interval of the median: 1 in 100 on either side.
static void interval(const struct speed_series *s, double *low, double *high) {
    static double medians[BOOTSTRAPS];
    unsigned long state = 1; // the same resamples every time
    for (int b = 0; b < BOOTSTRAPS; b++) {
        double sample[SPEED_MOST_REPEATS];
        for (int i = 0; i < s->count; i++)
            sample[i] = s->values[suite_random(&state) % (unsigned)s->count];
        medians[b] = median(sample, s->count);
    }
    qsort(medians, BOOTSTRAPS, sizeof *medians, compare);
    *low = medians[BOOTSTRAPS / 100];
    *high = medians[BOOTSTRAPS - 1 - BOOTSTRAPS / 100];
}

static void add(struct speed_series *s, double value) {
    s->values[s->count++] = value;
}

// --- Measuring ---------------------------------------------------------------

struct measurement {
    struct speed_series cost;
    struct speed_series efficiency;
    struct speed_series speedup;
    struct speed_series scaling; // of the calibration
    int repeats;
    int voided;
};

static void check_value(double reference, double answer, unsigned long seed) {
    double allowed =
        suite_speed.tolerance * (fabs(reference) > 1 ? fabs(reference) : 1);
    expect(fabs(reference - answer) <= allowed,
           "on input %lu the result on %d threads was %.17g, the serial "
           "reference's was %.17g",
           seed, threads, answer, reference);
}

static void repeat(struct measurement *m) {
    unsigned long seed = (unsigned long)m->repeats + 1;
    suite_speed.prepare(seed, threads);
    struct clocks t0 = read_clocks();
    double reference = suite_speed.reference();
    struct clocks t1 = read_clocks();
    double answer = suite_speed.answer();
    struct clocks t2 = read_clocks();
    check_value(reference, answer, seed);
    struct run serial = between(t0, t1), parallel = between(t1, t2);
    m->repeats++;
    if (threads < 2) {
        add(&m->cost, parallel.cpu_ms / serial.cpu_ms);
        return;
    }
    int runs = calibrate();
    struct clocks t3 = read_clocks();
    struct run calibration = between(t2, t3);
    double one = calibration.cpu_ms / runs;
    add(&m->cost, parallel.cpu_ms / fmax(one, serial.cpu_ms));
    if (between(t0, t3).foreign > most_foreign) {
        m->voided++;
        return;
    }
    double speedup = serial.wall_ms / parallel.wall_ms;
    double scaling = runs * serial.wall_ms / calibration.wall_ms;
    add(&m->speedup, speedup);
    add(&m->scaling, scaling);
    add(&m->efficiency, speedup / scaling);
}

// Whether the median is surely above (or below) THRESHOLD after LEAST repeats.
static bool surely_above(const struct speed_series *s, double threshold,
                         int least) {
    double low, high;
    if (s->count < least)
        return false;
    interval(s, &low, &high);
    return low > threshold;
}

static bool surely_below(const struct speed_series *s, double threshold,
                         int least) {
    double low, high;
    if (s->count < least)
        return false;
    interval(s, &low, &high);
    return high < threshold;
}

const char *speed_decide(const struct speed_series *cost,
                         const struct speed_series *efficiency, int processors,
                         const struct suite_speed *wanted) {
    if (surely_above(cost, wanted->cost, LEAST_REPEATS_TO_FAIL))
        return "cpu-cost";
    if (surely_below(efficiency, wanted->efficiency, LEAST_REPEATS_TO_FAIL))
        return "too-slow";
    if (surely_below(cost, wanted->cost, LEAST_REPEATS) &&
        (processors < 2 ||
         surely_above(efficiency, wanted->efficiency, LEAST_REPEATS)))
        return "pass";
    return NULL;
}

static void send_series(const char *name, const struct speed_series *s) {
    char middle[32] = "", lowest[32] = "", highest[32] = "", count[16];
    if (s->count > 0) {
        double low, high;
        interval(s, &low, &high);
        snprintf(middle, sizeof middle, "%.2f", median(s->values, s->count));
        snprintf(lowest, sizeof lowest, "%.2f", low);
        snprintf(highest, sizeof highest, "%.2f", high);
    }
    snprintf(count, sizeof count, "%d", s->count);
    record_send(RECORD_MEASURE, name, middle, lowest, highest, count);
}

static void send_number(const char *name, double value) {
    char text[32];
    snprintf(text, sizeof text, "%g", value);
    record_send(RECORD_MEASURE, name, text);
}

void speed_measure(void) {
    struct measurement m = {0};
    cpu_set_t set;
    threads = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    const char *decision = NULL;
    while (decision == NULL && m.repeats < SPEED_MOST_REPEATS) {
        repeat(&m);
        decision = speed_decide(&m.cost, &m.efficiency, threads, &suite_speed);
        // A machine that has not been quiet once will not be so soon.
        if (m.voided >= 2 * LEAST_REPEATS && m.efficiency.count == 0)
            break;
    }
    send_number("threads", threads);
    send_number("repeats", m.repeats);
    send_number("voided", m.voided);
    send_number("efficiency wanted", suite_speed.efficiency);
    send_number("cost allowed", suite_speed.cost);
    send_series("cost", &m.cost);
    send_series("speedup", &m.speedup);
    send_series("calibration", &m.scaling);
    send_series("efficiency", &m.efficiency);
    record_send(RECORD_MEASURE, "decision",
                decision == NULL ? "undecided" : decision);
}
