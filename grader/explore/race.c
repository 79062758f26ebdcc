// SPDX-License-Identifier: MIT
#include "explore/race.h"

#include <string.h>

#include "explore/room.h"
#include "explore/shared.h"

// Accesses to 8 bytes, the last of each thread and kind.
struct entry {
    struct entry *next;
    unsigned time, step;
    uint16_t thread;
    uint8_t bytes; // which of the 8
    bool is_write, is_atomic;
};

struct cell {
    uintptr_t grain; // address / 8; 0: free
    struct entry *entries;
};

static struct cell *cells;
static unsigned cell_count, cell_capacity;

static unsigned slot_of(uintptr_t grain) {
    return (unsigned)(grain * 0x9e3779b97f4a7c15u >> 40) & (cell_capacity - 1);
}

static struct cell *find(uintptr_t grain) {
    if (cell_capacity == 0)
        return NULL;
    unsigned slot = slot_of(grain);
    while (cells[slot].grain != 0 && cells[slot].grain != grain)
        slot = (slot + 1) & (cell_capacity - 1);
    return &cells[slot];
}

static void grow(void) {
    struct cell *old = cells;
    unsigned count = cell_capacity;
    cell_capacity = count == 0 ? 256 : count * 4;
    cells = room_take(cell_capacity * sizeof *cells);
    for (unsigned i = 0; i < count; i++)
        if (old[i].grain != 0)
            *find(old[i].grain) = old[i];
}

static struct cell *cell_at(uintptr_t grain) {
    if (cell_count * 2 >= cell_capacity)
        grow();
    struct cell *cell = find(grain);
    if (cell->grain == 0) {
        cell->grain = grain;
        cell_count++;
    }
    return cell;
}

static uint8_t bytes_in(const struct access *access, uintptr_t grain) {
    uintptr_t from = (uintptr_t)access->address;
    uintptr_t to = from + access->size;
    uintptr_t first = grain * 8;
    unsigned low = from > first ? (unsigned)(from - first) : 0;
    unsigned high = to < first + 8 ? (unsigned)(to - first) : 8;
    return (uint8_t)((0xff << low) & (0xff >> (8 - high)));
}

static bool conflict(const struct entry *entry, const struct access *access,
                     uint8_t bytes, const struct thread *me) {
    return entry->thread != me->id && (entry->bytes & bytes) != 0 &&
           (entry->is_write || access->is_write) &&
           !(entry->is_atomic && access->is_atomic) &&
           clock_at(&me->clock, entry->thread) < entry->time;
}

static void check_cell(struct cell *cell, const struct access *access,
                       unsigned step) {
    struct thread *me = run_self();
    uint8_t bytes = bytes_in(access, cell->grain);
    struct entry *mine = NULL;
    for (struct entry *e = cell->entries; e != NULL; e = e->next) {
        if (conflict(e, access, bytes, me)) {
            result->race[0] = e->step;
            result->race[1] = step;
            run_fail(RESULT_DATA_RACE, "%s", "");
        }
        if (e->thread == me->id && e->is_write == access->is_write &&
            e->is_atomic == access->is_atomic && e->bytes == bytes)
            mine = e;
    }
    if (mine == NULL) {
        mine = room_take(sizeof *mine);
        mine->next = cell->entries;
        mine->thread = (uint16_t)me->id;
        mine->bytes = bytes;
        mine->is_write = access->is_write;
        mine->is_atomic = access->is_atomic;
        cell->entries = mine;
    }
    mine->time = clock_at(&me->clock, me->id);
    mine->step = step;
}

void race_check(const struct access *access, unsigned step) {
    if (run.ignore_races || access->size == 0)
        return;
    uintptr_t last = ((uintptr_t)access->address + access->size - 1) / 8;
    for (uintptr_t g = (uintptr_t)access->address / 8; g <= last; g++)
        check_cell(cell_at(g), access, step);
}

void race_wrote(const void *address, size_t size, const void *pc) {
    race_check(&(struct access){address, size, true, false, pc}, run.steps);
}

enum { BLOCK_LOOKED_AT = 1 << 16 };

void race_free_block(const void *address, size_t size, const void *pc) {
    if (run.ignore_races)
        return;
    struct access access = {address, size, true, false, pc};
    size_t looked_at = size < BLOCK_LOOKED_AT ? size : BLOCK_LOOKED_AT;
    for (size_t at = 0; at < looked_at; at += 8) {
        struct cell *cell = find(((uintptr_t)address + at) / 8);
        if (cell != NULL && cell->grain != 0)
            check_cell(cell, &access, run.steps);
    }
}

void race_new_block(const void *address, size_t size) {
    if (cell_count == 0)
        return;
    for (size_t at = 0; at < size && at < BLOCK_LOOKED_AT; at += 8) {
        struct cell *cell = find(((uintptr_t)address + at) / 8);
        if (cell != NULL)
            cell->entries = NULL;
    }
}
