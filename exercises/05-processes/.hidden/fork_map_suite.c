// SPDX-License-Identifier: MIT
// Tests of fork_map.
//
// fn() runs in children, so it asserts nothing: what it saw it writes on a
// board in shared memory, and the test looks at that afterwards.
#define _GNU_SOURCE // memfd_create
#include "fork_map.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/suite.h"
#include "lib/do_math.h"
#include "lib/wb.h"

enum { MOST = 64, UNTOUCHED = -7777 };

// What one call of fn() saw.
struct visit {
    _Atomic long lo, hi;
    _Atomic int pid;
};

static struct board {
    atomic_int visits; // calls of fn
    struct visit visit[4 * MOST];
    atomic_int pid_of[MOST]; // of the child of a part, 0 before it has begun
    atomic_int at_exits;     // runs of the atexit function in a child
    atomic_bool odd_ctx;     // fn was called with a ctx that is not the test's
    atomic_int grandchildren; // calls of fn in children of children
} *board;

// What is asked of fork_map, and what fn() does in it.
static struct errand {
    long lo, hi;
    int nprocs;
    struct span part[MOST];
    int code[MOST];    // what fn returns for a part
    int signal[MOST];  // or what it dies by
    wb_gauge *gauge;   // entered by every child; may be NULL
    bool last_first;   // children end in reverse order
    bool endless;      // fn never returns
    int changed;       // by fn, in the child's memory
} errand;

static double partial[MOST + 1];
static int status[MOST + 1];
static int changed;     // by fn, in the child's memory
static pid_t test_pid;

static double value_of(long lo, long hi) {
    return do_math(lo, hi) + 0.5;
}

// --- What the children do ----------------------------------------------------

static int part_index(long lo, long hi) {
    for (int i = 0; i < errand.nprocs; i++)
        if (errand.part[i].lo == lo && errand.part[i].hi == hi)
            return i;
    return 0; // a part of the answer's own making; the test will say so
}

static void note_visit(long lo, long hi, const void *ctx) {
    int n = atomic_fetch_add(&board->visits, 1);
    if (n < 4 * MOST) {
        board->visit[n].lo = lo;
        board->visit[n].hi = hi;
        board->visit[n].pid = getpid();
    }
    board->pid_of[part_index(lo, hi)] = getpid();
    if (ctx != &errand)
        board->odd_ctx = true;
}

static bool is_dead(pid_t pid) {
    char path[64], state = 'Z';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return true;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 'Z';
    fclose(file);
    return state == 'Z' || state == 'X';
}

// Only after all have been seen at once: so the other one has begun.
static void outlive(int i) {
    if (i >= errand.nprocs || wb_gauge_peak(errand.gauge) < errand.nprocs)
        return;
    while (!is_dead(board->pid_of[i]))
        wb_sleep_ms(1);
}

// Without the handler that a sanitizer may have put there: it would end the
// child with an exit status.
static void die_by(int number) {
    signal(number, SIG_DFL);
    raise(number);
}

// A child that goes on with its parent's loop forks the rest of the children
// once more, and they do the same: that must not grow into thousands.
static void stop_grandchild(void) {
    if (getppid() == test_pid)
        return;
    board->grandchildren++;
    _exit(1);
}

static int fn(long lo, long hi, void *ctx, double *out) {
    stop_grandchild();
    int i = part_index(lo, hi);
    note_visit(lo, hi, ctx);
    errand.changed++;
    changed++;
    *out = -1; // not to be seen if it fails
    if (errand.gauge != NULL) {
        wb_gauge_enter(errand.gauge);
        wb_gauge_leave(errand.gauge);
    }
    // A polite signal does not end it.
    if (errand.endless)
        signal(SIGTERM, SIG_IGN);
    while (errand.endless)
        pause();
    if (errand.last_first)
        outlive(i + 1);
    if (errand.signal[i] != 0)
        die_by(errand.signal[i]);
    if (errand.code[i] != 0)
        return errand.code[i];
    *out = value_of(lo, hi);
    return 0;
}

// --- Asking, and looking at the answer ---------------------------------------

static void prepare(long lo, long hi, int nprocs) {
    if (board == NULL) {
        board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        ck_assert_ptr_ne(board, MAP_FAILED);
    }
    memset(board, 0, sizeof *board);
    test_pid = getpid();
    errand = (struct errand){.lo = lo, .hi = hi, .nprocs = nprocs};
    if (nprocs >= 1 && hi >= lo)
        split_range(lo, hi, nprocs, errand.part);
    changed = 0;
    for (int i = 0; i <= MOST; i++) {
        partial[i] = UNTOUCHED;
        status[i] = UNTOUCHED;
    }
}

static void expect_nothing_left(int rc, int fds_before, int mappings_before) {
    int children = wb_children(), fds = wb_open_fds();
    int mappings = wb_shared_mappings() - mappings_before;
    expect_kind("child-leak", children == 0,
                "fork_map returned %d and left %d child process%s behind, "
                "running or as zombies: each one has to be waited for",
                rc, children, children == 1 ? "" : "es");
    expect_kind("fd-leak", fds == fds_before,
                "%d descriptors were open before fork_map, %d after it had "
                "returned %d",
                fds_before, fds, rc);
    expect_kind("memory-leak", mappings == 0,
                "fork_map returned %d and left %d shared mapping%s behind: "
                "munmap() is missing on the way that it took",
                rc, mappings, mappings == 1 ? "" : "s");
}

// Calls fork_map for the errand and sees to it that nothing is left of it.
static int run(void) {
    int fds = wb_open_fds(), mappings = wb_shared_mappings();
    int rc = fork_map(fn, &errand, errand.lo, errand.hi, errand.nprocs,
                      partial, status);
    expect_kind("child-leak", getpid() == test_pid,
                "a child returned from fork_map: it has to end by _exit()");
    expect_kind("child-leak", board->grandchildren == 0,
                "a child went on with the work of fork_map after fn, and "
                "forked children of its own: it has to end by _exit()");
    expect_nothing_left(rc, fds, mappings);
    return rc;
}

static int visits_of(struct span part) {
    int count = 0, seen = board->visits;
    for (int i = 0; i < seen && i < 4 * MOST; i++)
        count += board->visit[i].lo == part.lo && board->visit[i].hi == part.hi;
    return count;
}

static int parts_like(struct span part) {
    int count = 0;
    for (int i = 0; i < errand.nprocs; i++)
        count += errand.part[i].lo == part.lo && errand.part[i].hi == part.hi;
    return count;
}

static void expect_every_part_visited(void) {
    for (int i = 0; i < errand.nprocs; i++) {
        struct span part = errand.part[i];
        int seen = visits_of(part), due = parts_like(part);
        expect(seen == due,
               "fork_map(fn, ctx, %ld, %ld, %d, …) called fn(%ld, %ld, …) %d "
               "time%s; split_range() gives %d such part%s",
               errand.lo, errand.hi, errand.nprocs, part.lo, part.hi, seen,
               seen == 1 ? "" : "s", due, due == 1 ? "" : "s");
    }
    expect(board->visits == errand.nprocs,
           "fn was called %d times for %d children", (int)board->visits,
           errand.nprocs);
    expect(!board->odd_ctx, "fn was called with another ctx than fork_map's");
}

static void expect_part(int i) {
    int due = errand.signal[i] != 0 ? -errand.signal[i] : errand.code[i];
    const char *what = due < 0   ? "its child was ended by that signal"
                       : due > 0 ? "fn returned that code"
                                 : "fn returned 0";
    expect(status[i] != UNTOUCHED, "status[%d] was never written", i);
    expect(status[i] == due, "status[%d] is %d instead of %d (%s)", i,
           status[i], due, what);
    double value =
        due == 0 ? value_of(errand.part[i].lo, errand.part[i].hi) : 0;
    expect(partial[i] != UNTOUCHED, "partial[%d] was never written", i);
    expect(partial[i] == value,
           "partial[%d] is %.17g instead of %.17g (%s: status[%d] is %d)", i,
           partial[i], value, what, i, status[i]);
}

static void expect_results(int rc) {
    int failed = 0;
    for (int i = 0; i < errand.nprocs; i++)
        failed += errand.signal[i] != 0 || errand.code[i] != 0;
    expect(rc >= 0, "fork_map returned %d (%s) although nothing was amiss", rc,
           strerror(-rc));
    expect_every_part_visited();
    for (int i = 0; i < errand.nprocs; i++)
        expect_part(i);
    expect(rc == failed, "fork_map returned %d instead of %d, the number of "
                         "children that failed",
           rc, failed);
    expect(status[errand.nprocs] == UNTOUCHED &&
               partial[errand.nprocs] == UNTOUCHED,
           "status[%d] or partial[%d] was written, but nprocs is %d",
           errand.nprocs, errand.nprocs, errand.nprocs);
}

static void run_and_check(void) {
    expect_results(run());
}

// --- Results -----------------------------------------------------------------

START_TEST(each_part_has_its_result) {
    prepare(0, 1000, 4);
    run_and_check();
    prepare(-37, 64, 3);
    run_and_check();
    prepare(5, 6, 1);
    run_and_check();
}
END_TEST

START_TEST(more_children_than_numbers) {
    prepare(10, 13, 5);
    run_and_check();
    prepare(10, 10, 3);
    run_and_check();
}
END_TEST

START_TEST(ends_of_long) {
    prepare(LONG_MIN, LONG_MIN + 101, 3);
    run_and_check();
    prepare(LONG_MAX - 100, LONG_MAX, 3);
    run_and_check();
}
END_TEST

START_TEST(many_children) {
    int nprocs = suite_size(32, 16, 8);
    prepare(0, 1000, nprocs);
    run_and_check();
}
END_TEST

static void expect_refused(long lo, long hi, int nprocs) {
    prepare(lo, hi, nprocs);
    int rc = run();
    expect(rc == -EINVAL,
           "fork_map(fn, ctx, %ld, %ld, %d, …) returned %d instead of -EINVAL "
           "(%d)",
           lo, hi, nprocs, rc, -EINVAL);
    expect(wb_calls(WB_FORK) == 0 && board->visits == 0,
           "fork_map(fn, ctx, %ld, %ld, %d, …) started a child", lo, hi,
           nprocs);
    expect(status[0] == UNTOUCHED && partial[0] == UNTOUCHED,
           "fork_map(fn, ctx, %ld, %ld, %d, …) returned -EINVAL but wrote to "
           "partial or status",
           lo, hi, nprocs);
}

START_TEST(bad_arguments) {
    expect_refused(0, 10, 0);
    expect_refused(0, 10, -3);
    expect_refused(10, 9, 2);
}
END_TEST

// --- Processes ---------------------------------------------------------------

START_TEST(all_at_once) {
    prepare(0, 1000, 5);
    errand.gauge = wb_gauge_new(5);
    int rc = run();
    int peak = wb_gauge_peak(errand.gauge);
    expect(peak == 5,
           "5 children were to be inside fn() at the same time, but there "
           "never %s more than %d",
           peak == 1 ? "was" : "were", peak);
    expect_results(rc);
}
END_TEST

START_TEST(children_are_processes) {
    prepare(0, 1000, 4);
    errand.gauge = wb_gauge_new(4);
    run_and_check();
    for (int i = 0; i < 4; i++) {
        expect(board->visit[i].pid != test_pid,
               "fn ran in the process that called fork_map, not in a child");
        for (int k = 0; k < i; k++)
            expect(board->visit[i].pid != board->visit[k].pid,
                   "one child called fn for two parts; every part has a "
                   "child of its own");
    }
    expect(changed == 0 && errand.changed == 0,
           "the caller's variables were changed by what fn did: it did not "
           "run in a child process of its own");
}
END_TEST

START_TEST(children_end_in_any_order) {
    prepare(0, 1000, 3);
    errand.gauge = wb_gauge_new(3);
    errand.last_first = true;
    errand.code[0] = 11;
    errand.code[1] = 22;
    run_and_check();
}
END_TEST

static const char text[] = "written before fork_map was called";

static void expect_once(int fd, const char *where) {
    long size = (long)lseek(fd, 0, SEEK_END);
    long length = (long)sizeof text - 1;
    expect(size == length,
           "text that waited in %s when fork_map was called came out %ld "
           "times: the children, too, wrote out their copies of it",
           where, size / length);
}

START_TEST(waiting_text_comes_out_once) {
    prepare(0, 1000, 3);
    int fd = memfd_create("text", MFD_CLOEXEC);
    int out = memfd_create("stdout", MFD_CLOEXEC);
    FILE *file = fdopen(fd, "w");
    ck_assert_ptr_ne(file, NULL);
    fflush(stdout);
    ck_assert_int_eq(dup2(out, STDOUT_FILENO), STDOUT_FILENO);
    fputs(text, file);
    fputs(text, stdout);
    run_and_check();
    ck_assert_int_eq(fflush(file), 0);
    ck_assert_int_eq(fflush(stdout), 0);
    expect_once(fd, "a stdio buffer");
    expect_once(out, "the buffer of stdout");
    fclose(file);
    close(out);
}
END_TEST

static void note_exit(void) {
    if (getpid() != test_pid)
        board->at_exits++;
}

START_TEST(exit_functions_stay_with_the_caller) {
    prepare(0, 1000, 3);
    ck_assert_int_eq(atexit(note_exit), 0);
    run_and_check();
    expect(board->at_exits == 0,
           "a function that the caller had registered with atexit() ran in %d "
           "of 3 children",
           (int)board->at_exits);
}
END_TEST

// --- Failing children --------------------------------------------------------

START_TEST(codes_come_back) {
    prepare(0, 1000, 5);
    errand.code[1] = 3;
    errand.code[2] = 125;
    errand.code[4] = 1;
    run_and_check();
}
END_TEST

START_TEST(signals_come_back) {
    prepare(0, 1000, 5);
    errand.signal[0] = SIGKILL;
    errand.signal[2] = SIGSEGV;
    errand.signal[3] = SIGTERM;
    errand.code[4] = 9;
    run_and_check();
}
END_TEST

START_TEST(all_fail) {
    prepare(0, 1000, 3);
    errand.signal[0] = errand.signal[1] = SIGKILL;
    errand.code[2] = 7;
    run_and_check();
    prepare(0, 1000, 3);
    run_and_check();
}
END_TEST

// --- The world fails ---------------------------------------------------------

// Fails the K-th CALL. Returns whether it has happened.
static bool run_failing(enum wb_call call, const char *name, int k, int error,
                        bool endless) {
    suite_note("Call number %d of %s fails.%s", k, name,
               endless ? " The children that are there already never end by "
                         "themselves, and ignore SIGTERM."
                       : "");
    prepare(0, 1000, 3);
    errand.endless = endless;
    wb_fail_call(call, k);
    int rc = run();
    bool failed = wb_failed(call);
    wb_fail_call(call, 0);
    if (!failed)
        return false;
    expect_kind("wrong-result", rc == error,
                "fork_map returned %d (%s) instead of %d (%s) although call "
                "number %d of %s had failed",
                rc, rc < 0 ? strerror(-rc) : "no error", error,
                strerror(-error), k, name);
    return true;
}

START_TEST(fork_fails) {
    for (int k = 1; k <= 3; k++)
        expect(run_failing(WB_FORK, "fork()", k, -EAGAIN, true),
               "fork_map called fork() fewer than %d times for 3 children", k);
    prepare(0, 1000, 3);
    run_and_check();
}
END_TEST

// How often an undisturbed fork_map makes CALL.
static int calls_undisturbed(enum wb_call call) {
    prepare(0, 1000, 3);
    wb_reset_counts();
    run_and_check();
    return (int)wb_calls(call);
}

START_TEST(pipe_fails) {
    int calls = calls_undisturbed(WB_PIPE);
    for (int k = 1; k <= calls; k++)
        run_failing(WB_PIPE, "pipe(), socketpair() or memfd_create()", k,
                    -EMFILE, true);
}
END_TEST

START_TEST(mapping_fails) {
    int calls = calls_undisturbed(WB_MMAP);
    for (int k = 1; k <= calls; k++)
        run_failing(WB_MMAP, "mmap()", k, -ENOMEM, false);
}
END_TEST

START_TEST(memory_is_short) {
    int calls = calls_undisturbed(WB_MALLOC);
    for (int k = 1; k <= calls && k <= 16; k++) {
        prepare(0, 1000, 3);
        wb_fail_call(WB_MALLOC, k);
        int rc = run();
        wb_fail_call(WB_MALLOC, 0);
        // Memory that a child asks for in vain is the failure of that child.
        expect(rc == -ENOMEM || rc > 0,
               "fork_map returned %d instead of -ENOMEM (%d) although "
               "allocation number %d had failed",
               rc, -ENOMEM, k);
    }
}
END_TEST

START_TEST(calls_are_interrupted) {
    for (int round = 0; round < suite_size(10, 5, 2); round++) {
        prepare(0, 1000, 3);
        errand.signal[1] = round % 2 == 0 ? SIGKILL : 0;
        wb_interrupt_calls(true);
        int rc = run();
        wb_interrupt_calls(false);
        expect_results(rc);
    }
}
END_TEST

// With one child only: several that share one pipe may rely on its taking a
// record as a whole.
START_TEST(reads_are_short) {
    for (int bytes = 1; bytes <= 7; bytes += 2) {
        prepare(0, 1000, 1);
        wb_short_io((size_t)bytes);
        int rc = run();
        wb_short_io(0);
        expect_results(rc);
    }
}
END_TEST

START_TEST(nothing_adds_up) {
    for (int round = 0; round < suite_size(20, 5, 2); round++) {
        prepare(0, 100, 2);
        errand.signal[0] = round % 3 == 0 ? SIGKILL : 0;
        errand.code[1] = round % 2;
        run_and_check();
    }
}
END_TEST

SUITE(
    TEST(each_part_has_its_result, "every part's result comes back, in its "
                                   "place"),
    TEST(more_children_than_numbers, "every part has a child, an empty one "
                                     "too"),
    TEST(ends_of_long, "ranges at both ends of long work"),
    TEST(many_children, "32 children work as well as 4"),
    TEST(bad_arguments, "nprocs < 1 and hi < lo give -EINVAL and start "
                        "nothing"),
    TEST(all_at_once, "all children run at the same time",
         .kind = "no-overlap"),
    TEST(children_are_processes, "fn runs in child processes, and what it "
                                 "changes stays there"),
    TEST(children_end_in_any_order, "results are right in whatever order "
                                    "children end"),
    TEST(waiting_text_comes_out_once, "text waiting in a stdio buffer comes "
                                      "out once"),
    TEST(exit_functions_stay_with_the_caller, "no atexit function of the "
                                              "caller runs in a child"),
    TEST(codes_come_back, "a code that fn returns comes back in status[]"),
    TEST(signals_come_back, "a child that a signal ends gives minus its "
                            "number in status[]"),
    TEST(all_fail, "children may all fail, and the next call works"),
    TEST(fork_fails, "if fork fails, the children already started are killed "
                     "and reaped", .kind = "child-leak"),
    TEST(pipe_fails, "if a pipe cannot be made, the children already started "
                     "are killed and reaped", .kind = "child-leak"),
    TEST(mapping_fails, "if memory cannot be mapped, -ENOMEM comes back"),
    TEST(memory_is_short, "if memory is short, -ENOMEM comes back"),
    TEST(calls_are_interrupted, "calls that a signal interrupts are made "
                                "again"),
    TEST(reads_are_short, "results arrive whole even if a read brings only "
                          "some of the bytes"),
    TEST(nothing_adds_up, "many calls in a row leave no child and no "
                          "descriptor behind"),
)

// --- Speed -------------------------------------------------------------------

static struct {
    long lo, hi;
    int threads;
} load;

// About 60 ms for the reference.
static void load_prepare(unsigned long seed, int threads) {
    unsigned long state = seed;
    load.lo = (long)(suite_random(&state) % 2000000) - 1000000;
    load.hi = load.lo + 24000000 + (long)(suite_random(&state) % 1000000);
    load.threads = threads < MOST ? threads : MOST;
}

static double load_serial(void) {
    return do_math(load.lo, load.hi);
}

static int load_part(long lo, long hi, void *ctx, double *out) {
    (void)ctx;
    *out = do_math(lo, hi);
    return 0;
}

static double load_parallel(void) {
    double sum = 0;
    if (fork_map(load_part, NULL, load.lo, load.hi, load.threads, partial,
                 status) != 0)
        return -1;
    for (int i = 0; i < load.threads; i++)
        sum += partial[i];
    return sum;
}

// The system spreads new processes over the CPUs less promptly than threads:
// hence the low efficiency wanted. That children overlap is tested above.
SPEED(.says = "fork_map() over do_math() against do_math()",
      .prepare = load_prepare, .reference = load_serial,
      .answer = load_parallel, .tolerance = 1e-9, .efficiency = 0.6,
      .cost = 1.25)
