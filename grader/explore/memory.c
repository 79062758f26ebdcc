// SPDX-License-Identifier: MIT
// How it works: blocks are cut off one arena, one after the other, with a gap
// before each that nobody may touch, and none is used again. A map holds for
// every 8 bytes of the arena how many of them may be touched. What libc itself
// obtains comes from libc's heap and is given back to that.
// What it leaves out: reads of bytes that were never written.
#include "explore/memory.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "explore/race.h"
#include "explore/shared.h"

#define HEAP_AT ((uintptr_t)0x700000000000)
#define STACKS_AT ((uintptr_t)0x500000000000)
enum {
    HEAP_GIB = 8,
    GAP = 16,
    ALIGNMENT = 16,
    BLOCKS_MAX = 1 << 22,
    STACK_MIB = 8,
    FILLED = 1 << 20, // of a new block, with a pattern
    LARGE = 1 << 16,  // blocks whose memory goes back to the system
    TOLD = 4096,      // of what the runtime wrote, to the race detector
    FREED = 0x80,     // in the map
};

struct block {
    const char *start;
    size_t size;
    unsigned allocated_at, freed_at;
    bool is_free;
    const void *stack[4];
};

static size_t heap_size, used;
static unsigned char *map;
static struct block *blocks;
static unsigned block_count;

static void *reserve(uintptr_t at, size_t size) {
    void *memory = mmap((void *)at, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void memory_open(void) {
    size_t size = (size_t)HEAP_GIB << 30;
    void *heap = NULL;
    // Less where the machine gives less.
    while (heap == NULL && size >= (size_t)1 << 26) {
        heap = reserve(HEAP_AT, size);
        if (heap == NULL)
            size /= 2;
    }
    map = reserve(0, size / 8);
    blocks = reserve(0, BLOCKS_MAX * sizeof *blocks);
    if ((uintptr_t)heap == HEAP_AT && map != NULL && blocks != NULL)
        heap_size = size;
}

static bool in_heap(const void *address) {
    return (uintptr_t)address - HEAP_AT < heap_size;
}

// --- Blocks -----------------------------------------------------------------

// The number of blocks that begin at or below ADDRESS.
static unsigned count_below(const char *address) {
    unsigned low = 0, high = block_count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (blocks[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// The block that ADDRESS is in, or nearest to.
static struct block *block_near(const void *address) {
    const char *at = address;
    unsigned below = count_below(at);
    if (below == 0)
        return block_count > 0 ? &blocks[0] : NULL;
    struct block *block = &blocks[below - 1];
    const char *end = block->start + block->size;
    if (at >= end && below < block_count && blocks[below].start - at < at - end)
        return &blocks[below];
    return block;
}

static struct block *block_at(const void *address) {
    struct block *block = block_near(address);
    return block != NULL && block->start == address ? block : NULL;
}

static void mark_alive(uintptr_t offset, size_t size) {
    memset(map + offset / 8, 8, size / 8);
    if (size % 8 != 0)
        map[(offset + size) / 8] = size % 8;
}

static struct block *cut_off(size_t size, size_t alignment) {
    uintptr_t offset = (used + GAP + alignment - 1) & ~(alignment - 1);
    if (size > heap_size || offset + size > heap_size - GAP) {
        errno = ENOMEM;
        return NULL;
    }
    if (block_count == BLOCKS_MAX)
        run_give_up("it takes too many blocks of memory");
    used = (offset + size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    mark_alive(offset, size);
    struct block *block = &blocks[block_count++];
    *block = (struct block){.start = (char *)HEAP_AT + offset, .size = size};
    return block;
}

void *memory_take(size_t size, size_t alignment, const void *pc) {
    struct block *block = cut_off(size, alignment);
    if (block == NULL)
        return NULL;
    unsigned depth = sizeof block->stack / sizeof block->stack[0];
    run_stack(run_self(), pc, block->stack, depth);
    struct event *event = run_event(OP_MALLOC, block->start, pc);
    event->size = (unsigned)size;
    event->value = block_count;
    event->has_value = true;
    block->allocated_at = event->step;
    return (void *)block->start;
}

static void *take_filled(size_t size, size_t alignment, const void *pc) {
    void *start = memory_take(size, alignment, pc);
    if (start != NULL)
        memset(start, 0xbe, size < FILLED ? size : FILLED);
    return start;
}

void memory_filled(const void *start, size_t size, const void *pc) {
    race_wrote(start, size < TOLD ? size : TOLD, pc);
}

bool memory_size(const void *address, size_t *size) {
    const struct block *block = in_heap(address) ? block_at(address) : NULL;
    if (block != NULL)
        *size = block->size;
    return block != NULL;
}

// --- Errors -----------------------------------------------------------------

static _Noreturn void fail(const char *what, const struct op *op,
                           const struct block *block) {
    struct event *event = run_event(op->kind, op->object, op->pc);
    event->size = op->size;
    snprintf(result->memory, sizeof result->memory, "%s", what);
    if (block != NULL) {
        result->memory_steps[0] = block->allocated_at;
        result->memory_steps[1] = block->freed_at;
    }
    result->memory_steps[2] = event->step;
    run_fail(RESULT_MEMORY_ERROR, "%s", "");
}

static _Noreturn void fail_access(const void *address, size_t size,
                                  enum op_kind kind, const void *pc) {
    const struct block *block = block_near(address);
    bool is_freed = block != NULL && block->is_free &&
                    (const char *)address < block->start + block->size &&
                    (const char *)address >= block->start;
    fail(is_freed ? "use-after-free" : "overflow",
         &(struct op){
             .kind = kind, .object = address, .size = (unsigned)size, .pc = pc},
         block);
}

static void check(const void *address, size_t size, enum op_kind kind,
                  const void *pc) {
    uintptr_t from = (uintptr_t)address - HEAP_AT;
    if (from >= heap_size || size == 0)
        return;
    if (size > heap_size - from)
        fail_access(address, size, kind, pc);
    uintptr_t to = from + size;
    for (uintptr_t at = from / 8; at * 8 < to; at++) {
        unsigned needed = to - at * 8 < 8 ? (unsigned)(to - at * 8) : 8;
        if (map[at] < needed || (map[at] & FREED))
            fail_access(from > at * 8 ? address : (char *)HEAP_AT + at * 8,
                        size, kind, pc);
    }
}

void memory_check(const void *address, size_t size, const void *pc) {
    if ((uintptr_t)address - HEAP_AT < heap_size)
        check(address, size, OP_READ, pc);
}

void memory_check_access(const void *address, size_t size, bool is_write,
                         const void *pc) {
    if ((uintptr_t)address - HEAP_AT < heap_size)
        check(address, size, is_write ? OP_WRITE : OP_READ, pc);
}

// --- Giving back ------------------------------------------------------------

static void release(struct block *block, const void *pc) {
    struct event *event = run_event(OP_FREE, block->start, pc);
    event->size = (unsigned)block->size;
    event->value = (unsigned)(block - blocks) + 1;
    event->has_value = true;
    race_free_block(block->start, block->size, pc);
    block->is_free = true;
    block->freed_at = event->step;
    uintptr_t offset = (uintptr_t)block->start - HEAP_AT;
    memset(map + offset / 8, FREED, (block->size + 7) / 8);
    if (block->size < LARGE)
        return;
    uintptr_t first = ((uintptr_t)block->start + 4095) & ~(uintptr_t)4095;
    uintptr_t end = (uintptr_t)block->start + block->size;
    madvise((void *)first, (end - first) & ~(size_t)4095, MADV_DONTNEED);
}

// The block that begins at ADDRESS, which is about to be given back.
static struct block *owned(const void *address, const void *pc) {
    run_step(OP_FREE, address, pc);
    struct block *block = block_at(address);
    struct op op = {.kind = OP_FREE, .object = address, .pc = pc};
    if (block == NULL)
        fail("bad-free", &op, block_near(address));
    if (block->is_free)
        fail("double-free", &op, block);
    return block;
}

extern void *__libc_stack_end;
extern char __executable_start, end;

// A variable of the program, which no allocation returned.
static bool is_variable(const void *address) {
    uintptr_t at = (uintptr_t)address, top = (uintptr_t)__libc_stack_end;
    return (at >= (uintptr_t)&__executable_start && at < (uintptr_t)&end) ||
           at - STACKS_AT < (uintptr_t)THREADS_MAX * STACK_MIB << 20 ||
           (at < top && top - at < (uintptr_t)STACK_MIB << 20);
}

void ex_free(void *address) {
    if (address == NULL)
        return;
    if (!in_heap(address)) {
        if (run.active && is_variable(address))
            fail("bad-free",
                 &(struct op){.kind = OP_FREE, .object = address, .pc = PC},
                 NULL);
        free(address);
    } else if (run.active) {
        release(owned(address, PC), PC);
    }
}

// --- Allocation -------------------------------------------------------------

void *ex_malloc(size_t size) {
    return run.active ? take_filled(size, ALIGNMENT, PC) : malloc(size);
}

// New memory of the arena is zero.
static void *take_zeroed(size_t count, size_t size, const void *pc) {
    size_t whole;
    if (__builtin_mul_overflow(count, size, &whole)) {
        errno = ENOMEM;
        return NULL;
    }
    void *start = memory_take(whole, ALIGNMENT, pc);
    if (start != NULL)
        memory_filled(start, whole, pc);
    return start;
}

void *ex_calloc(size_t count, size_t size) {
    return run.active ? take_zeroed(count, size, PC) : calloc(count, size);
}

// In a child of the program's own fork: moves the block to libc's heap.
static void *move_out(const void *address, size_t size) {
    size_t old = 0;
    void *copy = malloc(size);
    if (copy != NULL && memory_size(address, &old))
        memcpy(copy, address, old < size ? old : size);
    return copy;
}

// Always to another place, as it may be.
static void *resize(void *address, size_t size, const void *pc) {
    struct block *block = owned(address, pc);
    if (size == 0) {
        release(block, pc);
        return NULL;
    }
    void *copy = take_filled(size, ALIGNMENT, pc);
    if (copy == NULL)
        return NULL;
    size_t kept = block->size < size ? block->size : size;
    memcpy(copy, address, kept);
    release(block, pc);
    memory_filled(copy, kept, pc);
    return copy;
}

static void *reallocate(void *address, size_t size, const void *pc) {
    if (address != NULL && !in_heap(address))
        return realloc(address, size);
    if (!run.active)
        return address ? move_out(address, size) : malloc(size);
    return address ? resize(address, size, pc)
                   : take_filled(size, ALIGNMENT, pc);
}

void *ex_realloc(void *address, size_t size) {
    return reallocate(address, size, PC);
}

void *ex_reallocarray(void *address, size_t count, size_t size) {
    size_t whole;
    if (__builtin_mul_overflow(count, size, &whole)) {
        errno = ENOMEM;
        return NULL;
    }
    return reallocate(address, whole, PC);
}

static bool is_power_of_two(size_t number) {
    return number != 0 && (number & (number - 1)) == 0;
}

static void *take_aligned(size_t alignment, size_t size, const void *pc) {
    if (!is_power_of_two(alignment)) {
        errno = EINVAL;
        return NULL;
    }
    return take_filled(size, alignment < ALIGNMENT ? ALIGNMENT : alignment, pc);
}

int ex_posix_memalign(void **address, size_t alignment, size_t size) {
    if (!run.active)
        return posix_memalign(address, alignment, size);
    if (!is_power_of_two(alignment) || alignment % sizeof(void *) != 0)
        return EINVAL;
    void *start = take_aligned(alignment, size, PC);
    if (start == NULL)
        return ENOMEM;
    *address = start;
    race_wrote(address, sizeof *address, PC);
    return 0;
}

void *ex_aligned_alloc(size_t alignment, size_t size) {
    return run.active ? take_aligned(alignment, size, PC)
                      : aligned_alloc(alignment, size);
}

void *ex_memalign(size_t alignment, size_t size) {
    return run.active ? take_aligned(alignment, size, PC)
                      : memalign(alignment, size);
}

void *ex_valloc(size_t size) {
    return run.active ? take_aligned(4096, size, PC) : valloc(size);
}

size_t ex_malloc_usable_size(void *address) {
    size_t size = 0;
    if (in_heap(address)) {
        memory_size(address, &size);
        return size;
    }
    return malloc_usable_size(address);
}

// --- For the trace ----------------------------------------------------------

static void describe_block(struct event *event) {
    const struct block *block = block_near(event->object);
    if (block == NULL)
        return;
    event->has_block = true;
    event->block = block->start;
    event->block_size = block->size;
    event->block_number = (unsigned)(block - blocks) + 1;
    memcpy(event->block_stack, block->stack, sizeof event->block_stack);
}

static unsigned frame_count(const struct thread *thread) {
    return thread->depth < FRAMES_MAX ? thread->depth : FRAMES_MAX;
}

// The thread on whose stack ADDRESS lies: the one that begins next above.
static const struct thread *stack_owner(const char *address) {
    const struct thread *owner = NULL;
    ptrdiff_t nearest = (ptrdiff_t)STACK_MIB << 20;
    for (unsigned i = 0; i < run.thread_count; i++) {
        const struct thread *t = run.threads[i];
        if (t->done || frame_count(t) == 0)
            continue;
        ptrdiff_t distance = t->frames[0].base - address;
        if (distance >= 0 && distance < nearest) {
            nearest = distance;
            owner = t;
        }
    }
    return owner;
}

static void describe_local(struct event *event) {
    const char *at = event->object;
    const struct thread *owner = stack_owner(at);
    if (owner == NULL)
        return;
    unsigned i = frame_count(owner) - 1;
    while (i > 0 && owner->frames[i].base < at)
        i--;
    event->frame_thread = (short)owner->id;
    event->frame_function = owner->frames[i].function;
    event->frame_offset = at - owner->frames[i].base;
}

void memory_describe(struct event *event) {
    if (event->object == NULL)
        return;
    if (in_heap(event->object))
        describe_block(event);
    else
        describe_local(event);
}
