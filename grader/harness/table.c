// SPDX-License-Identifier: MIT
// How it works: one anonymous shared mapping, made before the first fork. Slots
// are handed out by a counter and used again only when their thread has ended,
// was joined or detached and holds no lock, so that an explanation never finds
// somebody else's data. The mapping is hidden from helgrind, which would take
// the reuse of a slot for a race.
#include "harness/table.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <valgrind/helgrind.h>

#include "harness/suite.h"

struct table *table;

void (*table_hooks[WB_CALL_COUNT])(long result);

static __thread struct slot *self;

// The marks around the learner's code (marks/). Weak: a program without an
// answer (the harness's own tests) has neither.
extern char lk_answer_begin[] __attribute__((weak));
extern char lk_answer_end[] __attribute__((weak));

void table_create(void) {
    table = mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (table == MAP_FAILED) {
        perror("harness: mmap");
        exit(3);
    }
    VALGRIND_HG_DISABLE_CHECKING(table, sizeof *table);
}

void table_clear(void) {
    memset(table, 0, offsetof(struct table, slots));
    // Most tests use few slots: clear only pages that were written.
    for (int i = 0; i < TABLE_SLOTS && table->slots[i].tid != 0; i++)
        memset(&table->slots[i], 0, sizeof table->slots[i]);
}

static bool slot_reusable(struct slot *slot) {
    if (!slot->ended || !slot->settled)
        return false;
    for (int i = 0; i < TABLE_HELD; i++)
        if (slot->held[i].object != 0)
            return false;
    return true;
}

static struct slot *slot_take(void) {
    int index = table->slots_used;
    while (index < TABLE_SLOTS &&
           !atomic_compare_exchange_weak(&table->slots_used, &index, index + 1))
        ;
    if (index < TABLE_SLOTS)
        return &table->slots[index];
    for (int i = 0; i < TABLE_SLOTS; i++) {
        struct slot *slot = &table->slots[i];
        int ended_tid = slot->tid;
        if (ended_tid > 0 && slot_reusable(slot) &&
            atomic_compare_exchange_strong(&slot->tid, &ended_tid, -1)) {
            memset((char *)slot + sizeof slot->tid, 0,
                   sizeof *slot - sizeof slot->tid);
            return slot;
        }
    }
    return NULL;
}

// When every slot is taken by a live thread, the others share one that is
// never shown: the program goes on, only its explanation is poorer.
static struct slot overflow;

struct slot *table_self(void) {
    if (self != NULL)
        return self;
    struct slot *slot = slot_take();
    if (slot == NULL)
        return self = &overflow;
    slot->pid = getpid();
    slot->settled = true;
    slot->tid = gettid();
    return self = slot;
}

struct slot *table_new_thread(uintptr_t start, uintptr_t born) {
    struct slot *slot = slot_take();
    if (slot == NULL)
        slot = &overflow;
    slot->tid = -1; // not running yet, but taken
    slot->pid = getpid();
    slot->start = start;
    slot->born = born;
    slot->of_answer = table_is_answer(born);
    slot->child = table_self()->child;
    slot->number = 1 + atomic_fetch_add(&table->threads_created, 1);
    int live = 1 + atomic_fetch_add(&table->threads_live, 1);
    int peak = table->threads_peak;
    while (peak < live &&
           !atomic_compare_exchange_weak(&table->threads_peak, &peak, live))
        ;
    return slot;
}

void table_thread_begins(struct slot *slot) {
    self = slot;
    slot->handle = (uintptr_t)pthread_self();
    slot->tid = gettid();
}

void table_thread_ends(struct slot *slot) {
    atomic_fetch_sub(&table->threads_live, 1);
    slot->wait = WAIT_NOTHING;
    slot->ended = true;
}

void table_note_tool_threads(void) {
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry;
         folder != NULL && (entry = readdir(folder)) != NULL;) {
        int tid = atoi(entry->d_name);
        if (tid > 0 && tid != gettid()) {
            enum { KEPT = TABLE_TOOL_THREADS_KEPT, ALL = TABLE_TOOL_THREADS };
            unsigned n = atomic_fetch_add(&table->tool_thread_count, 1);
            table->tool_threads[n < ALL ? n : KEPT + n % (ALL - KEPT)] = tid;
        }
    }
    if (folder != NULL)
        closedir(folder);
}

void table_child_begins(void) {
    self = NULL;
    struct slot *slot = table_self();
    slot->child = 1 + atomic_fetch_add(&table->children, 1);
    if (suite_tool() == TOOL_TSAN)
        table_note_tool_threads();
}

struct slot *table_find_thread(pthread_t handle) {
    int pid = getpid();
    int used =
        table->slots_used < TABLE_SLOTS ? table->slots_used : TABLE_SLOTS;
    for (int i = used - 1; i >= 0; i--) {
        struct slot *slot = &table->slots[i];
        if (slot->handle == (uintptr_t)handle && slot->pid == pid &&
            !slot->settled)
            return slot;
    }
    return NULL;
}

void table_take(struct slot *slot, uintptr_t object, uintptr_t site) {
    for (int i = 0; i < TABLE_HELD; i++) {
        if (slot->held[i].object == 0) {
            slot->held[i].site = site;
            slot->held[i].object = object;
            return;
        }
    }
}

// The last one taken first: a recursive lock is taken several times.
static bool drop_from(struct slot *slot, uintptr_t object) {
    for (int i = TABLE_HELD - 1; i >= 0; i--) {
        if (slot->held[i].object == object) {
            slot->held[i].object = 0;
            return true;
        }
    }
    return false;
}

// A semaphore-like unlock by a stranger is the learner's business (the tools
// report it); here the lock only must not look held for ever.
void table_drop(struct slot *slot, uintptr_t object) {
    if (drop_from(slot, object))
        return;
    int used =
        table->slots_used < TABLE_SLOTS ? table->slots_used : TABLE_SLOTS;
    for (int i = 0; i < used; i++)
        if (drop_from(&table->slots[i], object))
            return;
}

void table_mark_canary(void) {
    table->canary = true;
}

void table_await_canary(void) {
    while (!table->canary)
        sched_yield();
}

bool table_is_answer(uintptr_t address) {
    return address >= (uintptr_t)lk_answer_begin &&
           address < (uintptr_t)lk_answer_end;
}
