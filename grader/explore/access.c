// SPDX-License-Identifier: MIT
// Plain accesses, and the entry points of clang's pass for them.
#include "explore/access.h"

#include <string.h>

#include "explore/atomic.h"
#include "explore/memory.h"
#include "explore/race.h"
#include "explore/room.h"
#include "explore/shared.h"
#include "explore/verifier.h"

// Steps of a loop that does the same again, after which others get a turn.
enum { LOOP_TURN = 200 };

// --- Who uses what
// --------------------------------------------------------------- Where races
// are ignored, accesses to shared memory are scheduling points, and those to
// what only one thread uses are not: a third of all.

struct used {
    uintptr_t grain;
    uint64_t threads, told; // bits by thread, modulo 64
    bool written;
};
static struct used *used;
enum { USED_SLOTS = 1 << 12 };

static struct used *used_at(uintptr_t grain) {
    if (used == NULL)
        used = room_take(USED_SLOTS * sizeof *used);
    unsigned slot = (unsigned)(grain * 0x9e3779b97f4a7c15u >> 40);
    for (unsigned i = 0; i < 64; i++) {
        struct used *at = &used[(slot + i) & (USED_SLOTS - 1)];
        if (at->grain == 0 || at->grain == grain) {
            at->grain = grain;
            return at;
        }
    }
    return NULL;
}

static const struct grain *grain_known(uintptr_t grain) {
    unsigned slot = (unsigned)(grain * 0x9e3779b97f4a7c15u >> 40);
    for (unsigned i = 0; i < 64; i++) {
        const struct grain *at = &shared->grains[(slot + i) & (GRAINS_ALL - 1)];
        if (at->at == 0)
            return NULL;
        if (at->at == grain)
            return at;
    }
    return NULL;
}

static void tell(struct used *u, bool is_write, const struct thread *me) {
    uint64_t bit = (uint64_t)1 << (me->id & 63);
    if ((u->told & bit) && (u->written || !is_write))
        return;
    u->told |= bit;
    u->written = u->written || is_write;
    if (result->grain_count == GRAINS_NEW)
        return;
    result->grains[result->grain_count] = u->grain << 1 | is_write;
    result->grain_threads[result->grain_count++] = (uint8_t)me->id;
}

static bool is_on_own_stack(uintptr_t at) {
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    return at > here && at < here + ((uintptr_t)4 << 20);
}

static bool is_shared(const void *address, bool is_write) {
    uintptr_t grain = (uintptr_t)address >> 3;
    struct thread *me = run_self();
    struct used *u = used_at(grain);
    if (u == NULL)
        return true;
    uint64_t bit = (uint64_t)1 << (me->id & 63);
    u->threads |= bit;
    const struct grain *known = grain_known(grain);
    if (known == NULL || !known->is_shared || !known->is_written)
        tell(u, is_write, me);
    if (known != NULL && known->is_shared)
        return known->is_written || is_write;
    if (u->threads != bit)
        return true;
    if (known != NULL)
        return known->thread != me->id + 1;
    return !is_on_own_stack((uintptr_t)address);
}

// --- One access --------------------------------------------------------------

static uint64_t value_at(const void *address, size_t size) {
    uint64_t value = 0;
    memcpy(&value, address, size < 8 ? size : 8);
    return value;
}

static void take_turn_in_loop(struct thread *me, const void *address,
                              const void *pc) {
    if (me->repeats > 0 && me->repeats % LOOP_TURN == 0)
        run_step(OP_YIELD, address, pc);
}

static void access(const void *address, unsigned size, bool is_write,
                   const void *pc) {
    enum op_kind kind = is_write ? OP_WRITE : OP_READ;
    struct thread *me = run_self();
    run_settle(me);
    memory_check_access(address, size, is_write, pc);
    if (!run.ignore_races)
        take_turn_in_loop(me, address, pc);
    else if (is_shared(address, is_write))
        run_point(
            &(struct op){.kind = kind,
                         .object = (void *)((uintptr_t)address & ~(uintptr_t)7),
                         .size = size,
                         .pc = pc,
                         .is_read = !is_write});
    struct event *event = run_event(kind, address, pc);
    event->size = size;
    event->has_value = size <= 8;
    race_check(&(struct access){address, size, is_write, false, pc},
               event->step);
    event->value = event->before = value_at(address, size);
    if (!is_write) {
        run_progress(me, address, event->value, false);
        return;
    }
    atomic_forget(address, size);
    me->writing = address;
    me->writing_size = size;
    me->writing_step = event->step;
}

void access_range(const void *address, size_t size, bool is_write,
                  const void *pc) {
    if (!run.active || size == 0)
        return;
    struct thread *me = run_self();
    run_settle(me);
    memory_check_access(address, size, is_write, pc);
    enum op_kind kind = is_write ? OP_WRITE : OP_READ;
    if (run.ignore_races && is_shared(address, is_write))
        run_point(
            &(struct op){.kind = kind,
                         .object = (void *)((uintptr_t)address & ~(uintptr_t)7),
                         .pc = pc,
                         .is_read = !is_write});
    struct event *event = run_event(kind, address, pc);
    event->size = (unsigned)size;
    race_check(&(struct access){address, size, is_write, false, pc},
               event->step);
    run_progress(me, address, is_write ? run.steps : 0, is_write);
    if (is_write)
        atomic_forget(address, size);
}

// --- The entry points --------------------------------------------------------

#define PLAIN(name, size, is_write)                                            \
    void __tsan_##name(void *address) {                                        \
        if (run.active)                                                        \
            access(address, size, is_write, PC);                               \
    }
#define BOTH(prefix, size)                                                     \
    PLAIN(prefix##read##size, size, false)                                     \
    PLAIN(prefix##write##size, size, true)

BOTH(, 1)
BOTH(, 2)
BOTH(, 4)
BOTH(, 8)
BOTH(, 16)
BOTH(unaligned_, 1)
BOTH(unaligned_, 2)
BOTH(unaligned_, 4)
BOTH(unaligned_, 8)
BOTH(unaligned_, 16)
BOTH(volatile_, 1)
BOTH(volatile_, 2)
BOTH(volatile_, 4)
BOTH(volatile_, 8)
BOTH(volatile_, 16)
BOTH(unaligned_volatile_, 1)
BOTH(unaligned_volatile_, 2)
BOTH(unaligned_volatile_, 4)
BOTH(unaligned_volatile_, 8)
BOTH(unaligned_volatile_, 16)

void __tsan_read_range(void *address, unsigned long size) {
    access_range(address, size, false, PC);
}

void __tsan_write_range(void *address, unsigned long size) {
    access_range(address, size, true, PC);
}

void __tsan_init(void) {
}

void __tsan_ignore_thread_begin(void) {
}

void __tsan_ignore_thread_end(void) {
}

// Frames that were left by longjmp lie below the new one: they are gone.
void __tsan_func_entry(void *caller) {
    if (!run.active)
        return;
    struct thread *me = run_self();
    const char *base = *(char **)__builtin_frame_address(0);
    while (me->depth > 0 && me->depth <= FRAMES_MAX &&
           me->frames[me->depth - 1].base <= base)
        me->depth--;
    if (me->depth++ < FRAMES_MAX)
        me->frames[me->depth - 1] = (struct frame){caller, PC, base};
}

// What it stored in its own frame is looked at while that is still there.
void __tsan_func_exit(void) {
    if (run.active)
        run_settle(run_self());
    if (run.active && run_self()->depth > 0)
        run_self()->depth--;
}
