// SPDX-License-Identifier: MIT
// How it works. A fibre is a ucontext on a mapping of its own, with a page
// below it that cannot be touched. Freed mappings are used again, but not under
// AddressSanitizer: there they become inaccessible, so that who keeps the
// address of a local of a task that is over is caught.
//
// AddressSanitizer's own swapcontext() forgets what it knows of the whole stack
// that is switched to, and prints a warning. Who announces switches needs
// neither, so libc's is called past it.
#include "lib/lp_fibre.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

enum { STACK_BYTES = 256 * 1024, MOST_KEPT = 64 };

// From the sanitizers' interfaces, <sanitizer/common_interface_defs.h> and
// <sanitizer/tsan_interface.h>.
#ifdef HARNESS_VARIANT_ASAN
void __sanitizer_start_switch_fiber(void **save, const void *bottom,
                                    size_t size);
void __sanitizer_finish_switch_fiber(void *save, const void **bottom,
                                     size_t *size);
#endif
#ifdef HARNESS_VARIANT_TSAN
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
#endif

// One side of a switch, as the sanitizers know it.
struct side {
    ucontext_t context;
    const void *bottom;
    size_t size;
    void *fake_stack; // ASan's, while nobody is on this side
    void *tsan;       // TSan's name for it
};

struct lp_fibre {
    struct side side;
    void (*fn)(void *);
    void *arg;
    char *mapping; // the page that cannot be touched, then the stack
    unsigned valgrind;
};

static struct side loop_side;
static char *kept[MOST_KEPT];
static int kept_count;

// --- Announcements -----------------------------------------------------------

static void announce_leaving(struct side *from, const struct side *to) {
#ifdef HARNESS_VARIANT_ASAN
    __sanitizer_start_switch_fiber(&from->fake_stack, to->bottom, to->size);
#endif
#ifdef HARNESS_VARIANT_TSAN
    __tsan_switch_to_fiber(to->tsan, 0);
#endif
    (void)from;
    (void)to;
}

// On ME, having come from FROM.
static void announce_arrival(struct side *me, struct side *from) {
#ifdef HARNESS_VARIANT_ASAN
    const void *bottom;
    size_t size;
    __sanitizer_finish_switch_fiber(me->fake_stack, &bottom, &size);
    if (from == &loop_side) {
        from->bottom = bottom;
        from->size = size;
    }
#endif
    (void)me;
    (void)from;
}

static void swap(ucontext_t *from, const ucontext_t *to) {
#ifdef HARNESS_VARIANT_ASAN
    static int (*real)(ucontext_t *, const ucontext_t *);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "swapcontext");
    real(from, to);
#else
    swapcontext(from, to);
#endif
}

static void go(struct side *from, struct side *to) {
    announce_leaving(from, to);
    swap(&from->context, &to->context);
    announce_arrival(from, to);
}

// --- Stacks ------------------------------------------------------------------

static size_t page_bytes(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t mapping_bytes(void) {
    return page_bytes() + STACK_BYTES;
}

static char *stack_new(void) {
    if (kept_count > 0)
        return kept[--kept_count];
    char *mapping =
        mmap(NULL, mapping_bytes(), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (mapping == MAP_FAILED)
        return NULL;
    if (mprotect(mapping, page_bytes(), PROT_NONE) != 0) {
        munmap(mapping, mapping_bytes());
        return NULL;
    }
    return mapping;
}

static void stack_free(char *mapping) {
#ifdef HARNESS_VARIANT_ASAN
    madvise(mapping, mapping_bytes(), MADV_DONTNEED);
    mprotect(mapping, mapping_bytes(), PROT_NONE);
#else
    if (kept_count < MOST_KEPT)
        kept[kept_count++] = mapping;
    else
        munmap(mapping, mapping_bytes());
#endif
}

void lp_fibre_forget_stacks(void) {
    while (kept_count > 0)
        munmap(kept[--kept_count], mapping_bytes());
}

// --- Fibres ------------------------------------------------------------------

// makecontext() hands on ints: a pointer comes in two halves.
static void begin(unsigned high, unsigned low) {
    struct lp_fibre *fibre = (struct lp_fibre *)((uintptr_t)high << 32 | low);
    announce_arrival(&fibre->side, &loop_side);
    fibre->fn(fibre->arg);
    abort(); // fn has to end with lp_fibre_end()
}

struct lp_fibre *lp_fibre_new(void (*fn)(void *), void *arg) {
    struct lp_fibre *fibre = calloc(1, sizeof *fibre);
    if (fibre == NULL)
        return NULL;
    fibre->mapping = stack_new();
    if (fibre->mapping == NULL) {
        free(fibre);
        return NULL;
    }
    fibre->fn = fn;
    fibre->arg = arg;
    struct side *side = &fibre->side;
    char *stack = fibre->mapping + page_bytes();
    fibre->valgrind = VALGRIND_STACK_REGISTER(stack, stack + STACK_BYTES);
    side->bottom = stack;
    side->size = STACK_BYTES;
#ifdef HARNESS_VARIANT_TSAN
    side->tsan = __tsan_create_fiber(0);
#endif
    getcontext(&side->context);
    side->context.uc_stack.ss_sp = stack;
    side->context.uc_stack.ss_size = STACK_BYTES;
    side->context.uc_link = NULL;
    uintptr_t self = (uintptr_t)fibre;
    makecontext(&side->context, (void (*)(void))begin, 2,
                (unsigned)(self >> 32), (unsigned)self);
    return fibre;
}

void lp_fibre_enter(struct lp_fibre *fibre) {
#ifdef HARNESS_VARIANT_TSAN
    loop_side.tsan = __tsan_get_current_fiber();
#endif
    go(&loop_side, &fibre->side);
}

void lp_fibre_leave(struct lp_fibre *fibre) {
    go(&fibre->side, &loop_side);
}

// ASan's fake stack is left as it is: the frames in it stay poisoned, and
// whoever uses one of them later is told what it was.
void lp_fibre_end(struct lp_fibre *fibre) {
    go(&fibre->side, &loop_side);
    abort(); // nobody may enter it again
}

void lp_fibre_free(struct lp_fibre *fibre) {
    VALGRIND_STACK_DEREGISTER(fibre->valgrind);
#ifdef HARNESS_VARIANT_TSAN
    __tsan_destroy_fiber(fibre->side.tsan);
#endif
    stack_free(fibre->mapping);
    free(fibre);
}
