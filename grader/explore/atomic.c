// SPDX-License-Identifier: MIT
#include "explore/atomic.h"

#include <stdint.h>
#include <string.h>

#include "explore/memory.h"
#include "explore/race.h"
#include "explore/room.h"
#include "explore/shared.h"

// The numbers of <stdatomic.h>'s memory_order.
enum order_name { RELAXED, CONSUME, ACQUIRE, RELEASE, ACQ_REL, SEQ_CST };

enum { STORES = 8 };

struct store {
    uint64_t value;
    uint64_t number; // in the modification order
    unsigned thread, time;
    bool has_release;
    struct clock release; // what an acquire load of it comes to know
};

// A thread's reads: it may not go back behind the newest one.
struct reader {
    unsigned since; // the thread's time at its first read
    uint64_t newest;
};

struct location {
    struct location *next;
    const void *address;
    unsigned size;
    uint64_t number; // of the newest store
    unsigned count;
    struct store stores[STORES]; // ring, by number % STORES
    struct reader readers[THREADS_MAX];
};

static struct location *locations[256];
static unsigned location_count;

static struct location **bucket_of(const void *address) {
    return &locations[((uintptr_t)address >> 2) * 0x9e3779b1u >> 8 & 255];
}

static bool acquires(int order) {
    return order == ACQUIRE || order == CONSUME || order == ACQ_REL ||
           order == SEQ_CST;
}

static bool releases(int order) {
    return order == RELEASE || order == ACQ_REL || order == SEQ_CST;
}

static uint64_t memory_value(const void *address, unsigned size) {
    uint64_t value = 0;
    memcpy(&value, address, size < 8 ? size : 8);
    return value;
}

static struct store *newest(struct location *location) {
    return &location->stores[location->number % STORES];
}

static struct location *location_at(const void *address, unsigned size) {
    struct location **bucket = bucket_of(address);
    struct location *l = *bucket;
    while (l != NULL && l->address != address)
        l = l->next;
    if (l != NULL && l->size == size && l->count > 0)
        return l;
    if (l == NULL) {
        l = room_take(sizeof *l);
        l->next = *bucket;
        l->address = address;
        *bucket = l;
        location_count++;
    }
    l->size = size;
    l->count = 1;
    l->number++;
    *newest(l) = (struct store){.value = memory_value(address, size),
                                .number = l->number};
    return l;
}

void atomic_forget(const void *address, size_t size) {
    if (location_count == 0)
        return;
    uintptr_t from = (uintptr_t)address & ~(uintptr_t)7;
    for (uintptr_t at = from; at < (uintptr_t)address + size; at++)
        for (struct location *l = *bucket_of((void *)at); l; l = l->next)
            if ((uintptr_t)l->address == at &&
                at + l->size > (uintptr_t)address)
                l->count = 0;
}

// --- What a load may see -----------------------------------------------------

static bool is_known(const struct thread *me, const struct store *store) {
    return store->time <= clock_at(&me->clock, store->thread) ||
           store->time <= clock_at(&me->seen, store->thread);
}

static uint64_t floor_of(const struct location *l, const struct thread *me) {
    uint64_t floor = 0;
    for (unsigned i = 0; i < run.thread_count; i++) {
        const struct reader *r = &l->readers[i];
        if (r->newest > floor && clock_at(&me->clock, i) >= r->since)
            floor = r->newest;
    }
    return floor;
}

// How many stores older than the newest it may see.
static unsigned older_visible(struct location *l, const struct thread *me) {
    uint64_t floor = floor_of(l, me);
    unsigned older = 0;
    while (older + 1 < l->count) {
        const struct store *at = &l->stores[(l->number - older) % STORES];
        if (is_known(me, at) || at->number <= floor)
            break;
        older++;
    }
    return older;
}

static struct store *pick_store(struct location *l, int order) {
    struct thread *me = run_self();
    unsigned older = order == SEQ_CST ? 0 : older_visible(l, me);
    unsigned back = 0;
    if (older > 0) {
        run_uses(USES_WEAK_LOADS);
        if (choose_may(MAY_READ_STALE))
            back = run_choose(older + 1, true);
    }
    return &l->stores[(l->number - back) % STORES];
}

static void note_read(struct location *l, const struct store *store,
                      int order) {
    struct thread *me = run_self();
    struct reader *r = &l->readers[me->id];
    if (r->since == 0)
        r->since = clock_at(&me->clock, me->id);
    if (r->newest < store->number)
        r->newest = store->number;
    if (!store->has_release)
        return;
    clock_join(acquires(order) ? &me->clock : &me->acquire_fence,
               &store->release);
}

static void push_store(struct location *l, uint64_t value, int order,
                       bool is_update) {
    struct thread *me = run_self();
    struct store *before = newest(l);
    bool goes_on =
        before->has_release && (is_update || before->thread == me->id);
    struct store new = {.value = value,
                        .number = l->number + 1,
                        .thread = me->id,
                        .time = clock_at(&me->clock, me->id)};
    if (releases(order))
        clock_join(&new.release, &me->clock);
    else if (me->has_release_fence)
        clock_join(&new.release, &me->release_fence);
    new.has_release = releases(order) || me->has_release_fence || goes_on;
    if (goes_on)
        clock_join(&new.release, &before->release);
    l->number++;
    l->count += l->count < STORES;
    *newest(l) = new;
    l->readers[me->id].newest = l->number;
    if (l->readers[me->id].since == 0)
        l->readers[me->id].since = new.time;
    if (order == SEQ_CST)
        clock_join(&run.sc, &me->clock);
    run_tick(me);
}

// --- One operation -----------------------------------------------------------

static struct event *begin(enum op_kind kind, const void *address,
                           unsigned size, int order, const void *pc) {
    memory_check(address, size, pc);
    run_point(&(struct op){.kind = kind,
                           .object = address,
                           .size = size,
                           .pc = pc,
                           .is_read = kind == OP_ATOMIC_LOAD});
    struct event *event = run_event(kind, address, pc);
    event->size = size;
    event->order = (unsigned char)order;
    race_check(
        &(struct access){address, size, kind != OP_ATOMIC_LOAD, true, pc},
        event->step);
    return event;
}

static void note_value(struct event *event, uint64_t value) {
    event->value = value;
    event->has_value = true;
}

static uint64_t load(const void *address, unsigned size, int order,
                     const void *pc) {
    struct event *event = begin(OP_ATOMIC_LOAD, address, size, order, pc);
    struct location *l = location_at(address, size);
    struct store *store = pick_store(l, order);
    note_value(event, store->value);
    if (store->number != l->number)
        event->note = NOTE_STALE;
    note_read(l, store, order);
    run_progress(run_self(), address, store->value, false);
    return store->value;
}

static void store(const void *address, unsigned size, uint64_t value, int order,
                  const void *pc) {
    struct event *event = begin(OP_ATOMIC_STORE, address, size, order, pc);
    struct location *l = location_at(address, size);
    note_value(event, value);
    event->before = newest(l)->value;
    push_store(l, value, order, false);
    run_progress(run_self(), address, value, true);
}

static void finish_update(struct event *event, struct location *l,
                          uint64_t value, int order) {
    event->before = newest(l)->value;
    note_value(event, value);
    note_read(l, newest(l), order);
    push_store(l, value, order, true);
    run_progress(run_self(), l->address, value, true);
}

static void refuse_update(struct event *event, struct location *l, int order) {
    event->kind = OP_ATOMIC_LOAD;
    note_value(event, newest(l)->value);
    note_read(l, newest(l), order);
    run_progress(run_self(), l->address, newest(l)->value, false);
}

// --- The entry points of clang's pass ----------------------------------------

#define UPDATE(bits, type, name, expression)                                   \
    type __tsan_atomic##bits##_##name(volatile type *at, type by, int order) { \
        if (!run.active)                                                       \
            return __atomic_##name(at, by, __ATOMIC_SEQ_CST);                  \
        struct event *event =                                                  \
            begin(OP_ATOMIC_UPDATE, (void *)at, sizeof *at, order, PC);        \
        struct location *l = location_at((void *)at, sizeof *at);              \
        type old = *at;                                                        \
        type new = (type)(expression);                                         \
        *at = new;                                                             \
        finish_update(event, l, (uint64_t) new, order);                        \
        return old;                                                            \
    }

#define COMPARE_EXCHANGE(bits, type)                                           \
    type __tsan_atomic##bits##_compare_exchange_val(                           \
        volatile type *at, type expected, type wanted, int order,              \
        int failure_order) {                                                   \
        if (!run.active) {                                                     \
            __atomic_compare_exchange_n(at, &expected, wanted, 0,              \
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);   \
            return expected;                                                   \
        }                                                                      \
        struct event *event =                                                  \
            begin(OP_ATOMIC_UPDATE, (void *)at, sizeof *at, order, PC);        \
        struct location *l = location_at((void *)at, sizeof *at);              \
        type old = *at;                                                        \
        if (old != expected) {                                                 \
            refuse_update(event, l, failure_order);                            \
            return old;                                                        \
        }                                                                      \
        *at = wanted;                                                          \
        finish_update(event, l, (uint64_t)wanted, order);                      \
        return old;                                                            \
    }                                                                          \
    int __tsan_atomic##bits##_compare_exchange_strong(                         \
        volatile type *at, type *expected, type wanted, int order,             \
        int failure_order) {                                                   \
        type old = __tsan_atomic##bits##_compare_exchange_val(                 \
            at, *expected, wanted, order, failure_order);                      \
        if (old == *expected)                                                  \
            return 1;                                                          \
        *expected = old;                                                       \
        return 0;                                                              \
    }                                                                          \
    int __tsan_atomic##bits##_compare_exchange_weak(                           \
        volatile type *at, type *expected, type wanted, int order,             \
        int failure_order) {                                                   \
        return __tsan_atomic##bits##_compare_exchange_strong(                  \
            at, expected, wanted, order, failure_order);                       \
    }

#define ATOMICS(bits, type)                                                    \
    type __tsan_atomic##bits##_load(const volatile type *at, int order) {      \
        if (!run.active)                                                       \
            return __atomic_load_n(at, __ATOMIC_SEQ_CST);                      \
        return (type)load((const void *)at, sizeof *at, order, PC);            \
    }                                                                          \
    void __tsan_atomic##bits##_store(volatile type *at, type value,            \
                                     int order) {                              \
        if (run.active)                                                        \
            store((void *)at, sizeof *at, (uint64_t)value, order, PC);         \
        __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                         \
    }                                                                          \
    type __tsan_atomic##bits##_exchange(volatile type *at, type by,            \
                                        int order) {                           \
        if (!run.active)                                                       \
            return __atomic_exchange_n(at, by, __ATOMIC_SEQ_CST);              \
        struct event *event =                                                  \
            begin(OP_ATOMIC_UPDATE, (void *)at, sizeof *at, order, PC);        \
        struct location *l = location_at((void *)at, sizeof *at);              \
        type old = *at;                                                        \
        *at = by;                                                              \
        finish_update(event, l, (uint64_t)by, order);                          \
        return old;                                                            \
    }                                                                          \
    UPDATE(bits, type, fetch_add, old + by)                                    \
    UPDATE(bits, type, fetch_sub, old - by)                                    \
    UPDATE(bits, type, fetch_and, old &by)                                     \
    UPDATE(bits, type, fetch_or, old | by)                                     \
    UPDATE(bits, type, fetch_xor, old ^ by)                                    \
    UPDATE(bits, type, fetch_nand, ~(old & by))                                \
    COMPARE_EXCHANGE(bits, type)

ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)

// 16 bytes: one value at a time, always the newest.
typedef unsigned __int128 wide;

static void touch_wide(volatile wide *at, enum op_kind kind, int order,
                       const void *pc) {
    struct event *event = begin(kind, (void *)at, sizeof *at, order, pc);
    struct location *l = location_at((void *)at, sizeof *at);
    if (kind == OP_ATOMIC_LOAD)
        refuse_update(event, l, order);
    else
        finish_update(event, l, (uint64_t)*at, order);
}

#define WIDE(name, expression)                                                 \
    wide __tsan_atomic128_##name(volatile wide *at, wide by, int order) {      \
        if (run.active)                                                        \
            touch_wide(at, OP_ATOMIC_UPDATE, order, PC);                       \
        wide old = *at;                                                        \
        *at = (expression);                                                    \
        return old;                                                            \
    }
WIDE(exchange, by)
WIDE(fetch_add, old + by)
WIDE(fetch_sub, old - by)
WIDE(fetch_and, old &by)
WIDE(fetch_or, old | by)
WIDE(fetch_xor, old ^ by)
WIDE(fetch_nand, ~(old &by))

wide __tsan_atomic128_load(const volatile wide *at, int order) {
    if (run.active)
        touch_wide((volatile wide *)at, OP_ATOMIC_LOAD, order, PC);
    return *at;
}

void __tsan_atomic128_store(volatile wide *at, wide value, int order) {
    if (run.active)
        touch_wide(at, OP_ATOMIC_UPDATE, order, PC);
    *at = value;
}

wide __tsan_atomic128_compare_exchange_val(volatile wide *at, wide expected,
                                           wide wanted, int order,
                                           int failure_order) {
    (void)failure_order;
    if (run.active)
        touch_wide(at, OP_ATOMIC_UPDATE, order, PC);
    wide old = *at;
    if (old == expected)
        *at = wanted;
    return old;
}

// --- Larger ones, which clang leaves to libatomic ----------------------------

static struct event *touch_object(const void *at, size_t size,
                                  enum op_kind kind, int order,
                                  const void *pc) {
    struct event *event = begin(kind, at, (unsigned)size, order, pc);
    struct location *l = location_at(at, 8);
    note_read(l, newest(l), SEQ_CST);
    if (kind != OP_ATOMIC_LOAD)
        push_store(l, run.steps, SEQ_CST, true);
    return event;
}

void ex___atomic_load(size_t size, const void *at, void *into, int order) {
    if (run.active)
        touch_object(at, size, OP_ATOMIC_LOAD, order, PC);
    memcpy(into, at, size);
}

void ex___atomic_store(size_t size, void *at, const void *from, int order) {
    if (run.active)
        touch_object(at, size, OP_ATOMIC_STORE, order, PC);
    memcpy(at, from, size);
}

void ex___atomic_exchange(size_t size, void *at, const void *from, void *into,
                          int order) {
    if (run.active)
        touch_object(at, size, OP_ATOMIC_UPDATE, order, PC);
    memmove(into, at, size);
    memcpy(at, from, size);
}

int ex___atomic_compare_exchange(size_t size, void *at, void *expected,
                                 const void *wanted, int order, int failure) {
    (void)failure;
    if (run.active)
        touch_object(at, size, OP_ATOMIC_UPDATE, order, PC);
    if (memcmp(at, expected, size) == 0) {
        memcpy(at, wanted, size);
        return 1;
    }
    memcpy(expected, at, size);
    return 0;
}

// --- Fences ------------------------------------------------------------------

void __tsan_atomic_thread_fence(int order) {
    if (!run.active)
        return;
    struct thread *me = run_self();
    run_step(OP_FENCE, NULL, PC);
    run_event(OP_FENCE, NULL, PC)->order = (unsigned char)order;
    if (acquires(order))
        clock_join(&me->clock, &me->acquire_fence);
    if (order == SEQ_CST) {
        clock_join(&me->seen, &run.sc);
        clock_join(&run.sc, &me->clock);
        clock_join(&run.sc, &me->seen);
    }
    if (releases(order)) {
        clock_copy(&me->release_fence, &me->clock);
        me->has_release_fence = true;
        run_tick(me);
    }
    run_progress(me, PC, OP_FENCE, false);
}

void __tsan_atomic_signal_fence(int order) {
    (void)order;
}
