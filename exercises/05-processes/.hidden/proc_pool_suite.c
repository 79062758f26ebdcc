// SPDX-License-Identifier: MIT
// Tests of proc_pool. Jobs run in workers, so they assert nothing: what they
// did they note on a board in shared memory.
#include "proc_pool.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { NO_LIMIT = -1, MOST = 1000 };

static struct board {
    atomic_int runs;    // of NUMBER and TEN_MS
    atomic_int begun;   // jobs that wait at the gate, or for ever
    atomic_int deaths;  // runs of DIES
    atomic_int exits;   // runs of the caller's atexit function in a worker
    atomic_int order;   // runs of IN_TURN
    atomic_int at_home; // jobs that ran in the caller's own process
    sem_t gate;
} * board;

static wb_gauge *gauge;
static pid_t home;
static int fds, mappings; // of the caller, before the pool

static ppool *begin(int nprocs);

// --- The jobs ----------------------------------------------------------------

static long square(long x) {
    return x * x + 1;
}

static void put(void *out, size_t *out_len, long value) {
    memcpy(out, &value, sizeof value);
    *out_len = sizeof value;
    board->at_home += getpid() == home;
}

static long taken(const void *in, size_t n) {
    long value = 0;
    if (n == sizeof value)
        memcpy(&value, in, sizeof value);
    return value;
}

// x: gives x * x + 1, and returns x.
static int number(const void *in, size_t n, void *out, size_t *out_len) {
    board->runs++;
    put(out, out_len, square(taken(in, n)));
    return (int)taken(in, n);
}

static char turned(char byte, size_t i) {
    return (char)(byte ^ (char)(i % 251));
}

// Gives as many bytes as it got.
static int turn(const void *in, size_t n, void *out, size_t *out_len) {
    const char *from = in;
    char *to = out;
    for (size_t i = 0; i < n; i++)
        to[i] = turned(from[i], i);
    *out_len = n;
    return 0;
}

static int capacity(const void *in, size_t n, void *out, size_t *out_len) {
    (void)in;
    (void)n;
    put(out, out_len, (long)*out_len);
    return 0;
}

static int meet(const void *in, size_t n, void *out, size_t *out_len) {
    wb_gauge_enter(gauge);
    wb_gauge_leave(gauge);
    put(out, out_len, taken(in, n));
    return 0;
}

static int gated(const void *in, size_t n, void *out, size_t *out_len) {
    board->begun++;
    while (sem_wait(&board->gate) != 0)
        ;
    put(out, out_len, square(taken(in, n)));
    return (int)taken(in, n);
}

static int ten_ms(const void *in, size_t n, void *out, size_t *out_len) {
    wb_sleep_ms(10);
    return number(in, n, out, out_len);
}

// Would end after some runs if it were run again and again.
static int dies(const void *in, size_t n, void *out, size_t *out_len) {
    if (board->deaths++ < 20)
        raise(SIGKILL);
    return number(in, n, out, out_len);
}

static int leaves(const void *in, size_t n, void *out, size_t *out_len) {
    (void)in;
    (void)n;
    (void)out;
    (void)out_len;
    board->deaths++;
    _exit(0);
}

static int stays(const void *in, size_t n, void *out, size_t *out_len) {
    (void)in;
    (void)n;
    (void)out;
    (void)out_len;
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    board->begun++;
    for (;;)
        pause();
}

// Gives how many such jobs have run before it.
static int in_turn(const void *in, size_t n, void *out, size_t *out_len) {
    (void)in;
    (void)n;
    put(out, out_len, board->order++);
    return 0;
}

static int who(const void *in, size_t n, void *out, size_t *out_len) {
    (void)in;
    (void)n;
    put(out, out_len, getpid());
    return 0;
}

// A pool of its own: gives the sum of the squares of 1 … x, or -1.
static int nests(const void *in, size_t n, void *out, size_t *out_len);

enum {
    NUMBER,
    TURN,
    CAPACITY,
    MEET,
    GATED,
    TEN_MS,
    DIES,
    LEAVES,
    STAYS,
    WHO,
    IN_TURN,
    NESTS,
    JOBS
};
static const job_fn all_jobs[JOBS] = {number, turn,   capacity, meet,
                                      gated,  ten_ms, dies,     leaves,
                                      stays,  who,    in_turn,  nests};

static int nests(const void *in, size_t n, void *out, size_t *out_len) {
    long count = taken(in, n), sum = 0, tickets[32];
    ppool *p = pp_new(2, all_jobs, JOBS);
    for (long i = 1; p != NULL && i <= count; i++)
        tickets[i] = pp_apply_async(p, NUMBER, &i, sizeof i);
    for (long i = 1; p != NULL && i <= count; i++) {
        long value = 0;
        size_t length = sizeof value;
        if (pp_get(p, tickets[i], &value, &length, NO_LIMIT) != (int)i)
            sum = -1000000;
        sum += value;
    }
    if (p != NULL)
        pp_close(p);
    if (p == NULL || pp_join(p) != 0)
        sum = -2000000;
    pp_free(p);
    if (wb_children() != 0)
        sum = -3000000;
    put(out, out_len, sum);
    return 0;
}

// --- Asking and fetching -----------------------------------------------------

static ppool *pool_of(int nprocs) {
    errno = 0;
    ppool *p = pp_new(nprocs, all_jobs, JOBS);
    expect(p != NULL, "pp_new(%d, …) returned NULL, errno %d (%s)", nprocs,
           errno, strerror(errno));
    return p;
}

static void set_up(void) {
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(board, MAP_FAILED);
    ck_assert_int_eq(sem_init(&board->gate, 1, 0), 0);
    home = getpid();
    fds = wb_open_fds();
    mappings = wb_shared_mappings();
}

static ppool *begin(int nprocs) {
    set_up();
    return pool_of(nprocs);
}

static long ask_bytes(ppool *p, int job, const void *in, size_t n) {
    long ticket = pp_apply_async(p, job, in, n);
    expect(ticket >= 0, "pp_apply_async of %zu bytes returned %ld (%s)", n,
           ticket, strerror((int)-ticket));
    return ticket;
}

static long ask(ppool *p, int job, long x) {
    return ask_bytes(p, job, &x, sizeof x);
}

static int fetch(ppool *p, long ticket, long *value, long timeout_ms) {
    size_t length = sizeof *value;
    int rc = pp_get(p, ticket, value, &length, timeout_ms);
    expect(rc < 0 || length == sizeof *value,
           "pp_get returned %d with %zu bytes of result; the job wrote %zu", rc,
           length, sizeof *value);
    return rc;
}

// The result of NUMBER, GATED or TEN_MS with X.
static void expect_number(ppool *p, long ticket, long x) {
    long value = -1;
    int rc = fetch(p, ticket, &value, NO_LIMIT);
    expect(rc == (int)x,
           "pp_get of the job with input %ld returned %d%s%s%s; "
           "the job returned %ld",
           x, rc, rc < 0 ? " (" : "", rc < 0 ? strerror(-rc) : "",
           rc < 0 ? ")" : "", x);
    expect(
        value == square(x),
        "pp_get of the job with input %ld gave the result %ld; the job wrote "
        "%ld",
        x, value, square(x));
}

static void expect_code(ppool *p, long ticket, int due, const char *which) {
    long value;
    int rc = fetch(p, ticket, &value, NO_LIMIT);
    expect(rc == due, "pp_get of %s returned %d (%s), not %d (%s)", which, rc,
           rc < 0 ? strerror(-rc) : "a result", due, strerror(-due));
}

static void expect_no_children(const char *after) {
    expect_kind("child-leak", wb_children() == 0,
                "after %s %d worker%s left, running or as zombies", after,
                wb_children(), wb_children() == 1 ? " is" : "s are");
}

static void expect_nothing_left(void) {
    expect_no_children("pp_free");
    expect_kind(
        "fd-leak", wb_open_fds() == fds,
        "%d descriptors were open before the pool, %d are after pp_free", fds,
        wb_open_fds());
    expect_kind("memory-leak", wb_shared_mappings() == mappings,
                "%d shared mappings are left after pp_free",
                wb_shared_mappings() - mappings);
    expect_kind("thread-leak", wb_threads_live() == 0,
                "%d threads are left after pp_free", wb_threads_live());
    expect(wb_private_locks() == 0,
           "the pool has %d locks in shared memory that were made for one "
           "process only: they need PTHREAD_PROCESS_SHARED (sem_init: pshared "
           "1)",
           wb_private_locks());
    expect(board->at_home == 0,
           "%d jobs ran in the caller's own process instead of a worker",
           board->at_home);
}

static void close_and_join(ppool *p) {
    pp_close(p);
    int rc = pp_join(p);
    expect(rc == 0, "pp_join after pp_close returned %d", rc);
    expect_no_children("pp_join");
}

static void end(ppool *p) {
    close_and_join(p);
    pp_free(p);
    expect_nothing_left();
}

// Until COUNT jobs have begun that do not end by themselves; TICKET is one.
static void await_begun(ppool *p, long ticket, int count) {
    long value;
    long until = wb_now_ms() + 20000;
    while (board->begun < count) {
        int rc = fetch(p, ticket, &value, 5);
        expect(rc == -ETIMEDOUT,
               "pp_get with a limit of 5 ms, of a job that has not ended, "
               "returned %d, not -ETIMEDOUT (%d)",
               rc, -ETIMEDOUT);
        expect_kind("no-overlap", wb_now_ms() < until,
                    "%d jobs were handed in and there are as many workers, but "
                    "only %d have begun",
                    count, board->begun);
    }
}

static void open_gate(int count) {
    for (int i = 0; i < count; i++)
        sem_post(&board->gate);
}

// --- Jobs and tickets --------------------------------------------------------

static void expect_capacity(ppool *p) {
    long value;
    fetch(p, ask(p, CAPACITY, 0), &value, NO_LIMIT);
    expect(value == PP_MAX, "a job was called with *out_len %ld, not PP_MAX",
           value);
}

START_TEST(a_job_and_its_result) {
    ppool *p = begin(1);
    expect_capacity(p);
    expect_capacity(p); // whatever the job before has written
    end(p);
    p = begin(2);
    expect_number(p, ask(p, NUMBER, 5), 5);
    expect_number(p, ask(p, NUMBER, 0), 0);
    expect_number(p, ask(p, NUMBER, 123456), 123456);
    expect(board->runs == 3, "3 jobs were handed in, and jobs ran %d times",
           board->runs);
    end(p);
}
END_TEST

START_TEST(jobs_are_copied) {
    set_up();
    suite_note("The array JOBS is overwritten as soon as pp_new has returned. "
               "Then a worker dies, and the one in its place runs a job.");
    job_fn *jobs = malloc(sizeof all_jobs);
    ck_assert_ptr_ne(jobs, NULL);
    memcpy(jobs, all_jobs, sizeof all_jobs);
    ppool *p = pp_new(1, jobs, JOBS);
    memset(jobs, 0, sizeof all_jobs);
    expect(p != NULL, "pp_new returned NULL");
    expect_number(p, ask(p, NUMBER, 1), 1);
    expect_code(p, ask(p, DIES, 1), -ECHILD, "a job whose worker died in it");
    expect_number(p, ask(p, NUMBER, 2), 2);
    end(p);
    free(jobs);
}
END_TEST

START_TEST(the_oldest_comes_first) {
    enum { COUNT = 5 };
    long tickets[COUNT], value;
    ppool *p = begin(1);
    suite_note("The only worker is busy while five jobs are handed in. If this "
               "hangs, pp_apply_async has waited for it to be free.");
    long busy = ask(p, GATED, 1);
    for (int i = 0; i < COUNT; i++)
        tickets[i] = ask(p, IN_TURN, i);
    open_gate(1);
    expect_number(p, busy, 1);
    for (int i = COUNT - 1; i >= 0; i--) {
        expect(fetch(p, tickets[i], &value, NO_LIMIT) == 0,
               "pp_get of a job that returned 0 did not return that");
        expect(value == i,
               "of 5 jobs that waited their turn, the one that was handed in "
               "as number %d ran as number %ld: a worker that is free takes "
               "the oldest",
               i + 1, value + 1);
    }
    end(p);
}
END_TEST

START_TEST(any_order) {
    enum { COUNT = 12 };
    long tickets[COUNT];
    ppool *p = begin(3);
    for (int i = 0; i < COUNT; i++)
        tickets[i] = ask(p, NUMBER, i);
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < i; k++)
            expect(tickets[i] != tickets[k], "two jobs got the ticket %ld",
                   tickets[i]);
    for (int i = COUNT - 1; i > 2; i--)
        expect_number(p, tickets[i], i);
    for (int i = 0; i <= 2; i++)
        expect_number(p, tickets[i], i);
    end(p);
}
END_TEST

START_TEST(many_before_the_first_is_fetched) {
    static long tickets[MOST];
    int count = suite_size(MOST, 150, 60);
    ppool *p = begin(4);
    for (int i = 0; i < count; i++)
        tickets[i] = ask(p, NUMBER, i);
    for (int i = 0; i < count; i++) {
        int at = (i * 7) % count; // each once: 7 divides no count
        expect_number(p, tickets[at], at);
    }
    expect(board->runs == count,
           "%d jobs were handed in, and jobs ran %d times", count, board->runs);
    end(p);
}
END_TEST

static char big[PP_MAX], back[PP_MAX + 1];

static void expect_turned(ppool *p, long ticket, size_t n, char seed) {
    size_t length = PP_MAX;
    memset(back, 0x33, sizeof back);
    int rc = pp_get(p, ticket, back, &length, NO_LIMIT);
    expect(rc == 0, "pp_get of a job with %zu bytes returned %d (%s)", n, rc,
           strerror(rc < 0 ? -rc : 0));
    expect(length == n, "a job wrote %zu bytes, and pp_get gave %zu", n,
           length);
    for (size_t i = 0; i < n; i++) {
        char due = turned((char)(seed + (char)(i / 256)), i);
        expect(back[i] == due,
               "a job wrote %zu bytes; byte %zu of what pp_get gave is %d, not "
               "%d",
               n, i, back[i], due);
    }
    expect(back[n] == 0x33,
           "pp_get wrote more than the %zu bytes of the result", n);
}

static long ask_turn(ppool *p, size_t n, char seed) {
    for (size_t i = 0; i < n; i++)
        big[i] = (char)(seed + (char)(i / 256));
    long ticket = ask_bytes(p, TURN, n == 0 ? NULL : big, n);
    memset(big, 0, sizeof big); // it has been copied
    return ticket;
}

START_TEST(bytes_in_and_out) {
    static const size_t sizes[] = {0,    1,    15,    16,    4095,
                                   4096, 4097, 65519, 65535, PP_MAX - 0};
    enum { COUNT = sizeof sizes / sizeof sizes[0] };
    long tickets[COUNT];
    ppool *p = begin(2);
    for (int i = 0; i < COUNT; i++)
        tickets[i] = ask_turn(p, sizes[i], (char)i);
    for (int i = 0; i < COUNT; i++)
        expect_turned(p, tickets[i], sizes[i], (char)i);
    end(p);
}
END_TEST

// More is on its way in both directions than any pipe holds.
START_TEST(large_before_the_first_is_fetched) {
    static long tickets[200];
    int count = suite_size(200, 40, 20);
    ppool *p = begin(2);
    for (int i = 0; i < count; i++)
        tickets[i] = ask_turn(p, PP_MAX - (size_t)i, (char)i);
    for (int i = count - 1; i >= 0; i--)
        expect_turned(p, tickets[i], PP_MAX - (size_t)i, (char)i);
    end(p);
}
END_TEST

// --- Who runs what, and when -------------------------------------------------

// 3 workers: as many at once, and no more.
START_TEST(nprocs_at_once) {
    long tickets[6];
    set_up();
    gauge = wb_gauge_new(3);
    ppool *p = pool_of(3);
    for (int i = 0; i < 6; i++)
        tickets[i] = ask(p, MEET, i);
    for (int i = 0; i < 6; i++)
        expect_code(p, tickets[i], 0, "a job");
    expect_kind("no-overlap", wb_gauge_peak(gauge) == 3,
                "6 jobs for 3 workers: at most %d ran at the same time",
                wb_gauge_peak(gauge));
    end(p);
    wb_gauge_free(gauge);
}
END_TEST

START_TEST(no_more_than_nprocs) {
    long tickets[5];
    set_up();
    gauge = wb_gauge_new(3);
    ppool *p = pool_of(2);
    for (int i = 0; i < 5; i++)
        tickets[i] = ask(p, MEET, i);
    for (int i = 0; i < 5; i++)
        expect_code(p, tickets[i], 0, "a job");
    expect(wb_gauge_peak(gauge) <= 2,
           "5 jobs for a pool of 2: %d ran at the same time",
           wb_gauge_peak(gauge));
    end(p);
    wb_gauge_free(gauge);
}
END_TEST

// The slow job lasts until the caller has all the others.
START_TEST(a_slow_job_holds_up_nobody) {
    enum { OTHERS = 9 };
    long tickets[OTHERS];
    for (int before = 0; before < 2; before++) {
        set_up();
        gauge = wb_gauge_new(2);
        ppool *p = pool_of(2);
        if (before == 1)
            expect_number(p, ask(p, NUMBER, 1), 1);
        long slow = ask(p, MEET, 0);
        for (int i = 0; i < OTHERS; i++)
            tickets[i] = ask(p, NUMBER, i);
        for (int i = 0; i < OTHERS; i++)
            expect_number(p, tickets[i], i);
        wb_gauge_enter(gauge);
        wb_gauge_leave(gauge);
        expect_kind(
            "no-overlap", wb_gauge_peak(gauge) == 2,
            "a pool of 2 has one job that lasts, and %d short ones: one "
            "of these had to wait for the long one, although the other "
            "worker was free",
            OTHERS);
        expect_code(p, slow, 0, "the long job");
        end(p);
        wb_gauge_free(gauge);
    }
}
END_TEST

START_TEST(handing_in_does_not_wait) {
    enum { COUNT = 8 };
    long tickets[COUNT];
    ppool *p = begin(2);
    suite_note("All jobs wait until the last one has been handed in. If this "
               "hangs, pp_apply_async has waited for a worker to be free.");
    for (int i = 0; i < COUNT; i++)
        tickets[i] = ask(p, GATED, i);
    open_gate(COUNT);
    for (int i = 0; i < COUNT; i++)
        expect_number(p, tickets[i], i);
    end(p);
}
END_TEST

START_TEST(a_free_worker_begins_at_once) {
    enum { COUNT = 3 };
    long tickets[COUNT];
    ppool *p = begin(COUNT);
    for (int i = 0; i < COUNT; i++)
        tickets[i] = ask(p, GATED, i);
    long until = wb_now_ms() + 10000;
    while (board->begun < COUNT && wb_now_ms() < until)
        wb_sleep_ms(1);
    expect(board->begun == COUNT,
           "3 jobs were handed in to 3 workers, and nothing else was called; "
           "%d have begun: pp_apply_async has to send a job to a worker that "
           "is free",
           board->begun);
    open_gate(COUNT);
    for (int i = 0; i < COUNT; i++)
        expect_number(p, tickets[i], i);
    end(p);
}
END_TEST

// The only worker has to be told of the second job by pp_get of that one.
START_TEST(others_go_on_while_one_is_awaited) {
    long tickets[4];
    ppool *p = begin(1);
    for (int i = 0; i < 4; i++)
        tickets[i] = ask_turn(p, PP_MAX, (char)i);
    expect_turned(p, tickets[3], PP_MAX, 3);
    for (int i = 0; i < 3; i++)
        expect_turned(p, tickets[i], PP_MAX, (char)i);
    end(p);
}
END_TEST

// --- Limits and errors -------------------------------------------------------

START_TEST(time_limits) {
    long value = 0;
    ppool *p = begin(2);
    long slow = ask(p, GATED, 7);
    int rc = fetch(p, slow, &value, 0);
    expect(rc == -ETIMEDOUT,
           "pp_get with limit 0, of a job that cannot have "
           "ended, returned %d, not -ETIMEDOUT (%d)",
           rc, -ETIMEDOUT);
    rc = fetch(p, slow, &value, 30);
    expect(rc == -ETIMEDOUT,
           "pp_get with a limit of 30 ms, of a job that "
           "cannot have ended, returned %d, not -ETIMEDOUT (%d)",
           rc, -ETIMEDOUT);
    expect_number(p, ask(p, NUMBER, 3), 3);
    open_gate(1);
    expect_number(p, slow, 7);
    long quick = ask(p, NUMBER, 4);
    rc = fetch(p, quick, &value, 600000);
    expect(rc == 4, "pp_get with a long limit returned %d, not 4", rc);
    for (int i = 0; i < 6; i++)
        quick = ask(p, TEN_MS, i);
    rc = fetch(p, quick, &value, 600000);
    expect(rc == 5,
           "pp_get with a limit of ten minutes, while other jobs ended, "
           "returned %d, not 5",
           rc);
    end(p);
}
END_TEST

// While pp_get waits 200 ms for one ticket, others end all the time.
START_TEST(limits_are_for_the_whole_call) {
    enum { OTHERS = 300 };
    long value;
    ppool *p = begin(2);
    long slow = ask(p, GATED, 1);
    for (int i = 0; i < OTHERS; i++)
        ask(p, TEN_MS, i);
    int before = board->runs;
    int rc = fetch(p, slow, &value, 200);
    expect(rc == -ETIMEDOUT,
           "pp_get with a limit of 200 ms, of a job that "
           "cannot have ended, returned %d, not -ETIMEDOUT (%d)",
           rc, -ETIMEDOUT);
    expect(board->runs < OTHERS || before > OTHERS / 2,
           "pp_get had a limit of 200 ms and returned only when %d other jobs "
           "of 10 ms each had ended: the limit began anew with each",
           board->runs);
    open_gate(1);
    pp_terminate(p);
    pp_free(p);
    expect_nothing_left();
}
END_TEST

static void expect_refused(long got, int due, const char *what) {
    expect(got == due, "%s returned %ld, not %d (%s)", what, got, due,
           strerror(-due));
}

START_TEST(what_is_refused) {
    long x = 1, value;
    ppool *p = begin(2);
    expect_refused(pp_apply_async(p, -1, &x, sizeof x), -EINVAL,
                   "pp_apply_async of job -1");
    expect_refused(pp_apply_async(p, JOBS, &x, sizeof x), -EINVAL,
                   "pp_apply_async of a job with number njobs");
    expect_refused(pp_apply_async(p, TURN, big, PP_MAX + 1), -EMSGSIZE,
                   "pp_apply_async of PP_MAX + 1 bytes");
    long ticket = ask(p, NUMBER, 2);
    expect_refused(fetch(p, -1, &value, NO_LIMIT), -EINVAL,
                   "pp_get of ticket -1");
    expect_refused(fetch(p, ticket + 1000, &value, NO_LIMIT), -EINVAL,
                   "pp_get of a ticket that was never given out");
    expect_number(p, ticket, 2);
    expect_refused(fetch(p, ticket, &value, NO_LIMIT), -EINVAL,
                   "pp_get of a ticket that was used up");
    expect_number(p, ask(p, NUMBER, 3), 3);
    expect_refused(fetch(p, ticket, &value, NO_LIMIT), -EINVAL,
                   "pp_get of a ticket that was used up, after another job,");
    end(p);
    p = pp_new(1, all_jobs, 1);
    expect(p != NULL, "pp_new of 1 worker with 1 job returned NULL");
    expect_number(p, ask(p, NUMBER, 4), 4);
    expect_refused(pp_apply_async(p, 1, &x, sizeof x), -EINVAL,
                   "pp_apply_async of job 1 in a pool that has job 0 only");
    end(p);
    for (int i = 0; i < 2; i++) {
        errno = 0;
        p = pp_new(i, all_jobs, i == 0 ? JOBS : 0);
        expect(p == NULL && errno == EINVAL,
               "pp_new with 0 %s did not return NULL with errno EINVAL",
               i == 0 ? "workers" : "jobs");
    }
    pp_free(NULL);
}
END_TEST

START_TEST(room_for_the_result) {
    char small[4] = "abc";
    size_t length = 3;
    ppool *p = begin(1);
    long ticket = ask(p, NUMBER, 9);
    int rc = pp_get(p, ticket, small, &length, NO_LIMIT);
    expect(rc == -EMSGSIZE && length == sizeof(long),
           "pp_get of a result of %zu bytes with room for 3 returned %d and "
           "*out_len %zu, not -EMSGSIZE (%d) and %zu",
           sizeof(long), rc, length, -EMSGSIZE, sizeof(long));
    length = 0;
    rc = pp_get(p, ticket, NULL, &length, NO_LIMIT);
    expect(rc == -EMSGSIZE && length == sizeof(long),
           "pp_get of a result of %zu bytes with NULL and room for 0 returned "
           "%d and *out_len %zu, not -EMSGSIZE (%d) and %zu",
           sizeof(long), rc, length, -EMSGSIZE, sizeof(long));
    expect_number(p, ticket, 9);
    ticket = ask_bytes(p, TURN, NULL, 0);
    length = 0;
    rc = pp_get(p, ticket, NULL, &length, NO_LIMIT);
    expect(rc == 0 && length == 0,
           "pp_get of an empty result returned %d and *out_len %zu", rc,
           length);
    end(p);
}
END_TEST

// --- Workers that die --------------------------------------------------------

static void expect_deaths(int job, const char *how) {
    enum { COUNT = 10 };
    long tickets[COUNT];
    ppool *p = begin(2);
    suite_note("Jobs 3 and 6 of 10 %s.", how);
    for (int i = 0; i < COUNT; i++)
        tickets[i] = ask(p, i == 3 || i == 6 ? job : NUMBER, i);
    for (int i = 0; i < COUNT; i++)
        if (i == 3 || i == 6)
            expect_code(p, tickets[i], -ECHILD,
                        "a job whose worker died in it");
        else
            expect_number(p, tickets[i], i);
    expect(board->deaths == 2, "2 jobs %s, and they were run %d times", how,
           board->deaths);
    expect(board->runs == COUNT - 2, "8 other jobs were run %d times",
           board->runs);
    end(p);
}

START_TEST(a_death_costs_one_job) {
    expect_deaths(DIES, "are killed");
}
END_TEST

START_TEST(leaving_is_dying) {
    expect_deaths(LEAVES, "leave by _exit(0)");
}
END_TEST

START_TEST(all_die_and_it_goes_on) {
    set_up();
    gauge = wb_gauge_new(3);
    ppool *p = pool_of(3);
    long tickets[6];
    suite_note("All three workers die, twice. Then three jobs have to run at "
               "the same time.");
    for (int i = 0; i < 6; i++)
        tickets[i] = ask(p, DIES, i);
    for (int i = 5; i >= 0; i--)
        expect_code(p, tickets[i], -ECHILD, "a job whose worker died in it");
    for (int i = 0; i < 3; i++)
        tickets[i] = ask(p, MEET, i);
    for (int i = 0; i < 3; i++)
        expect_code(p, tickets[i], 0, "a job after the deaths");
    expect_kind("no-overlap", wb_gauge_peak(gauge) == 3,
                "3 workers died; of the 3 jobs after that, at most %d ran at "
                "the same time",
                wb_gauge_peak(gauge));
    end(p);
    wb_gauge_free(gauge);
}
END_TEST

START_TEST(deaths_before_the_join) {
    ppool *p = begin(2);
    long tickets[8];
    for (int i = 0; i < 8; i++)
        tickets[i] = ask(p, i % 2 == 0 ? DIES : NUMBER, i);
    close_and_join(p);
    for (int i = 0; i < 8; i++)
        if (i % 2 == 0)
            expect_code(p, tickets[i], -ECHILD,
                        "a job whose worker died in it");
        else
            expect_number(p, tickets[i], i);
    pp_free(p);
    expect_nothing_left();
}
END_TEST

// Whether the pool has such a worker at all is its own affair.
static void kill_idle(pid_t pid) {
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
        return;
    kill(pid, SIGKILL);
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
}

START_TEST(an_idle_worker_is_killed) {
    long value = 0;
    ppool *p = begin(1);
    suite_note("Somebody has killed the worker while it was idle.");
    for (int i = 0; i < 3; i++) {
        fetch(p, ask(p, WHO, 0), &value, NO_LIMIT);
        kill_idle((pid_t)value);
        int rc = fetch(p, ask(p, NUMBER, 6), &value, NO_LIMIT);
        expect(rc == 6 || rc == -ECHILD,
               "pp_get of a job for the worker returned %d", rc);
        expect_number(p, ask(p, NUMBER, 8), 8);
    }
    fetch(p, ask(p, WHO, 0), &value, NO_LIMIT);
    kill_idle((pid_t)value);
    end(p);
}
END_TEST

// --- The end -----------------------------------------------------------------

START_TEST(closed_is_closed) {
    long x = 1;
    ppool *p = begin(2);
    int rc = pp_join(p);
    expect(rc == -EBUSY,
           "pp_join of a pool that is not closed returned %d, not "
           "-EBUSY (%d)",
           rc, -EBUSY);
    long ticket = ask(p, NUMBER, 1);
    pp_close(p);
    pp_close(p);
    expect_refused(pp_apply_async(p, NUMBER, &x, sizeof x), -ESHUTDOWN,
                   "pp_apply_async after pp_close");
    expect_number(p, ticket, 1);
    close_and_join(p);
    rc = pp_join(p);
    expect(rc == 0, "a second pp_join returned %d", rc);
    expect_refused(pp_apply_async(p, NUMBER, &x, sizeof x), -ESHUTDOWN,
                   "pp_apply_async after pp_join");
    pp_free(p);
    expect_nothing_left();
}
END_TEST

START_TEST(join_waits_for_all) {
    enum { COUNT = 30 };
    long tickets[COUNT];
    ppool *p = begin(2);
    for (int i = 0; i < COUNT; i++)
        tickets[i] = ask(p, TEN_MS, i);
    close_and_join(p);
    expect(board->runs == COUNT,
           "pp_join returned when %d of %d jobs had ended", board->runs, COUNT);
    for (int i = 0; i < COUNT; i++)
        expect_number(p, tickets[i], i);
    pp_free(p);
    expect_nothing_left();
}
END_TEST

START_TEST(join_with_large_results) {
    enum { COUNT = 20 };
    long tickets[COUNT];
    ppool *p = begin(3);
    for (int i = 0; i < COUNT; i++)
        tickets[i] = ask_turn(p, PP_MAX, (char)i);
    close_and_join(p);
    for (int i = 0; i < COUNT; i++)
        expect_turned(p, tickets[i], PP_MAX, (char)i);
    pp_free(p);
    expect_nothing_left();
}
END_TEST

START_TEST(terminate_ends_it) {
    long tickets[5], x = 1;
    ppool *p = begin(2);
    suite_note("Two jobs never end and ignore SIGTERM; three wait their turn. "
               "Then comes pp_terminate.");
    expect_number(p, ask(p, NUMBER, 2), 2);
    for (int i = 0; i < 5; i++)
        tickets[i] = ask(p, i < 2 ? STAYS : NUMBER, i);
    await_begun(p, tickets[0], 2);
    pp_terminate(p);
    expect_no_children("pp_terminate");
    for (int i = 4; i >= 0; i--)
        expect_code(p, tickets[i], -ECANCELED,
                    "a job that had not ended before pp_terminate");
    expect(board->runs == 1,
           "%d jobs ran that had to wait their turn until "
           "pp_terminate",
           board->runs - 1);
    expect_refused(pp_apply_async(p, NUMBER, &x, sizeof x), -ESHUTDOWN,
                   "pp_apply_async after pp_terminate");
    int rc = pp_join(p);
    expect(rc == 0, "pp_join after pp_terminate returned %d", rc);
    pp_terminate(p);
    pp_close(p);
    pp_free(p);
    expect_nothing_left();
}
END_TEST

START_TEST(terminate_after_close) {
    ppool *p = begin(2);
    long ticket = ask(p, STAYS, 1);
    ask(p, NUMBER, 1);
    await_begun(p, ticket, 1);
    pp_close(p);
    pp_terminate(p);
    expect_no_children("pp_terminate");
    expect_code(p, ticket, -ECANCELED, "a job that had not ended");
    pp_free(p);
    expect_nothing_left();
}
END_TEST

START_TEST(free_at_any_time) {
    ppool *p = begin(3);
    pp_free(p);
    expect_nothing_left();
    p = pool_of(2);
    long ticket = ask(p, STAYS, 0);
    for (int i = 0; i < 5; i++)
        ask_turn(p, PP_MAX, (char)i);
    await_begun(p, ticket, 1);
    pp_free(p);
    expect_nothing_left();
    p = pool_of(2);
    for (int i = 0; i < 5; i++)
        ask(p, NUMBER, i);
    end(p); // with results that nobody has fetched
}
END_TEST

// --- Manners -----------------------------------------------------------------

START_TEST(two_pools) {
    set_up();
    for (int second_first = 0; second_first < 2; second_first++) {
        suite_note("Two pools. The %s one is closed and joined while the other "
                   "goes on.",
                   second_first ? "second" : "first");
        ppool *a = pool_of(2), *b = pool_of(2);
        expect_code(a, ask(a, DIES, 1), -ECHILD,
                    "a job whose worker died in it");
        for (int i = 0; i < 4; i++) {
            expect_number(a, ask(a, NUMBER, i), i);
            expect_number(b, ask(b, NUMBER, i), i);
        }
        ppool *first = second_first ? b : a, *other = second_first ? a : b;
        long ticket = ask(other, NUMBER, 5);
        pp_close(first);
        int rc = pp_join(first);
        expect(rc == 0, "pp_join returned %d", rc);
        pp_free(first);
        expect_number(other, ticket, 5);
        expect_number(other, ask(other, NUMBER, 6), 6);
        end(other);
    }
}
END_TEST

START_TEST(a_pool_in_a_job) {
    long tickets[3], value;
    ppool *p = begin(2);
    for (int i = 0; i < 3; i++)
        tickets[i] = ask(p, NESTS, 4 + i);
    for (int i = 0; i < 3; i++) {
        long due = 0;
        for (long x = 1; x <= 4 + i; x++)
            due += square(x);
        int rc = fetch(p, tickets[i], &value, NO_LIMIT);
        expect(rc == 0 && value == due,
               "a job that made a pool of its own, for %d jobs, gave %ld, not "
               "%ld (pp_get returned %d)",
               4 + i, value, due, rc);
    }
    end(p);
}
END_TEST

static void note_exit(void) {
    if (getpid() != home)
        board->exits++;
}

START_TEST(workers_leave_quietly) {
    set_up();
    ck_assert_int_eq(atexit(note_exit), 0);
    ppool *p = pool_of(3);
    expect_number(p, ask(p, NUMBER, 1), 1);
    expect_number(p, ask(p, NUMBER, 2), 2);
    end(p);
    p = pool_of(2);
    pp_free(p);
    expect(
        board->exits == 0,
        "a function that the caller had given to atexit() ran in %d workers: "
        "they leave by _exit, not by exit or return",
        board->exits);
}
END_TEST

static void on_signal(int signal_number) {
    (void)signal_number;
}

static void expect_signals(const char *when) {
    struct sigaction now;
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int s = 1; s < 32; s++) {
        if (s == SIGKILL || s == SIGSTOP)
            continue;
        expect(sigismember(&mask, s) == (s == SIGUSR1),
               "signal %d is %sblocked %s, unlike before the pool", s,
               s == SIGUSR1 ? "not " : "", when);
        sigaction(s, NULL, &now);
        bool mine = s == SIGCHLD || s == SIGALRM || s == SIGUSR2;
        expect(!mine || now.sa_handler == on_signal,
               "the caller's handler for signal %d is not there %s", s, when);
        expect(s != SIGPIPE || now.sa_handler == SIG_DFL,
               "SIGPIPE is not at its default any more %s", when);
    }
}

START_TEST(signals_of_the_caller) {
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t mask;
    set_up();
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGCHLD, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    signal(SIGPIPE, SIG_DFL);
    ppool *p = pool_of(2);
    expect_signals("after pp_new");
    long ticket = ask(p, DIES, 1);
    expect_signals("after pp_apply_async");
    expect_code(p, ticket, -ECHILD, "a job whose worker died in it");
    expect_number(p, ask(p, NUMBER, 2), 2);
    expect_signals("after pp_get");
    end(p);
    expect_signals("after pp_free");
}
END_TEST

START_TEST(other_children_are_left_alone) {
    siginfo_t info = {0};
    int status = 0;
    set_up();
    pid_t ended = fork();
    ck_assert_int_ge(ended, 0);
    if (ended == 0)
        _exit(5);
    pid_t living = fork();
    ck_assert_int_ge(living, 0);
    if (living == 0)
        for (;;)
            pause();
    waitid(P_PID, (id_t)ended, &info, WEXITED | WNOWAIT);
    ppool *p = pool_of(2);
    for (int i = 0; i < 4; i++)
        expect_number(p, ask(p, NUMBER, i), i);
    expect_code(p, ask(p, DIES, 1), -ECHILD, "a job whose worker died in it");
    expect_number(p, ask(p, NUMBER, 1), 1);
    pp_close(p);
    int rc = pp_join(p);
    expect(rc == 0, "pp_join returned %d", rc);
    pp_free(p);
    p = pool_of(2);
    pp_terminate(p);
    pp_free(p);
    pid_t got = waitpid(ended, &status, WNOHANG);
    expect(got == ended && WIFEXITED(status) && WEXITSTATUS(status) == 5,
           "another child of the caller's, which had ended before, has been "
           "waited for by the pool");
    got = waitpid(living, &status, WNOHANG);
    expect(got == 0, "another child of the caller's has been %s by the pool",
           got < 0 ? "waited for" : "killed");
    kill(living, SIGKILL);
    waitpid(living, &status, 0);
    expect_nothing_left();
}
END_TEST

static double children_cpu_ms(void) {
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
}

START_TEST(waiting_is_sleeping) {
    enum { WHILE_MS = 300 };
    long value;
    ppool *p = begin(3);
    expect_number(p, ask(p, NUMBER, 1), 1);
    long ticket = ask(p, GATED, 1);
    await_begun(p, ticket, 1);
    wb_reset_counts();
    double cpu_ms = wb_cpu_ms();
    long begun = wb_now_ms();
    fetch(p, ticket, &value, WHILE_MS);
    long took = wb_now_ms() - begun;
    cpu_ms = wb_cpu_ms() - cpu_ms;
    long calls = wb_calls(WB_POLL) + wb_calls(WB_SLEEP) + wb_calls(WB_WAITPID) +
                 wb_calls(WB_READ) + wb_calls(WB_SEM_WAIT) +
                 wb_calls(WB_COND_WAIT) + wb_calls(WB_MUTEX_LOCK);
    open_gate(1);
    end(p);
    expect_kind(
        "busy-wait", calls < 12 * took + 500,
        "while one job ran for %ld ms and nothing happened, the pool "
        "made %ld calls (poll, read, waitpid, sem_wait …): somebody asks "
        "again and again instead of sleeping",
        took, calls);
    expect_kind("busy-wait", suite_tool() != TOOL_PLAIN || cpu_ms < 150,
                "while pp_get waited for %ld ms, it used %.0f ms of CPU time",
                took, cpu_ms);
    expect_kind(
        "busy-wait", suite_tool() != TOOL_PLAIN || children_cpu_ms() < 150,
        "while nothing happened for %ld ms, the workers used %.0f ms of "
        "CPU time",
        took, children_cpu_ms());
}
END_TEST

// --- The world fails ---------------------------------------------------------

START_TEST(calls_are_interrupted_and_cut_short) {
    long tickets[12];
    set_up();
    wb_interrupt_calls(true);
    wb_short_io(700);
    ppool *p = pool_of(2);
    for (int i = 0; i < 12; i++)
        tickets[i] = i == 5 ? ask(p, DIES, 5)
                            : ask_turn(p, (size_t)(i * i) * 450, (char)i);
    for (int i = 0; i < 12; i++)
        if (i == 5)
            expect_code(p, tickets[5], -ECHILD,
                        "a job whose worker died in it");
        else
            expect_turned(p, tickets[i], (size_t)(i * i) * 450, (char)i);
    long value, limited = ask(p, TEN_MS, 3), ticket = ask(p, TEN_MS, 1);
    int rc = fetch(p, limited, &value, 600000);
    expect(rc == 3,
           "pp_get with a limit of ten minutes, interrupted by signals, "
           "returned %d, not 3",
           rc);
    close_and_join(p);
    wb_interrupt_calls(false);
    wb_short_io(0);
    expect_number(p, ticket, 1);
    pp_free(p);
    expect_nothing_left();
}
END_TEST

static bool is_refusal(long rc) {
    return rc == -EAGAIN || rc == -ENOMEM || rc == -EMFILE || rc == -ENFILE ||
           rc == -ENOSPC || rc == -ECHILD;
}

// Whichever call fails, whoever makes it: nothing hangs, no result is wrong,
// and nothing is left.
static bool fail_once(enum wb_call call, int k, const char *name) {
    enum { COUNT = 5 };
    long tickets[COUNT];
    wb_fail_call(call, k);
    errno = 0;
    ppool *p = pp_new(3, all_jobs, JOBS);
    if (p == NULL) {
        expect(wb_failed(call) && is_refusal(-errno),
               "%s number %d failed, and pp_new set errno to %d (%s)", name, k,
               errno, strerror(errno));
        wb_fail_call(call, 0);
        expect_nothing_left();
        return true;
    }
    for (int i = 0; i < COUNT; i++) {
        long x = i;
        tickets[i] = pp_apply_async(p, i == 1 ? DIES : NUMBER, &x, sizeof x);
        expect(tickets[i] >= 0 || is_refusal(tickets[i]),
               "%s number %d failed, and pp_apply_async returned %ld", name, k,
               tickets[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        long value = 0;
        if (tickets[i] < 0)
            continue;
        int rc = fetch(p, tickets[i], &value, NO_LIMIT);
        expect(is_refusal(rc) || (rc == i && value == square(i)),
               "%s number %d failed, and pp_get of job %d returned %d with the "
               "result %ld",
               name, k, i, rc, value);
    }
    bool failed = wb_failed(call);
    wb_fail_call(call, 0);
    expect_number(p, ask(p, NUMBER, 11), 11);
    end(p);
    return failed;
}

static void fail_each(enum wb_call call, const char *name) {
    for (int k = 1; k <= suite_size(12, 8, 4) && fail_once(call, k, name); k++)
        ;
}

START_TEST(the_system_refuses_processes) {
    set_up();
    fail_each(WB_FORK, "fork");
    fail_each(WB_PTHREAD_CREATE, "pthread_create");
}
END_TEST

START_TEST(nobody_can_be_started) {
    long value = 0;
    ppool *p = begin(1);
    suite_note("The only worker has died, and the next fork fails.");
    expect_code(p, ask(p, DIES, 1), -ECHILD, "a job whose worker died in it");
    for (int i = 0; i < 3; i++) {
        long x = 2;
        wb_fail_call(WB_FORK, 1);
        long ticket = pp_apply_async(p, NUMBER, &x, sizeof x);
        int rc = ticket < 0 ? (int)ticket : fetch(p, ticket, &value, NO_LIMIT);
        expect(rc == 2 || is_refusal(rc),
               "the only worker had died and a fork failed: the job gave %d",
               rc);
        expect_code(p, ask(p, DIES, 1), -ECHILD,
                    "a job whose worker died in it");
    }
    wb_fail_call(WB_FORK, 0);
    expect_number(p, ask(p, NUMBER, 3), 3);
    end(p);
}
END_TEST

START_TEST(the_system_refuses_memory) {
    set_up();
    fail_each(WB_MALLOC, "allocation");
    fail_each(WB_MMAP, "mmap");
}
END_TEST

START_TEST(the_system_refuses_descriptors) {
    set_up();
    fail_each(WB_PIPE, "pipe, socketpair or the like");
}
END_TEST

SUITE(
    TEST(a_job_and_its_result, "a job runs in a worker, and its result "
                               "comes back"),
    TEST(jobs_are_copied, "the array of jobs need not outlive pp_new"),
    TEST(the_oldest_comes_first, "who has become free takes the oldest job"),
    TEST(any_order, "results are fetched by ticket, in any order"),
    TEST(many_before_the_first_is_fetched,
         "a thousand jobs may be handed in before the first is fetched"),
    TEST(bytes_in_and_out, "0 to PP_MAX bytes go in and come out as they are"),
    TEST(large_before_the_first_is_fetched,
         "jobs of 64 KiB, with results of 64 KiB, may be handed in before the "
         "first is fetched"),
    TEST(nprocs_at_once, "nprocs jobs run at the same time"),
    TEST(no_more_than_nprocs, "no more than nprocs run at the same time"),
    TEST(a_slow_job_holds_up_nobody,
         "a job that lasts holds up nobody while a worker is free"),
    TEST(handing_in_does_not_wait, "pp_apply_async does not wait"),
    TEST(a_free_worker_begins_at_once,
         "a job for which a worker is free sets out at once"),
    TEST(others_go_on_while_one_is_awaited,
         "while one ticket is awaited, the jobs before it are run"),
    TEST(time_limits, "pp_get has a time limit, and the ticket stays good"),
    TEST(limits_are_for_the_whole_call,
         "the limit of pp_get is for the whole call", .stages = IN_TESTS),
    TEST(what_is_refused, "bad jobs, sizes and tickets are refused"),
    TEST(room_for_the_result,
         "a result for which there is no room is not lost"),
    TEST(a_death_costs_one_job, "a worker that is killed costs one job"),
    TEST(leaving_is_dying, "a worker that leaves in a job costs one job"),
    TEST(all_die_and_it_goes_on, "the dead are replaced"),
    TEST(deaths_before_the_join, "pp_join sees jobs and deaths to the end"),
    TEST(an_idle_worker_is_killed,
         "the pool survives the death of an idle worker"),
    TEST(closed_is_closed, "after pp_close no job is taken; only then "
                           "pp_join waits"),
    TEST(join_waits_for_all, "pp_join waits until all jobs have ended"),
    TEST(join_with_large_results,
         "pp_join waits also if nobody has fetched large results"),
    TEST(terminate_ends_it, "pp_terminate ends everything at once"),
    TEST(terminate_after_close, "a closed pool can be terminated"),
    TEST(free_at_any_time, "a pool can be freed at any time"),
    TEST(two_pools, "two pools do not disturb each other"),
    TEST(a_pool_in_a_job, "a job may have a pool of its own",
         .stages = IN_TESTS | IN_MEMORY),
    TEST(workers_leave_quietly,
         "no atexit function of the caller's runs in a worker"),
    TEST(signals_of_the_caller, "the caller's handlers and mask stay"),
    TEST(other_children_are_left_alone,
         "other children of the caller's are left alone"),
    TEST(waiting_is_sleeping, "while nothing happens, everybody sleeps"),
    TEST(calls_are_interrupted_and_cut_short,
         "calls that are interrupted or move less go on"),
    TEST(the_system_refuses_processes,
         "a fork or thread that fails is survived"),
    TEST(nobody_can_be_started,
         "no job waits for ever because no worker can be started"),
    TEST(the_system_refuses_memory, "memory that is refused is survived"),
    TEST(the_system_refuses_descriptors,
         "descriptors that are refused are survived"), )
