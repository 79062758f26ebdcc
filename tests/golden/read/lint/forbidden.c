#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

// An asm in a comment and "asm" in a string are no asm.
static const char *text = "asm volatile";
static _Atomic int flag;

__attribute__((no_sanitize("thread"))) static void hidden(void) {
    flag = 1;
}

static void __attribute__((constructor, unused)) early(void) {
    exit(0);
}

#pragma clang optimize off

static int fine(int n) __attribute__((unused, noinline));
static int fine(int n) {
    return n;
}

long bank_total(void) {
    __asm__ volatile("" ::: "memory");
    atomic_thread_fence(memory_order_seq_cst);
    hidden();
    syscall(SYS_getpid);
    atexit((void (*)(void))hidden);
    pthread_mutex_t lock;
    pthread_mutex_init(&lock, NULL);
    return (long)text;
}

void *malloc(size_t size) {
    (void)size;
    return NULL;
}

void helper_of_mine(void) {
    void (*leave)(int) = _exit;
    leave(3);
}
