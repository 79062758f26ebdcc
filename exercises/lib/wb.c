// SPDX-License-Identifier: MIT
// See wb.h. Everything that is counted stands in the harness's shared table,
// so that it also holds across the processes of a test. Compiled without
// sanitizers: what happens here orders nothing in their eyes.
#include "lib/wb.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness/table.h"
#include "harness/tasks.h"

// --- Gauges ------------------------------------------------------------------

// Raw futexes: pthread's own would be seen by the race detectors as an order
// between the threads that meet here.
static void futex_wait(_Atomic uint32_t *word, uint32_t value) {
    syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0);
}

static void futex_wake_all(_Atomic uint32_t *word) {
    syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static struct gauge *of(const wb_gauge *gauge) {
    return (struct gauge *)gauge;
}

wb_gauge *wb_gauge_new(int want) {
    for (int i = 0; i < TABLE_GAUGES; i++) {
        struct gauge *gauge = &table->gauges[i];
        int unused = 0;
        if (!atomic_compare_exchange_strong(&gauge->used, &unused, 1))
            continue;
        gauge->want = want;
        gauge->inside = gauge->peak = gauge->entered = gauge->waiting = 0;
        gauge->open = 0;
        return (wb_gauge *)gauge;
    }
    fprintf(stderr, "wb_gauge_new: more than %d gauges\n", TABLE_GAUGES);
    abort();
}

void wb_gauge_enter(wb_gauge *handle) {
    struct gauge *gauge = of(handle);
    atomic_fetch_add(&gauge->entered, 1);
    int inside = 1 + atomic_fetch_add(&gauge->inside, 1);
    int peak = gauge->peak;
    while (peak < inside &&
           !atomic_compare_exchange_weak(&gauge->peak, &peak, inside))
        ;
    if (inside >= gauge->want) {
        gauge->open = 1;
        futex_wake_all(&gauge->open);
        return;
    }
    struct slot *self = table_self();
    int before = self->wait;
    self->wait = WAIT_GAUGE;
    atomic_fetch_add(&gauge->waiting, 1);
    while (gauge->open == 0)
        futex_wait(&gauge->open, 0);
    atomic_fetch_sub(&gauge->waiting, 1);
    self->wait = before;
}

void wb_gauge_leave(wb_gauge *gauge) {
    atomic_fetch_sub(&of(gauge)->inside, 1);
}

int wb_gauge_peak(const wb_gauge *gauge) {
    return of(gauge)->peak;
}

int wb_gauge_entered(const wb_gauge *gauge) {
    return of(gauge)->entered;
}

void wb_gauge_free(wb_gauge *gauge) {
    if (gauge != NULL)
        of(gauge)->used = 0;
}

// --- Clocks ------------------------------------------------------------------

static double clock_ms(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

long wb_now_ms(void) {
    return (long)clock_ms(CLOCK_MONOTONIC);
}

double wb_cpu_ms(void) {
    return clock_ms(CLOCK_PROCESS_CPUTIME_ID);
}

void wb_sleep_ms(long ms) {
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

// --- Threads and processes ---------------------------------------------------

int wb_threads_peak(void) {
    return table->threads_peak;
}

int wb_peak_threads(void) {
    return wb_threads_peak();
}

int wb_threads_created(void) {
    return table->threads_created;
}

int wb_threads_live(void) {
    return table->threads_live;
}

void wb_reset_counts(void) {
    table->threads_created = 0;
    table->threads_peak = (int)table->threads_live;
    for (int i = 0; i < WB_CALL_COUNT; i++)
        table->calls[i] = 0;
}

// One look at the other threads of this process.
struct look {
    int blocked; // asleep in a lock, a wait, a join, a read
    int live;
    bool running;  // somebody is on a processor or wants to be
    long switches; // of the blocked ones: unchanged if they slept on
};

static bool is_blocked(const struct slot *slot) {
    return slot->wait != WAIT_NOTHING && slot->wait != WAIT_SLEEP &&
           slot->wait != WAIT_SPIN;
}

static struct look look_around(void) {
    struct look look = {0};
    struct task task;
    int used =
        table->slots_used < TABLE_SLOTS ? table->slots_used : TABLE_SLOTS;
    for (int i = 0; i < used; i++) {
        struct slot *slot = &table->slots[i];
        if (slot == table_self() || slot->pid != getpid() || slot->ended)
            continue;
        if (slot->tid <= 0) {
            look.live++;
            look.running = true; // created, not begun
            continue;
        }
        if (!tasks_look(getpid(), slot->tid, &task) || task.state == TASK_GONE)
            continue;
        look.live++;
        look.running |= task.state == TASK_RUNNING;
        if (task.state != TASK_RUNNING && is_blocked(slot)) {
            look.blocked++;
            look.switches += task.switches;
        }
    }
    return look;
}

bool wb_wait_blocked(int count) {
    enum { MOST_IDLE_LOOKS = 300 };
    double begun = wb_cpu_ms();
    struct look before = {.blocked = -1};
    for (int idle = 0; idle < MOST_IDLE_LOOKS;) {
        struct look now = look_around();
        if (now.blocked >= count && before.blocked == now.blocked &&
            before.switches == now.switches)
            return true;
        if (now.live < count || wb_cpu_ms() - begun > 2000)
            return false;
        // Everybody sleeps, but too few are blocked: some only nap, and each
        // look that finds it so makes it surer that they will go on doing so.
        idle += !now.running;
        before = now;
        wb_sleep_ms(1);
    }
    return false;
}

bool wb_wakes_up(const atomic_bool *flag, int count) {
    enum { MOST_NAPS = 25, MOST_LOOKS = 400 };
    for (int looks = 0, naps = 0; looks < MOST_LOOKS && naps < MOST_NAPS;
         looks++) {
        if (atomic_load_explicit(flag, memory_order_relaxed))
            return true;
        naps += wb_wait_blocked(count);
    }
    return atomic_load_explicit(flag, memory_order_relaxed);
}

int wb_children(void) {
    struct process_list list = {0};
    int count = 0;
    processes_below(getpid(), &list);
    for (int i = 0; i < list.count; i++)
        count +=
            list.processes[i].parent == getpid() && !list.processes[i].is_tool;
    process_list_release(&list);
    return count;
}

int wb_open_fds(void) {
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;
    for (struct dirent *entry;
         folder != NULL && (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    if (folder != NULL)
        closedir(folder);
    return count - 1; // the folder's own
}

// Each is a file of its own to the kernel.
int wb_shared_mappings(void) {
    FILE *file = fopen("/proc/self/maps", "re");
    char line[512];
    int count = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        count += strstr(line, "/dev/zero (deleted)") != NULL ||
                 strstr(line, "/memfd:") != NULL ||
                 strstr(line, "/dev/shm/") != NULL;
    if (file != NULL)
        fclose(file);
    return count;
}

int wb_private_locks(void) {
    return table->private_locks;
}

int wb_stray_signals(void) {
    return table->stray_signals;
}

// --- Calls -------------------------------------------------------------------

long wb_calls(enum wb_call call) {
    return table->calls[call];
}

void wb_fail_call(enum wb_call call, int k) {
    table->faults[call].happened = false;
    table->faults[call].countdown = k;
}

bool wb_failed(enum wb_call call) {
    return table->faults[call].happened;
}

void wb_after_call(enum wb_call call, void (*hook)(long result)) {
    table_hooks[call] = hook;
}

void wb_interrupt_calls(bool on) {
    for (int i = 0; i < WB_CALL_COUNT; i++)
        table->interrupt_turns[i] = 0;
    table->interrupt = on;
}

void wb_cut_waits(long ms) {
    table->cuts = 0;
    table->cut_ms = ms;
}

int wb_waits_cut(void) {
    return table->cuts;
}

void wb_short_io(size_t bytes) {
    table->short_io = bytes;
}
