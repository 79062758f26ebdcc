// SPDX-License-Identifier: MIT
// Tests of run_command.
//
// The programs that are run are those that every Debian has: cat, true, sleep,
// printf, ls, sh, and perl where a shell cannot do it.
#include "run_command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { KIB = 1024, MIB = 1024 * KIB };

// One call: what was asked, what came back.
struct call {
    char what[400]; // "run_command({"cat"}, 3 bytes, timeout 100)"
    int rc;
    struct run r;
};

static char *poison(void) {
    static char bytes[1] = "?";
    return bytes;
}

static void describe(struct call *call, char *const argv[], size_t in_len,
                     long timeout_ms) {
    int room = sizeof call->what;
    int at = snprintf(call->what, (size_t)room, "run_command({");
    for (int i = 0; argv[i] != NULL && at < room; i++)
        at += snprintf(call->what + at, (size_t)(room - at), "%s\"%.120s\"",
                       i == 0 ? "" : ", ", argv[i]);
    if (at < room)
        at += snprintf(call->what + at, (size_t)(room - at),
                       "}, %zu bytes of input", in_len);
    if (at < room && timeout_ms >= 0)
        at += snprintf(call->what + at, (size_t)(room - at), ", timeout %ld ms",
                       timeout_ms);
    if (at < room)
        snprintf(call->what + at, (size_t)(room - at), ")");
}

static void run(struct call *call, char *const argv[], const void *in,
                size_t in_len, long timeout_ms) {
    describe(call, argv, in_len, timeout_ms);
    call->r = (struct run){.exit_code = -77,
                           .term_signal = -77,
                           .out = poison(),
                           .err = poison(),
                           .out_len = 7777,
                           .err_len = 7777};
    call->rc = run_command(argv, in, in_len, timeout_ms, &call->r);
}

#define ARGV(...) ((char *const[]){__VA_ARGS__, NULL})
#define SHELL(script) ARGV("sh", "-c", script)
#define PERL(script) ARGV("perl", "-e", script)

// --- What must hold after every call -----------------------------------------

static void expect_text(const struct call *call, const char *name,
                        const char *bytes, size_t length) {
    expect(bytes != poison() && length != 7777,
           "%s returned %d and did not set r->%s", call->what, call->rc, name);
    if (call->rc == 0 || call->rc == -ETIMEDOUT) {
        expect(bytes != NULL,
               "%s returned %d, and r->%s is NULL: it must be "
               "there, even for 0 bytes",
               call->what, call->rc, name);
        expect(bytes[length] == '\0',
               "%s returned %d, and behind the %zu bytes of r->%s comes %d "
               "instead of the additional 0",
               call->what, call->rc, length, name, bytes[length]);
    } else {
        expect(bytes == NULL && length == 0,
               "%s returned %d, and r->%s is %s with %zu bytes instead of NULL "
               "with 0",
               call->what, call->rc, name, bytes == NULL ? "NULL" : "set",
               length);
    }
}

static void expect_shape(const struct call *call) {
    expect(call->r.exit_code != -77 && call->r.term_signal != -77,
           "%s returned %d and left r->exit_code or r->term_signal as it was "
           "before the call",
           call->what, call->rc);
    expect_text(call, "out", call->r.out, call->r.out_len);
    expect_text(call, "err", call->r.err, call->r.err_len);
}

static void finish(struct call *call) {
    expect_shape(call);
    run_free(&call->r);
    expect(call->r.out == NULL && call->r.err == NULL,
           "run_free() left r->out or r->err set");
    run_free(&call->r);
}

static void expect_nothing_left(const struct call *call, int fds_before) {
    int children = wb_children(), fds = wb_open_fds();
    expect_kind("child-leak", children == 0,
                "%s returned %d and left %d child process%s behind, running or "
                "as zombies: kill it if need be, and wait for it",
                call->what, call->rc, children, children == 1 ? "" : "es");
    expect_kind("thread-leak", wb_threads_live() == 0,
                "%s returned %d, and %d thread%s that it started still run%s",
                call->what, call->rc, wb_threads_live(),
                wb_threads_live() == 1 ? "" : "s",
                wb_threads_live() == 1 ? "s" : "");
    expect_kind("fd-leak", fds == fds_before,
                "%d descriptors were open before %s, %d after it had returned "
                "%d",
                fds_before, call->what, fds, call->rc);
}

// -1 if /tmp is not the test's own: outside of a sandbox, others use it too.
static int files_in_tmp(void) {
    char first[16] = "";
    int fd = open("/proc/1/comm", O_RDONLY | O_CLOEXEC), files = 0;
    if (fd < 0 || read(fd, first, sizeof first - 1) < 0)
        return -1;
    close(fd);
    if (strncmp(first, "bwrap", 5) != 0)
        return -1;
    DIR *folder = opendir("/tmp");
    ck_assert_ptr_ne(folder, NULL);
    while (readdir(folder) != NULL)
        files++;
    closedir(folder);
    return files;
}

static void run_alone(struct call *call, char *const argv[], const void *in,
                      size_t in_len, long timeout_ms) {
    int fds = wb_open_fds(), files = files_in_tmp();
    run(call, argv, in, in_len, timeout_ms);
    expect_nothing_left(call, fds);
    expect(files_in_tmp() <= files,
           "%s returned %d and left a file behind in /tmp", call->what,
           call->rc);
    expect_shape(call);
}

static void expect_ended(const struct call *call, int code, int number) {
    expect(call->rc == 0, "%s returned %d (%s) instead of 0", call->what,
           call->rc, strerror(-call->rc));
    expect(call->r.exit_code == code && call->r.term_signal == number,
           "%s: exit_code is %d and term_signal %d instead of %d and %d",
           call->what, call->r.exit_code, call->r.term_signal, code, number);
}

static void expect_bytes(const struct call *call, const char *name,
                         const char *got, size_t got_length, const char *due,
                         size_t length) {
    expect(got_length == length, "%s: r->%s_len is %zu instead of %zu",
           call->what, name, got_length, length);
    for (size_t i = 0; i < length; i++)
        expect(got[i] == due[i], "%s: byte %zu of r->%s is %d instead of %d",
               call->what, i, name, got[i], due[i]);
}

static void expect_words(const struct call *call, const char *out,
                         const char *err) {
    expect_bytes(call, "out", call->r.out, call->r.out_len, out, strlen(out));
    expect_bytes(call, "err", call->r.err, call->r.err_len, err, strlen(err));
}

static void expect_run(char *const argv[], const char *in, const char *out,
                       const char *err, int code) {
    struct call call;
    run_alone(&call, argv, in, in == NULL ? 0 : strlen(in), -1);
    expect_ended(&call, code, 0);
    expect_words(&call, out, err);
    finish(&call);
}

static char *noise(size_t size, unsigned long seed) {
    char *bytes = malloc(size);
    ck_assert_ptr_ne(bytes, NULL);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(suite_random(&seed) >> 11);
    return bytes;
}

// --- Output, input, end ------------------------------------------------------

START_TEST(output_comes_back) {
    expect_run(ARGV("echo", "hello"), NULL, "hello\n", "", 0);
    expect_run(SHELL("echo one; echo two >&2; echo three"), NULL,
               "one\nthree\n", "two\n", 0);
    expect_run(ARGV("true"), NULL, "", "", 0);
}
END_TEST

START_TEST(arguments_are_passed_as_they_are) {
    expect_run(ARGV("printf", "%s|", "a b", "$HOME", "", "*", "'\"\\"), NULL,
               "a b|$HOME||*|'\"\\|", "", 0);
    expect_run(ARGV("/bin/sh", "-c", "echo \"$LOCKSTEP_TEST\""), NULL, "\n", "",
               0);
    setenv("LOCKSTEP_TEST", "of the caller", 1);
    expect_run(ARGV("/bin/sh", "-c", "echo \"$LOCKSTEP_TEST\""), NULL,
               "of the caller\n", "", 0);
}
END_TEST

START_TEST(input_arrives_and_ends) {
    expect_run(ARGV("cat"), "some words", "some words", "", 0);
    expect_run(ARGV("cat"), NULL, "", "", 0);
    expect_run(ARGV("cat"), "", "", "", 0);
    expect_run(SHELL("cat >&2; echo end"), "in", "end\n", "in", 0);
}
END_TEST

START_TEST(exit_codes_come_back) {
    expect_run(SHELL("exit 7"), NULL, "", "", 7);
    expect_run(SHELL("echo x; exit 127"), NULL, "x\n", "", 127);
    expect_run(SHELL("exit 255"), "ignored", "", "", 255);
}
END_TEST

START_TEST(signals_come_back) {
    struct call call;
    run_alone(&call, SHELL("echo first; kill -9 $$"), NULL, 0, -1);
    expect_ended(&call, -1, SIGKILL);
    expect_words(&call, "first\n", "");
    finish(&call);
    run_alone(&call, SHELL("kill -15 $$"), NULL, 0, 60000);
    expect_ended(&call, -1, SIGTERM);
    finish(&call);
}
END_TEST

// --- Much of everything ------------------------------------------------------

static void expect_copied(size_t size, long timeout_ms) {
    char *bytes = noise(size, size);
    struct call call;
    run_alone(&call, ARGV("cat"), bytes, size, timeout_ms);
    expect_ended(&call, 0, 0);
    expect_bytes(&call, "out", call.r.out, call.r.out_len, bytes, size);
    finish(&call);
    free(bytes);
}

START_TEST(more_than_a_pipe_holds) {
    expect_copied(4 * MIB, -1);
    expect_copied(64 * KIB, 60000);
    expect_copied(64 * KIB + 1, 60000);
}
END_TEST

static void expect_flood(char *const argv[], size_t out, size_t err) {
    struct call call;
    run_alone(&call, argv, NULL, 0, -1);
    expect_ended(&call, 0, 0);
    expect(call.r.out_len == out && call.r.err_len == err,
           "%s: %zu bytes of standard output and %zu of standard error "
           "arrived instead of %zu and %zu",
           call.what, call.r.out_len, call.r.err_len, out, err);
    finish(&call);
}

START_TEST(both_outputs_are_read) {
    expect_flood(SHELL("head -c 1048576 /dev/zero >&2; "
                       "head -c 1048576 /dev/zero"),
                 MIB, MIB);
    expect_flood(SHELL("head -c 1048576 /dev/zero; "
                       "head -c 1048576 /dev/zero >&2"),
                 MIB, MIB);
    expect_flood(PERL("$|=1; for (1..16) { print 'x' x 65536; "
                      "print STDERR 'y' x 65536; }"),
                 MIB, MIB);
    expect_flood(SHELL("cat; exec >&-; head -c 200000 /dev/zero >&2"), 0,
                 200000);
}
END_TEST

// Holds the caller after its fork until the program has ended (or 10 s).
static void until_it_ends(long pid) {
    siginfo_t ended = {0};
    for (int i = 0; i < 2000 && ended.si_pid == 0; i++) {
        waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT);
        if (ended.si_pid == 0)
            wb_sleep_ms(5);
    }
}

START_TEST(the_end_comes_before_the_output) {
    suite_note("the program writes 50,000 bytes to each output and ends, all "
               "before the first of them is read");
    wb_after_call(WB_FORK, until_it_ends);
    expect_flood(SHELL("head -c 50000 /dev/zero; head -c 50000 /dev/zero >&2"),
                 50000, 50000);
    expect_flood(SHELL("head -c 50000 /dev/zero >&2; echo end"), 4, 50000);
    wb_after_call(WB_FORK, NULL);
}
END_TEST

START_TEST(input_need_not_be_read) {
    char *bytes = noise(MIB, 3);
    struct call call;
    for (int i = 0; i < 3; i++) {
        run_alone(&call, ARGV("true"), bytes, MIB, -1);
        expect_ended(&call, 0, 0);
        finish(&call);
    }
    run_alone(&call, ARGV("head", "-c", "10"), bytes, MIB, -1);
    expect_ended(&call, 0, 0);
    expect_bytes(&call, "out", call.r.out, call.r.out_len, bytes, 10);
    finish(&call);
    run_alone(&call, SHELL("exec <&-; sleep 0.02; echo done"), bytes, MIB, -1);
    expect_ended(&call, 0, 0);
    expect_words(&call, "done\n", "");
    finish(&call);
    // It goes on while nobody has read a byte.
    run_alone(&call, SHELL("head -c 300000 /dev/zero >&2; echo done"), bytes,
              MIB, -1);
    expect_ended(&call, 0, 0);
    finish(&call);
    free(bytes);
}
END_TEST

// --- Programs that cannot be started -----------------------------------------

static void expect_no_program(char *name, int error) {
    struct call call;
    run_alone(&call, ARGV(name, "x"), "input", 5, -1);
    expect(call.rc == error, "%s returned %d (%s) instead of %d (%s): %s",
           call.what, call.rc, strerror(-call.rc), error, strerror(-error),
           call.rc == 0 && call.r.exit_code == 127
               ? "an exit code of 127 may also be the program's own"
               : "what exec said");
    finish(&call);
}

START_TEST(no_such_program) {
    expect_no_program("no-such-program-anywhere", -ENOENT);
    expect_no_program("/tmp/no/such/program", -ENOENT);
    expect_no_program("/usr", -EACCES);
    int fd =
        open("/tmp/lockstep-no-program", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    ck_assert_int_ge(fd, 0);
    close(fd);
    expect_no_program("/tmp/lockstep-no-program", -EACCES);
    expect_no_program("/tmp/lockstep-no-program/below", -ENOTDIR);
    unlink("/tmp/lockstep-no-program");
    expect_run(ARGV("echo", "and on"), NULL, "and on\n", "", 0);
}
END_TEST

START_TEST(too_long_an_argument) {
    size_t size = 200 * KIB; // the system allows 128
    char *word = malloc(size + 1);
    ck_assert_ptr_ne(word, NULL);
    memset(word, 'a', size);
    word[size] = '\0';
    struct call call;
    run_alone(&call, ARGV("echo", word), NULL, 0, -1);
    expect(call.rc == -E2BIG,
           "with an argument of 200 KiB, run_command returned %d (%s) instead "
           "of %d (%s): what exec said",
           call.rc, strerror(-call.rc), -E2BIG, strerror(E2BIG));
    finish(&call);
    free(word);
}
END_TEST

// A child that leaves by exit() flushes what its parent has printed, and runs
// its exit handlers.
static pid_t tester;
static atomic_int *handled; // by whom else; shared with all children

static void on_exit_of_a_child(void) {
    if (getpid() != tester)
        atomic_fetch_add(handled, 1);
}

START_TEST(the_child_leaves_by_itself) {
    handled = mmap(NULL, sizeof *handled, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(handled != MAP_FAILED);
    tester = getpid();
    ck_assert_int_eq(atexit(on_exit_of_a_child), 0);
    expect_no_program("no-such-program-anywhere", -ENOENT);
    expect(*handled == 0,
           "the child that could not become the program left by exit(): that "
           "runs the caller's exit handlers and writes once more what the "
           "caller has printed and not flushed. It may only leave by _exit()");
}
END_TEST

// --- The time limit ----------------------------------------------------------

// Sleeps for ever, in a read of a pipe of its own.
#define FOR_EVER "pipe(R,W); sysread(R,$x,1);"

static void expect_timed_out(const struct call *call) {
    expect(call->rc == -ETIMEDOUT,
           "%s returned %d instead of -ETIMEDOUT (%d): the program does not "
           "end by itself in that time",
           call->what, call->rc, -ETIMEDOUT);
    expect(call->r.term_signal == SIGKILL && call->r.exit_code == -1,
           "%s timed out with exit_code %d and term_signal %d instead of -1 "
           "and SIGKILL (%d)",
           call->what, call->r.exit_code, call->r.term_signal, SIGKILL);
}

// A busy machine may not even get to the program's first line in the shortest
// of these times.
START_TEST(time_is_up) {
    static const long times[] = {200, 1000, 4000};
    struct call call;
    for (int i = 0; i < 3; i++) {
        run_alone(&call,
                  PERL("$SIG{TERM}='IGNORE'; $|=1; print 'part'; "
                       "print STDERR 'also'; " FOR_EVER),
                  NULL, 0, times[i]);
        expect_timed_out(&call);
        if (call.r.out_len > 0 && call.r.err_len > 0)
            break;
        if (i < 2)
            finish(&call);
    }
    expect(call.r.out_len > 0 && call.r.err_len > 0,
           "%s: of what the program had written before its time was up, "
           "%zu and %zu bytes arrived instead of 4 and 4",
           call.what, call.r.out_len, call.r.err_len);
    expect_words(&call, "part", "also");
    finish(&call);
}
END_TEST

// The caller is held after its fork until the program has written, and its time
// is up. HELD says whether that came about.
static struct {
    char path[64]; // which the program makes when it has written
    bool held;
} late;

static void be_late(long pid) {
    siginfo_t ended = {0};
    for (int i = 0; i < 2000 && !late.held && ended.si_pid == 0; i++) {
        late.held = access(late.path, F_OK) == 0;
        wb_sleep_ms(5);
        waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT);
    }
    wb_sleep_ms(250);
}

START_TEST(time_is_up_before_a_look) {
    suite_note("the program has written, and its time is up, before "
               "run_command comes to do anything after its fork");
    char script[200];
    struct call call;
    snprintf(late.path, sizeof late.path, "/tmp/lockstep-late-%d",
             (int)getpid());
    snprintf(script, sizeof script,
             "$|=1; print 'x' x 50000; print STDERR 'y' x 50000; "
             "open(F, '>', '%s'); "
             "close F; " FOR_EVER,
             late.path);
    wb_after_call(WB_FORK, be_late);
    run(&call, PERL(script), NULL, 0, 200);
    wb_after_call(WB_FORK, NULL);
    unlink(late.path);
    expect_timed_out(&call);
    if (late.held)
        expect(call.r.out_len == 50000 && call.r.err_len == 50000,
               "the program had written 50,000 bytes to each output before its "
               "time was up, but nobody had read them by then: %zu and %zu "
               "came back. What is still in the pipes is to be read after the "
               "kill",
               call.r.out_len, call.r.err_len);
    finish(&call);
}
END_TEST

START_TEST(time_is_up_with_closed_outputs) {
    struct call call;
    run_alone(&call, PERL("close STDOUT; close STDERR; " FOR_EVER), NULL, 0,
              200);
    expect_timed_out(&call);
    finish(&call);
}
END_TEST

START_TEST(time_is_up_while_feeding) {
    char *bytes = noise(MIB, 4);
    struct call call;
    run_alone(&call, PERL(FOR_EVER), bytes, MIB, 200);
    expect_timed_out(&call);
    finish(&call);
    free(bytes);
}
END_TEST

// The limit is for the call as a whole, not for each wait in it. The program
// ends after 4 s, to keep a wrong answer short.
START_TEST(time_is_up_while_it_writes) {
    struct call call;
    run_alone(&call,
              PERL("$|=1; for (1..400) { print 'x'; "
                   "select(undef,undef,undef,0.01) }"),
              NULL, 0, 300);
    expect_timed_out(&call);
    finish(&call);
}
END_TEST

START_TEST(time_is_not_up) {
    struct call call;
    static const long times[] = {60000, 4294967297}; // 50 days
    for (int i = 0; i < 2; i++) {
        run_alone(&call, SHELL("sleep 0.1; echo done"), NULL, 0, times[i]);
        expect_ended(&call, 0, 0);
        expect_words(&call, "done\n", "");
        finish(&call);
    }
}
END_TEST

// The wait may not be a loop that asks and asks.
static void wait_for_free(char *const argv[], const char *in, size_t in_len,
                          long timeout_ms) {
    struct call call;
    wb_reset_counts();
    double cpu = wb_cpu_ms();
    long begun = wb_now_ms();
    run_alone(&call, argv, in, in_len, timeout_ms);
    long took = wb_now_ms() - begun;
    cpu = wb_cpu_ms() - cpu;
    expect_ended(&call, 0, 0);
    finish(&call);
    long calls = wb_calls(WB_POLL) + wb_calls(WB_WAITPID) + wb_calls(WB_SLEEP) +
                 wb_calls(WB_READ) + wb_calls(WB_WRITE) +
                 wb_calls(WB_COND_WAIT) + wb_calls(WB_MUTEX_LOCK);
    expect_kind(
        "busy-wait", calls < 4 * took + 500,
        "%s took %ld ms, in which the program slept, and made %ld calls "
        "(poll, waitpid, read, sleep …): it asks again and again instead of "
        "sleeping",
        call.what, took, calls);
    expect_kind(
        "busy-wait", suite_tool() != TOOL_PLAIN || cpu < 100,
        "%s took %ld ms, in which the program slept, and used %.0f ms of "
        "CPU time: it waits in a loop that never sleeps",
        call.what, took, cpu);
}

START_TEST(waiting_costs_nothing) {
    wait_for_free(ARGV("sleep", "0.3"), NULL, 0, 60000);
}
END_TEST

// Each pipe that is at its end can always be "read", or "written".
START_TEST(closed_pipes_cost_nothing) {
    char *bytes = noise(MIB, 6);
    wait_for_free(SHELL("exec >&-; sleep 0.2"), NULL, 0, 60000);
    wait_for_free(SHELL("exec 2>&-; sleep 0.2"), NULL, 0, -1);
    wait_for_free(SHELL("exec >&- 2>&-; sleep 0.2"), NULL, 0, 60000);
    wait_for_free(SHELL("exec <&-; sleep 0.2"), bytes, MIB, 60000);
    free(bytes);
}
END_TEST

// --- Descriptors -------------------------------------------------------------

enum { MOST_TARGETS = 64 };

// What the caller had open before any call.
static char before[MOST_TARGETS][128];
static int before_count;

static void note_open(void) {
    before_count = 0;
    DIR *folder = opendir("/proc/self/fd");
    ck_assert_ptr_ne(folder, NULL);
    for (struct dirent *entry;
         (entry = readdir(folder)) != NULL && before_count < MOST_TARGETS;) {
        char path[300];
        snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
        ssize_t length = readlink(path, before[before_count], 127);
        if (length > 0)
            before[before_count++][length] = '\0';
    }
    closedir(folder);
}

static bool was_open(const char *target) {
    for (int i = 0; i < before_count; i++)
        if (strcmp(before[i], target) == 0)
            return true;
    return false;
}

// Of "ls -l /proc/self/fd", in which lines end in "5 -> pipe:[123]".
static void expect_own_descriptors(const struct call *call, const char *when) {
    int standard = 0;
    char *rest = call->r.out, *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        char *arrow = strstr(line, " -> ");
        if (arrow == NULL)
            continue;
        *arrow = '\0';
        char *number = strrchr(line, ' ');
        int fd = number == NULL ? -1 : atoi(number + 1);
        const char *target = arrow + 4;
        standard += fd >= 0 && fd <= 2;
        bool foreign =
            fd > 2 && !was_open(target) && strncmp(target, "/proc/", 6) != 0;
        expect_kind("fd-leak", !foreign,
                    "%s: the program was started with descriptor %d (%s) open, "
                    "which run_command made; it may have 0, 1 and 2 only%s",
                    call->what, fd, target, when);
    }
    expect(standard == 3,
           "%s: the program had %d of the descriptors 0, 1 and "
           "2",
           call->what, standard);
}

#define LIST ARGV("ls", "-l", "/proc/self/fd")

START_TEST(descriptors_of_the_program) {
    struct call call;
    note_open();
    run_alone(&call, LIST, "x", 1, 60000);
    expect_ended(&call, 0, 0);
    expect_own_descriptors(&call, "");
    finish(&call);
}
END_TEST

// With some of 0, 1 and 2 closed in the caller, the pipes get these numbers.
// Bit i of CLOSED: I is.
static void run_without(unsigned closed, struct call *call,
                        char *const argv[]) {
    int kept[3];
    suite_note("in the caller, of the descriptors 0, 1 and 2 these are closed:"
               "%s%s%s",
               closed & 1 ? " 0" : "", closed & 2 ? " 1" : "",
               closed & 4 ? " 2" : "");
    for (int i = 0; i < 3; i++)
        kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 20);
    for (int i = 0; i < 3; i++)
        if (closed >> i & 1)
            close(i);
    int before = wb_open_fds();
    run(call, argv, "in", 2, -1);
    int after = wb_open_fds();
    for (int i = 0; i < 3; i++) {
        dup2(kept[i], i);
        close(kept[i]);
    }
    expect_kind("fd-leak", before == after,
                "%d descriptors were open before %s, %d after it: a descriptor "
                "may also be 0",
                before, call->what, after);
}

START_TEST(without_standard_descriptors) {
    struct call call;
    for (unsigned closed = 7; closed > 0; closed--) {
        run_without(closed, &call, SHELL("cat; echo err >&2"));
        expect_ended(&call, 0, 0);
        expect_words(&call, "in", "err\n");
        finish(&call);
        run_without(closed, &call, ARGV("no-such-program-anywhere"));
        expect(call.rc == -ENOENT, "%s returned %d instead of -ENOENT (%d)",
               call.what, call.rc, -ENOENT);
        finish(&call);
    }
}
END_TEST

// --- Several threads ---------------------------------------------------------

static void *copy_some(void *argument) {
    unsigned long seed = (unsigned long)(size_t)argument;
    size_t size = 70000 + 1000 * (size_t)argument;
    char *bytes = noise(size, seed);
    for (int i = 0; i < suite_size(4, 2, 1); i++) {
        struct call call;
        run(&call, ARGV("cat"), bytes, size, 60000);
        expect_ended(&call, 0, 0);
        expect_bytes(&call, "out", call.r.out, call.r.out_len, bytes, size);
        finish(&call);
    }
    free(bytes);
    return NULL;
}

START_TEST(several_threads_at_once) {
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    int fds = wb_open_fds();
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, copy_some, (void *)(i + 1)), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    expect_kind("child-leak", wb_children() == 0,
                "after calls from several threads %d child processes are left",
                wb_children());
    expect_kind("fd-leak", wb_open_fds() == fds,
                "%d descriptors were open before the calls from several "
                "threads, %d after them",
                fds, wb_open_fds());
}
END_TEST

// One thread is held right after its K-th call that makes descriptors, or after
// its fork; meanwhile another one runs a program that lists what it has.
static struct {
    wb_gauge *gauge;
    int k; // 0: at the fork
    sem_t held;
    atomic_int made; // descriptors' calls of the held thread
} hold;
static _Thread_local bool is_held_one;

static void stop_here(void) {
    sem_post(&hold.held);
    wb_gauge_enter(hold.gauge);
    wb_gauge_leave(hold.gauge);
}

static void after_pipe(long result) {
    (void)result;
    if (is_held_one && atomic_fetch_add(&hold.made, 1) + 1 == hold.k)
        stop_here();
}

static void after_fork(long result) {
    (void)result;
    if (is_held_one && hold.k == 0)
        stop_here();
}

static void *be_held(void *call) {
    is_held_one = true;
    run(call, ARGV("cat"), "held", 4, 60000);
    sem_post(&hold.held);
    return NULL;
}

// How many such calls the held thread has made.
static int run_two(int k) {
    struct call held, other;
    pthread_t thread;
    hold.gauge = wb_gauge_new(2);
    hold.k = k;
    hold.made = 0;
    sem_init(&hold.held, 0, 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, be_held, &held), 0);
    sem_wait(&hold.held);
    run(&other, LIST, "x", 1, 60000);
    wb_gauge_enter(hold.gauge);
    wb_gauge_leave(hold.gauge);
    pthread_join(thread, NULL);
    expect_ended(&other, 0, 0);
    expect_own_descriptors(
        &other, k == 0 ? ". They belong to another thread's call, which had "
                         "just forked"
                       : ". They belong to another thread's call, which had "
                         "just made them");
    finish(&other);
    expect_ended(&held, 0, 0);
    expect_words(&held, "held", "");
    finish(&held);
    wb_gauge_free(hold.gauge);
    sem_destroy(&hold.held);
    return hold.made;
}

START_TEST(descriptors_of_another_call) {
    note_open();
    wb_after_call(WB_PIPE, after_pipe);
    wb_after_call(WB_FORK, after_fork);
    int made = run_two(0);
    for (int k = 1; k <= made && k <= 10; k++)
        run_two(k);
}
END_TEST

// --- Signals and other children ----------------------------------------------

static void on_signal(int number) {
    (void)number;
}

START_TEST(signals_of_the_caller) {
    struct sigaction mine = {.sa_handler = on_signal}, now;
    sigset_t mask, after;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigaction(SIGPIPE, &mine, NULL);
    sigaction(SIGCHLD, &mine, NULL);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    char *bytes = noise(MIB, 5);
    struct call call;
    run_alone(&call, ARGV("true"), bytes, MIB, 60000);
    free(bytes);
    expect_ended(&call, 0, 0);
    finish(&call);
    static const int numbers[] = {SIGPIPE, SIGCHLD};
    for (int i = 0; i < 2; i++) {
        sigaction(numbers[i], NULL, &now);
        expect(now.sa_handler == on_signal,
               "the caller's handler for %s was there before run_command, and "
               "is not any more",
               i == 0 ? "SIGPIPE" : "SIGCHLD");
    }
    sigprocmask(SIG_SETMASK, NULL, &after);
    for (int n = 1; n < 32; n++)
        expect(sigismember(&after, n) == (n == SIGUSR1),
               "signal %d (%s) is %s after run_command; before, it was %s", n,
               strsignal(n), n == SIGUSR1 ? "not blocked" : "blocked",
               n == SIGUSR1 ? "blocked" : "not blocked");
}
END_TEST

static unsigned long long signals_in(const char *text, const char *name) {
    unsigned long long set = 0;
    const char *at = strstr(text, name);
    ck_assert_ptr_ne(at, NULL);
    sscanf(at + strlen(name), " %llx", &set);
    return set;
}

static void expect_same_signals(const struct call *call, const char *mine,
                                const char *name, const char *what) {
    unsigned long long due = signals_in(mine, name);
    unsigned long long got = signals_in(call->r.out, name);
    for (int n = 1; n < 32; n++)
        expect((due >> (n - 1) & 1) == (got >> (n - 1) & 1),
               "the program started with signal %d (%s) %s%s, unlike the "
               "caller",
               n, strsignal(n), got >> (n - 1) & 1 ? "" : "not ", what);
}

static void expect_signals_kept(int blocked, int ignored) {
    signal(ignored, SIG_IGN);
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, blocked);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    char mine[8192] = "";
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ck_assert_int_gt((int)read(fd, mine, sizeof mine - 1), 0);
    close(fd);
    struct call call;
    run_alone(&call, ARGV("cat", "/proc/self/status"), "x", 1, 60000);
    expect_ended(&call, 0, 0);
    expect_same_signals(&call, mine, "\nSigBlk:", "blocked");
    expect_same_signals(&call, mine, "\nSigIgn:", "ignored");
    finish(&call);
    signal(ignored, SIG_DFL);
}

START_TEST(signals_of_the_program) {
    expect_signals_kept(SIGUSR1, SIGUSR2);
    expect_signals_kept(SIGTERM, SIGPIPE);
}
END_TEST

// One thread's program waits for another's, and takes no input; when its call
// has returned, the other's program ends.
static struct {
    char here[64], fifo[64], door[64];
    int opened; // the door
} meeting;

static void *wait_for_the_other(void *argument) {
    char script[200];
    snprintf(script, sizeof script, ": > %s; cat %s", meeting.here,
             meeting.fifo);
    char *bytes = noise(MIB, 7);
    run(argument, SHELL(script), bytes, MIB, -1);
    free(bytes);
    ck_assert_int_eq((int)write(meeting.opened, "\n", 1), 1);
    return NULL;
}

START_TEST(calls_do_not_wait_for_each_other) {
    char mine[8192] = "", script[300];
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ck_assert_int_gt((int)read(fd, mine, sizeof mine - 1), 0);
    close(fd);
    snprintf(meeting.here, 64, "/tmp/lockstep-here-%d", (int)getpid());
    snprintf(meeting.fifo, 64, "/tmp/lockstep-fifo-%d", (int)getpid());
    snprintf(meeting.door, 64, "/tmp/lockstep-door-%d", (int)getpid());
    ck_assert_int_eq(mkfifo(meeting.fifo, 0600), 0);
    ck_assert_int_eq(mkfifo(meeting.door, 0600), 0);
    meeting.opened = open(meeting.door, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(meeting.opened, 0);
    snprintf(script, sizeof script,
             "cat /proc/self/status; echo met > %s; read x < %s", meeting.fifo,
             meeting.door);
    pthread_t thread;
    struct call waits, other;
    suite_note("one thread's program waits for a line from another's, which is "
               "run meanwhile");
    ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_the_other, &waits),
                     0);
    // It runs, and its input is being written.
    for (int i = 0; i < 400 && (access(meeting.here, F_OK) != 0 ||
                                wb_calls(WB_WRITE) == 0);
         i++)
        wb_sleep_ms(5);
    run(&other, SHELL(script), NULL, 0, -1);
    pthread_join(thread, NULL);
    unlink(meeting.here);
    unlink(meeting.fifo);
    unlink(meeting.door);
    close(meeting.opened);
    expect_ended(&other, 0, 0);
    if (suite_tool() == TOOL_PLAIN)
        expect_same_signals(&other, mine, "\nSigIgn:",
                            "ignored while another call was under way");
    struct sigaction now;
    sigaction(SIGPIPE, NULL, &now);
    expect(now.sa_handler == SIG_DFL,
           "before two calls that overlapped SIGPIPE had its default action, "
           "after them it has not: who changes it for a while changes it for "
           "all threads, and takes another call's change for the caller's");
    finish(&other);
    expect_ended(&waits, 0, 0);
    expect_words(&waits, "met\n", "");
    finish(&waits);
}
END_TEST

// Older than the program, and ended before it: it must still be there to be
// waited for.
START_TEST(other_children_are_not_touched) {
    pid_t other = fork();
    ck_assert_int_ge(other, 0);
    if (other == 0)
        _exit(5);
    siginfo_t info;
    waitid(P_PID, (id_t)other, &info, WEXITED | WNOWAIT);
    struct call call;
    run(&call, SHELL("sleep 0.05; exit 3"), NULL, 0, 60000);
    expect_ended(&call, 3, 0);
    finish(&call);
    int status = -1;
    pid_t got = waitpid(other, &status, 0);
    expect_kind("child-leak", got == other && WEXITSTATUS(status) == 5,
                "another child of the caller's, which had ended before "
                "run_command was called, has been waited for by run_command");
    expect_kind("child-leak", wb_children() == 0,
                "run_command left a child process behind");
}
END_TEST

// --- The world fails ---------------------------------------------------------

static void expect_calls_counted(enum wb_call call, int *count) {
    struct call undisturbed;
    wb_reset_counts();
    run_alone(&undisturbed, SHELL("head -c 300000 /dev/zero"), "x", 1, 60000);
    expect_ended(&undisturbed, 0, 0);
    finish(&undisturbed);
    *count = (int)wb_calls(call);
}

// Fails each CALL in turn. The program writes more than fits, and never ends.
static void expect_each_failure(enum wb_call call, const char *name,
                                int error) {
    int count;
    expect_calls_counted(call, &count);
    for (int k = 1; k <= count && k <= 24; k++) {
        struct call failing;
        wb_fail_call(call, k);
        run_alone(&failing,
                  PERL("$SIG{TERM}=$SIG{PIPE}='IGNORE'; print 'x' x 300000; "
                       "close STDOUT; close STDERR;" FOR_EVER),
                  "x", 1, 2000);
        bool failed = wb_failed(call);
        wb_fail_call(call, 0);
        expect(failing.rc == error || failing.rc == -ETIMEDOUT,
               "call number %d of %s failed, and %s returned %d instead of %d "
               "(%s)",
               k, name, failing.what, failing.rc, error, strerror(-error));
        expect(failing.rc == error || !failed || call == WB_MALLOC,
               "call number %d of %s failed, and %s went on nevertheless, to "
               "return -ETIMEDOUT instead of %d (%s)",
               k, name, failing.what, error, strerror(-error));
        finish(&failing);
    }
}

START_TEST(fork_fails) {
    expect_each_failure(WB_FORK, "fork()", -EAGAIN);
}
END_TEST

START_TEST(pipe_fails) {
    expect_each_failure(WB_PIPE, "pipe(), socketpair() or the like", -EMFILE);
}
END_TEST

START_TEST(thread_fails) {
    expect_each_failure(WB_PTHREAD_CREATE, "pthread_create()", -EAGAIN);
}
END_TEST

// What ends by itself is told of as a whole, or not at all.
static void expect_all_or_nothing(void) {
    bool failed = true;
    for (int k = 1; failed && k <= 24; k++) {
        struct call call;
        wb_fail_call(WB_MALLOC, k);
        run_alone(&call, PERL("print 'x' x 200000; print STDERR 'err!'"), "x",
                  1, 60000);
        failed = wb_failed(WB_MALLOC);
        wb_fail_call(WB_MALLOC, 0);
        expect(call.rc == -ENOMEM ||
                   (call.rc == 0 && call.r.out_len == 200000 &&
                    call.r.err_len == 4),
               "call number %d of malloc() or realloc() failed: %s returned %d "
               "with %zu and %zu bytes, instead of -ENOMEM (%d), or 0 with all "
               "that the program wrote (200,000 and 4 bytes)",
               k, call.what, call.rc, call.r.out_len, call.r.err_len, -ENOMEM);
        finish(&call);
    }
}

START_TEST(memory_is_short) {
    expect_all_or_nothing();
    expect_each_failure(WB_MALLOC, "malloc() or realloc()", -ENOMEM);
    expect_each_failure(WB_MMAP, "mmap()", -ENOMEM);
}
END_TEST

// Then nothing is left, whether it gives up or goes on.
static void fail_in_the_middle(enum wb_call call, const char *name, int error) {
    for (int k = 1; k <= 4; k++) {
        struct call failing;
        wb_fail_call(call, k);
        run_alone(&failing,
                  PERL("$SIG{PIPE}='IGNORE'; print 'x' x 300000; " FOR_EVER),
                  "x", 1, 200);
        wb_fail_call(call, 0);
        expect(failing.rc == error || failing.rc == -ETIMEDOUT,
               "call number %d of %s failed, and %s returned %d instead of %d "
               "(%s) or, if it went on, %d (-ETIMEDOUT)",
               k, name, failing.what, failing.rc, error, strerror(-error),
               -ETIMEDOUT);
        finish(&failing);
    }
}

START_TEST(waiting_fails) {
    fail_in_the_middle(WB_POLL, "poll() or a kin of it", -ENOMEM);
    fail_in_the_middle(WB_READ, "read() or recv()", -EIO);
    fail_in_the_middle(WB_WRITE, "write() or send()", -EIO);
}
END_TEST

// Not before the child is done: its few bytes about exec find room in any pipe,
// and a write that need not wait is not interrupted.
static void interrupt_when_it_ended(long pid) {
    until_it_ends(pid);
    wb_interrupt_calls(true);
}

START_TEST(calls_are_interrupted) {
    suite_note("half of the calls of read, write, poll and waitpid and their "
               "kin fail with EINTR: such a call is to be made again");
    for (int round = 0; round < suite_size(6, 3, 1); round++) {
        wb_interrupt_calls(true);
        expect_copied(256 * KIB, round % 2 == 0 ? -1 : 60000);
        wb_interrupt_calls(false);
    }
    wb_after_call(WB_FORK, interrupt_when_it_ended);
    expect_no_program("no-such-program-anywhere", -ENOENT);
    wb_after_call(WB_FORK, NULL);
    wb_interrupt_calls(true);
    for (int round = 0; round < suite_size(3, 2, 1); round++) {
        struct call call;
        run_alone(&call, PERL(FOR_EVER), "x", 1, 100);
        expect_timed_out(&call);
        finish(&call);
    }
    wb_interrupt_calls(false);
}
END_TEST

START_TEST(reads_and_writes_are_short) {
    suite_note("each read or write moves at most 1,000 bytes");
    wb_short_io(1000);
    expect_copied(100 * KIB, -1);
    expect_copied(100 * KIB, 60000);
    wb_short_io(0);
}
END_TEST

START_TEST(nothing_adds_up) {
    for (int round = 0; round < suite_size(12, 6, 2); round++) {
        expect_run(SHELL("cat; exit 3"), "words", "words", "", 3);
        expect_no_program("no-such-program-anywhere", -ENOENT);
    }
}
END_TEST

SUITE(
    TEST(output_comes_back, "what the program writes comes back, in r->out and "
                            "r->err"),
    TEST(arguments_are_passed_as_they_are, "the program gets the arguments and "
                                           "the environment as they are"),
    TEST(input_arrives_and_ends, "the program gets its input, and then the end "
                                 "of it"),
    TEST(exit_codes_come_back, "the program's exit code comes back, 127 too"),
    TEST(signals_come_back, "a signal that ends the program comes back in "
                            "term_signal"),
    TEST(more_than_a_pipe_holds, "4 MiB go through cat and come back"),
    TEST(both_outputs_are_read, "standard output and standard error are read, "
                                "whichever is written first"),
    TEST(the_end_comes_before_the_output, "what a program wrote before it "
                                          "ended is read to the end"),
    TEST(input_need_not_be_read, "a program that does not read its input ends "
                                 "as usual"),
    TEST(no_such_program, "a program that cannot be executed gives what exec "
                          "said"),
    TEST(too_long_an_argument, "an argument that is too long gives what exec "
                               "said"),
    TEST(the_child_leaves_by_itself,
         "a child that cannot become the program "
         "does nothing of the caller's when it ends"),
    TEST(time_is_up, "a program whose time is up is killed and reaped, and "
                     "what it wrote is kept"),
    TEST(time_is_up_before_a_look, "what the program wrote before its time was "
                                   "up is kept, read or not yet read"),
    TEST(time_is_up_with_closed_outputs, "time also runs for a program that "
                                         "has closed its outputs"),
    TEST(time_is_up_while_feeding, "time also runs while the program does not "
                                   "take its input"),
    TEST(time_is_up_while_it_writes, "the time limit is for the whole call, "
                                     "however often the program writes"),
    TEST(time_is_not_up, "a program that ends before its time is not waited "
                         "for any longer"),
    TEST(waiting_costs_nothing, "while the program is silent, run_command "
                                "sleeps"),
    TEST(closed_pipes_cost_nothing, "it sleeps as well if the program has "
                                    "closed some of its descriptors"),
    TEST(descriptors_of_the_program, "the program has descriptors 0, 1 and 2 "
                                     "and none of run_command's"),
    TEST(without_standard_descriptors, "it works if some of 0, 1 and 2 "
                                       "were closed in the caller"),
    TEST(several_threads_at_once, "several threads may call it at once"),
    TEST(descriptors_of_another_call, "the program has no descriptor of "
                                      "another thread's call"),
    TEST(signals_of_the_caller, "the caller's signal handlers and mask are as "
                                "before"),
    TEST(signals_of_the_program,
         "the program starts with the caller's blocked "
         "and ignored signals",
         .stages = IN_TESTS),
    TEST(calls_do_not_wait_for_each_other, "calls of several threads run at "
                                           "the same time, and change nothing "
                                           "for each other"),
    TEST(other_children_are_not_touched, "other children of the caller are not "
                                         "waited for"),
    TEST(fork_fails, "if fork fails, -EAGAIN comes back and nothing is left"),
    TEST(pipe_fails, "if a pipe cannot be made, -EMFILE comes back and nothing "
                     "is left"),
    TEST(thread_fails, "if a thread cannot be started, -EAGAIN comes back and "
                       "nothing is left"),
    TEST(memory_is_short, "if memory is short, -ENOMEM comes back, and a "
                          "program already started is killed"),
    TEST(waiting_fails, "if poll, read or write fails in the middle, nothing "
                        "is left"),
    TEST(calls_are_interrupted, "calls that a signal interrupts are made "
                                "again"),
    TEST(reads_and_writes_are_short, "reads and writes may move fewer bytes "
                                     "than asked for"),
    TEST(nothing_adds_up, "many calls in a row leave nothing behind"), )
