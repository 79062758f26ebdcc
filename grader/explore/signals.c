// SPDX-License-Identifier: MIT
// Crashes, loops that never end, and signals that the program sends itself.
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "explore/process.h"
#include "explore/real.h"
#include "explore/room.h"
#include "explore/shared.h"

enum {
    CRASH_STACK = 1 << 16,
    CPU_FIRST = 1,  // seconds before the first look at a schedule's steps
    CPU_MAX = 60,   // seconds
    WALL_TICK = 10, // seconds
};

// --- Where it crashed -------------------------------------------------------

extern void *__libc_stack_end;

// The return address into the program nearest to where it crashed, which may be
// in the C library, or in the runtime, on the program's behalf.
static const void *crash_place(const ucontext_t *context) {
    const greg_t *registers = context->uc_mcontext.gregs;
    const char *pc = (const char *)registers[REG_RIP];
    if (process_place(pc) != NULL)
        return pc + 1; // as if it were the address after a call
    uintptr_t at = (uintptr_t)registers[REG_RSP];
    if ((uintptr_t)pc < 4096) // a call through a null pointer
        return process_place(*(void **)at);
    uintptr_t frame = (uintptr_t)registers[REG_RBP];
    uintptr_t most = at + ((uintptr_t)8 << 20);
    if (at < (uintptr_t)__libc_stack_end && most > (uintptr_t)__libc_stack_end)
        most = (uintptr_t)__libc_stack_end;
    while (frame > at && frame < most && frame % 8 == 0) {
        const void *caller = ((void **)frame)[1];
        if (process_place(caller) != NULL)
            return caller;
        at = frame;
        frame = *(uintptr_t *)frame;
    }
    return NULL;
}

// --- What it did ------------------------------------------------------------

// The runtime reads before the program writes.
static bool was_about_to_write(const void *address) {
    if (!run.tracing || run.steps == 0 || run.steps > EVENTS_MAX)
        return false;
    const struct event *last = &shared->events[run.steps - 1];
    return last->kind == OP_WRITE && last->object == address;
}

static bool is_stack_overflow(const siginfo_t *info,
                              const ucontext_t *context) {
    uintptr_t stack = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
    uintptr_t at = (uintptr_t)info->si_addr;
    return at >= stack - (1 << 16) && at < stack + (1 << 12);
}

static void tell_fault(char *text, size_t size, const siginfo_t *info,
                       const ucontext_t *context) {
    const greg_t *registers = context->uc_mcontext.gregs;
    uintptr_t at = (uintptr_t)info->si_addr;
    long error = registers[REG_ERR];
    const char *does = (error & 16) ? "jumps to"
                       : (error & 2) || was_about_to_write(info->si_addr)
                           ? "writes to"
                           : "reads from";
    if (is_stack_overflow(info, context))
        snprintf(text, size, "segmentation fault: the stack overflowed");
    else if (info->si_code == SI_KERNEL)
        snprintf(text, size,
                 "segmentation fault: it uses a pointer that is "
                 "not the address of anything");
    else if (at < 4096)
        snprintf(text, size,
                 "segmentation fault: it %s address 0x%lx (a null pointer)",
                 does, (unsigned long)at);
    else
        snprintf(text, size, "segmentation fault: it %s address 0x%lx%s", does,
                 (unsigned long)at,
                 info->si_code == SEGV_ACCERR ? ", which it may not" : "");
}

static void tell(char *text, size_t size, int signal, const siginfo_t *info,
                 const ucontext_t *context) {
    if (signal == SIGSEGV)
        tell_fault(text, size, info, context);
    else if (signal == SIGFPE && info->si_code == FPE_INTDIV)
        snprintf(text, size, "arithmetic error: a division by zero");
    else if (signal == SIGPIPE)
        snprintf(text, size,
                 "it writes to a pipe that nobody reads from any "
                 "more (SIGPIPE)");
    else if (signal == SIGABRT)
        snprintf(text, size, "the C library called abort()");
    else
        snprintf(text, size, "killed by signal %d (%s)", signal,
                 strsignal(signal));
}

static void crash(int signal, siginfo_t *info, void *context) {
    if (!run.active) {
        // A child of the program's: SA_RESETHAND lets it die of the next one.
        raise(signal);
        return;
    }
    char text[160];
    tell(text, sizeof text, signal, info, context);
    const void *place = crash_place(context);
    run_self()->writing = NULL;
    run_event(OP_FAIL, signal == SIGSEGV ? info->si_addr : NULL, place);
    run_fail(RESULT_CRASH, "%s", text);
}

// --- Loops and waits that the explorer cannot see ---------------------------

static void allow_cpu(unsigned seconds) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_CPU, &limit) != 0)
        return;
    limit.rlim_cur = seconds < limit.rlim_max ? seconds : limit.rlim_max;
    setrlimit(RLIMIT_CPU, &limit);
}

static void look_at_loops(int signal) {
    static unsigned allowed = CPU_FIRST, seen;
    if (!run.active)
        _exit(128 + signal);
    bool quiet = allowed > CPU_FIRST && seen == run.steps + run.points;
    seen = run.steps + run.points;
    if (quiet)
        run_give_up("a loop of the program makes no step that the explorer "
                    "can see");
    if (++allowed > CPU_MAX)
        run_give_up("one schedule takes more than a minute");
    allow_cpu(allowed);
}

static void look_at_waits(int signal) {
    static unsigned quiet, seen;
    (void)signal;
    if (!run.active)
        return;
    quiet = seen == run.steps + run.points ? quiet + 1 : 0;
    seen = run.steps + run.points;
    if (quiet >= 2)
        run_give_up("the program waits for something that the explorer does "
                    "not see");
}

static void watch_waits(void) {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGRTMAX};
    struct itimerspec time = {{WALL_TICK, 0}, {WALL_TICK, 0}};
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
        timer_settime(timer, 0, &time, NULL);
}

// err() and its like exit inside libc.
static void exited(int status, void *unused) {
    (void)unused;
    if (run.active)
        run_exit(status);
}

void process_watch_stack(void) {
    stack_t stack = {.ss_sp = room_take(CRASH_STACK), .ss_size = CRASH_STACK};
    sigaltstack(&stack, NULL);
}

void process_watch_signals(void) {
    static const int crashes[] = {SIGSEGV, SIGBUS,  SIGFPE, SIGILL,
                                  SIGABRT, SIGTRAP, SIGPIPE};
    struct sigaction action = {.sa_sigaction = crash,
                               .sa_flags =
                                   SA_SIGINFO | SA_ONSTACK | SA_RESETHAND};
    process_watch_stack();
    for (unsigned i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        sigaction(crashes[i], &action, NULL);
    struct sigaction look = {.sa_handler = look_at_loops,
                             .sa_flags = SA_ONSTACK | SA_RESTART};
    sigaction(SIGXCPU, &look, NULL);
    look.sa_handler = look_at_waits;
    sigaction(SIGRTMAX, &look, NULL);
    allow_cpu(CPU_FIRST);
    watch_waits();
    on_exit(exited, NULL);
}

// --- Signals sent -----------------------------------------------------------

static bool is_harmless(int signal) {
    return signal == 0 || signal == SIGCHLD || signal == SIGURG ||
           signal == SIGWINCH || signal == SIGCONT;
}

static bool is_handled(int signal) {
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 &&
           action.sa_handler != SIG_DFL && action.sa_sigaction != crash;
}

// Ends the schedule if SIGNAL ends the process.
static void check_fatal(int signal, const void *pc) {
    if (is_harmless(signal) || is_handled(signal) || signal < 0 ||
        signal >= NSIG)
        return;
    run_event(OP_FAIL, NULL, process_place(pc));
    run_fail(RESULT_CRASH, "it sends itself signal %d (%s), which ends it",
             signal, strsignal(signal));
}

int ex_raise(int signal) {
    if (run.active)
        check_fatal(signal, PC);
    return raise(signal);
}

int ex_kill(pid_t process, int signal) {
    REAL_UNLESS_ACTIVE(kill(process, signal));
    if (process != 0 && process != getpid()) {
        run_uncontrolled(UNCONTROLLED_SIGNAL);
        return kill(process, signal);
    }
    // Any thread may get it; here it is the one that sends it.
    check_fatal(signal, PC);
    return raise(signal);
}

static struct thread *thread_of(pthread_t handle) {
    for (unsigned i = 0; i < run.thread_count; i++)
        if (run.threads[i]->handle == handle)
            return run.threads[i];
    return NULL;
}

int ex_pthread_kill(pthread_t handle, int signal) {
    REAL_UNLESS_ACTIVE(pthread_kill(handle, signal));
    const struct thread *thread = thread_of(handle);
    if (thread == NULL)
        return ESRCH;
    if (signal == 0 || thread->done)
        return 0;
    check_fatal(signal, PC);
    if (thread == run_self())
        return raise(signal) == 0 ? 0 : errno;
    run_uncontrolled(UNCONTROLLED_SIGNAL);
    return pthread_kill(handle, signal);
}

static void wait_for_signal(void) {
    run_uncontrolled(UNCONTROLLED_SIGNAL);
    run_give_up("it waits for a signal, which the explorer does not control");
}

int ex_pause(void) {
    if (run.active)
        wait_for_signal();
    return pause();
}

int ex_sigwait(const sigset_t *set, int *signal) {
    if (run.active)
        wait_for_signal();
    return sigwait(set, signal);
}

int ex_sigsuspend(const sigset_t *set) {
    if (run.active)
        wait_for_signal();
    return sigsuspend(set);
}
