// SPDX-License-Identifier: MIT
// How it works: every LOOK_MS the tasks of the test are looked at (tasks.h). If
// two looks in a row find all of them asleep for good, then either somebody
// waits in a gauge, who is told that nobody else can come, or the test is
// stuck, and the table says who waits for whom.
#include "harness/watch.h"

#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/record.h"
#include "harness/suite.h"
#include "harness/symbols.h"
#include "harness/table.h"
#include "harness/tasks.h"

enum {
    LOOK_MS = 20,
    LOCATION = 640,
    // A gauge also gives up on threads that never sleep for good: when they
    // have used this much CPU time, or been found napping this often, and still
    // nobody came. (A thread that wants to run and may not is not napping.)
    GAUGE_CPU_MS = 1500,
    GAUGE_NAPS = 150
};

// What has happened while somebody waits in a gauge.
struct patience {
    int entered; // arrivals so far
    long cpu_ms; // of the test, at the last of them
    int naps;    // looks since then that found nobody running
};

static const char *const wait_names[] = {
    [WAIT_NOTHING] = "running", [WAIT_LOCK] = "lock",
    [WAIT_COND] = "cond",       [WAIT_SEM] = "sem",
    [WAIT_JOIN] = "join",       [WAIT_RWLOCK] = "rwlock",
    [WAIT_BARRIER] = "barrier", [WAIT_GAUGE] = "gauge",
    [WAIT_SPIN] = "spin",       [WAIT_READ] = "read",
    [WAIT_WRITE] = "write",     [WAIT_POLL] = "poll",
    [WAIT_CHILD] = "waitpid",   [WAIT_SLEEP] = "sleep",
    [WAIT_SIGNAL] = "blocked", // until a signal comes
};

static long now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int slots_used(void) {
    int used = table->slots_used;
    return used < TABLE_SLOTS ? used : TABLE_SLOTS;
}

// --- Telling what everybody is doing -----------------------------------------

static void name_thread(const struct slot *slot, char *name, size_t size) {
    char thread[24] = "main thread";
    if (slot->number > 0)
        snprintf(thread, sizeof thread, "T%d", slot->number);
    if (slot->child == 0)
        snprintf(name, size, "%s", thread);
    else if (slot->number == 0)
        snprintf(name, size, "child %d", slot->child);
    else
        snprintf(name, size, "child %d's %s", slot->child, thread);
}

// Equal for equal objects. A join waits for a thread: its key is its name.
static void name_object(const struct slot *slot, char *key, size_t size) {
    if (slot->wait == WAIT_JOIN) {
        for (int i = slots_used() - 1; i >= 0; i--) {
            if (table->slots[i].handle == slot->object &&
                table->slots[i].pid == slot->pid) {
                name_thread(&table->slots[i], key, size);
                return;
            }
        }
    }
    snprintf(key, size, "%#lx", (unsigned long)slot->object);
}

static const struct task *task_of(const struct task_list *tasks,
                                  const struct slot *slot) {
    for (int i = 0; i < tasks->count; i++)
        if (tasks->tasks[i].tid == slot->tid)
            return &tasks->tasks[i];
    return NULL;
}

#ifdef __x86_64__
// Leads a stopped thread on, step by step, until it is in the learner's code.
static uintptr_t step_to_answer(pid_t tid) {
    enum { MOST_STEPS = 5000 };
    int status;
    if (waitpid(tid, &status, __WALL) != tid)
        return 0;
    for (int i = 0; i < MOST_STEPS && WIFSTOPPED(status); i++) {
        struct user_regs_struct registers = {0};
        ptrace(PTRACE_GETREGS, tid, NULL, &registers);
        if (table_is_answer(registers.rip))
            return registers.rip;
        if (ptrace(PTRACE_SINGLESTEP, tid, NULL, NULL) != 0 ||
            waitpid(tid, &status, __WALL) != tid)
            return 0;
    }
    return 0;
}
#endif

// Where a running thread is, by its program counter: the only way to show an
// endless loop that calls nothing. If it is just inside a library, it is led
// back to the learner's code first. Not under valgrind, whose code is its own.
// The thread is let go again: one that dies while it is traced stays a zombie
// until it is waited for, and its process with it.
static uintptr_t sample_counter(pid_t tid) {
    uintptr_t counter = 0;
#ifdef __x86_64__
    if (suite_under_valgrind())
        return 0;
    if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0)
        return 0;
    if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) == 0)
        counter = step_to_answer(tid);
    if (ptrace(PTRACE_DETACH, tid, NULL, NULL) != 0)
        waitpid(tid, NULL, __WALL | WNOHANG);
#else
    (void)tid;
#endif
    return counter;
}

static const char *what_it_does(const struct slot *slot,
                                const struct task *task) {
    if (slot->ended)
        return "ended";
    if (task != NULL && task->state == TASK_STOPPED)
        return "stopped";
    if (task != NULL && task->state == TASK_GONE && slot->number == 0)
        return "zombie";
    if (slot->wait == WAIT_NOTHING && task != NULL) { // not redirected
        if (task->state == TASK_ENDLESS)
            return "blocked";
        if (task->state == TASK_TIMED)
            return "sleep";
    }
    return wait_names[slot->wait];
}

static bool holds_something(const struct slot *slot) {
    for (int i = 0; i < TABLE_HELD; i++)
        if (slot->held[i].object != 0)
            return true;
    return false;
}

// Whether ADDRESS is code of this program that has a source line.
static void locate(const struct slot *slot, const struct task *task,
                   char *where) {
    uintptr_t counter = 0;
    if (task != NULL && task->state == TASK_RUNNING &&
        (slot->wait == WAIT_NOTHING || slot->wait == WAIT_SPIN))
        counter = sample_counter(task->tid);
    if (table_is_answer(counter))
        symbols_address(counter, where, LOCATION);
    else
        symbols_site(slot->site, where, LOCATION);
}

static void send_waiting(const struct process_list *processes,
                         const struct task_list *tasks,
                         const struct slot *slot) {
    const struct task *task = task_of(tasks, slot);
    if (task == NULL && !(slot->ended && holds_something(slot)))
        return;
    static char text[2 * TABLE_HELD][LOCATION];
    char name[64], function[LOCATION], born[LOCATION], key[64], where[LOCATION];
    char detail[512] = "";
    name_thread(slot, name, sizeof name);
    name_object(slot, key, sizeof key);
    symbols_function(slot->start, function, sizeof function);
    symbols_site(slot->born, born, sizeof born);
    locate(slot, task, where);
    if (slot->wait == WAIT_READ || slot->wait == WAIT_WRITE)
        tasks_describe_fd(processes, slot->pid, (int)slot->object,
                          slot->wait == WAIT_WRITE, detail, sizeof detail);
    const char *fields[7 + 2 * TABLE_HELD] = {name,
                                              slot->number > 0 ? function : "",
                                              born,
                                              what_it_does(slot, task),
                                              slot->wait == WAIT_NOTHING ? ""
                                                                         : key,
                                              where,
                                              detail};
    int count = 7;
    for (int i = 0; i < TABLE_HELD; i++) {
        if (slot->held[i].object == 0)
            continue;
        snprintf(text[2 * i], LOCATION, "%#lx",
                 (unsigned long)slot->held[i].object);
        symbols_site(slot->held[i].site, text[2 * i + 1], LOCATION);
        fields[count++] = text[2 * i];
        fields[count++] = text[2 * i + 1];
    }
    record_send_fields(RECORD_WAITING, fields, count);
}

static void send_all_waiting(const struct process_list *processes,
                             const struct task_list *tasks) {
    for (int i = 0; i < slots_used(); i++)
        if (table->slots[i].tid != 0)
            send_waiting(processes, tasks, &table->slots[i]);
}

// --- Looking -----------------------------------------------------------------

static bool release_gauges(void) {
    bool any = false;
    for (int i = 0; i < TABLE_GAUGES; i++) {
        struct gauge *gauge = &table->gauges[i];
        if (gauge->used && gauge->waiting > 0 && gauge->open == 0) {
            gauge->open = 1;
            syscall(SYS_futex, &gauge->open, FUTEX_WAKE, 0x7fffffff, NULL, NULL,
                    0);
            any = true;
        }
    }
    return any;
}

static long cpu_of(const struct process_list *processes) {
    long sum = 0;
    for (int i = 0; i < processes->count; i++)
        if (!processes->processes[i].is_tool)
            sum += processes->processes[i].cpu_ms;
    return sum;
}

// Whether those who could still come to a gauge only spin or nap.
static bool patience_is_over(struct patience *patience, long cpu_ms,
                             const struct task_list *tasks) {
    int entered = 0;
    bool waits = false;
    for (int i = 0; i < TABLE_GAUGES; i++) {
        entered += table->gauges[i].entered;
        waits |= table->gauges[i].waiting > 0 && table->gauges[i].open == 0;
    }
    if (!waits || entered != patience->entered) {
        *patience = (struct patience){.entered = entered, .cpu_ms = cpu_ms};
        return false;
    }
    patience->naps += !tasks_any(tasks, TASK_RUNNING);
    return cpu_ms - patience->cpu_ms >
               GAUGE_CPU_MS * (suite_under_valgrind() ? 4 : 1) ||
           patience->naps > GAUGE_NAPS;
}

// What is known of the test after a look at it.
struct watched {
    struct process_list processes;
    struct task_list before, tasks; // of the look before, and of this one
    struct patience patience;
    long looked_at; // ms
    long asleep_ms; // so far
};

// Time in which somebody wants to run counts for nothing: that he may not is
// the machine's affair, and if he may, it is CPU time.
static void count_sleep(struct watched *watched) {
    long now = now_ms();
    if (!tasks_any(&watched->tasks, TASK_RUNNING))
        watched->asleep_ms += now - watched->looked_at;
    watched->looked_at = now;
}

// Why the test must be ended now, or NULL.
static const char *look(const struct limits *limits, struct watched *watched) {
    struct process_list *processes = &watched->processes;
    struct task_list *tasks = &watched->tasks;
    processes->count = 0;
    processes_below(getpid(), processes);
    struct task_list old = watched->before;
    watched->before = *tasks;
    *tasks = old;
    tasks_of(processes, tasks);
    count_sleep(watched);
    if (tasks_any(tasks, TASK_STOPPED))
        return "stopped";
    if (tasks_stuck(&watched->before, tasks)) {
        if (!release_gauges())
            return "stuck";
        tasks->count = 0; // look anew
    }
    if (patience_is_over(&watched->patience, cpu_of(processes), tasks))
        release_gauges();
    if (cpu_of(processes) > limits->cpu_ms)
        return "cpu";
    if (watched->asleep_ms > limits->asleep_ms)
        return "wall";
    return NULL;
}

static bool has_ended(pid_t pid) {
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid;
}

static void wait_for_child_signal(long ms) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    struct timespec time = {.tv_nsec = ms * 1000000};
    sigtimedwait(&child, NULL, &time);
}

// --- Afterwards --------------------------------------------------------------

static void report_left(void) {
    struct process_list left = {0};
    processes_below(getpid(), &left);
    for (int i = 0; i < left.count; i++) {
        struct process *p = &left.processes[i];
        char pid[16];
        snprintf(pid, sizeof pid, "%d", (int)p->pid);
        if (!p->is_tool && p->pid != table->test_pid)
            record_send(RECORD_LEFT_PROCESS,
                        p->state == 'Z' ? "zombie" : "running", pid);
    }
    process_list_release(&left);
}

// Everything below us but the symbolizer: killed and reaped.
static void clear_away(void) {
    for (bool any = true; any;) {
        struct process_list left = {0};
        processes_below(getpid(), &left);
        any = false;
        for (int i = 0; i < left.count; i++) {
            struct process *p = &left.processes[i];
            if (p->is_tool && !p->is_server)
                continue;
            kill(p->pid, SIGKILL);
            any |= waitpid(p->pid, NULL, __WALL) != p->pid;
        }
        process_list_release(&left);
    }
}

static void send_exit(const char *how, int status, const struct rusage *usage,
                      long wall_ms) {
    char code[16], cpu[24], wall[24];
    bool signalled = WIFSIGNALED(status);
    if (how == NULL)
        how = signalled ? "signalled" : "exited";
    snprintf(code, sizeof code, "%d",
             signalled ? WTERMSIG(status) : WEXITSTATUS(status));
    snprintf(cpu, sizeof cpu, "%ld",
             (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000L +
                 (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1000);
    snprintf(wall, sizeof wall, "%ld", wall_ms);
    record_send(RECORD_EXIT, how, code, cpu, wall);
}

bool watch_test(pid_t pid, const struct limits *limits) {
    const char *why = NULL;
    long begun = now_ms();
    struct watched watched = {.looked_at = begun};
    while (!has_ended(pid)) {
        wait_for_child_signal(LOOK_MS);
        if (has_ended(pid))
            break;
        why = look(limits, &watched);
        if (why != NULL) {
            send_all_waiting(&watched.processes, &watched.tasks);
            kill(pid, SIGKILL);
            break;
        }
    }
    process_list_release(&watched.processes);
    task_list_release(&watched.before);
    task_list_release(&watched.tasks);
    int status = 0;
    struct rusage usage = {0};
    while (!has_ended(pid))
        wait_for_child_signal(LOOK_MS);
    if (why == NULL && table->done)
        report_left();
    wait4(pid, &status, __WALL, &usage);
    clear_away();
    send_exit(why, status, &usage, now_ms() - begun);
    return why == NULL || strcmp(why, "stuck") == 0;
}
