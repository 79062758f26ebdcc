// SPDX-License-Identifier: MIT
// Compiled with the sanitizers, unlike the rest of the harness. Each function
// stands in section lk_canary, whose borders the linker names.
#include "harness/canary.h"

#include <pthread.h>
#include <stdlib.h>

#include "harness/suite.h"
#include "harness/table.h"

#define CANARY __attribute__((noinline, used, section("lk_canary")))

extern char __start_lk_canary[];
extern char __stop_lk_canary[];

static volatile int word;
static pthread_mutex_t never_locked = PTHREAD_MUTEX_INITIALIZER;

CANARY static void *lk_canary_thread(void *argument) {
    word = 1;
    table_mark_canary();
    return argument;
}

CANARY static void lk_canary_race(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, lk_canary_thread, NULL) != 0)
        return;
    table_await_canary();
    word = 2;
    pthread_join(thread, NULL);
}

CANARY static void lk_canary_overflow(void) {
    volatile char *block = malloc(3);
    if (block == NULL)
        return;
    word = block[3];
    free((void *)block);
}

CANARY static void lk_canary_leak(void) {
    volatile char *block = malloc(7919);
    if (block != NULL)
        block[0] = 1;
}

CANARY static void lk_canary_undefined(int zero) {
    volatile int most = 0x7fffffff - zero;
    word = most + 1;
}

CANARY static void lk_canary_uninitialised(void) {
    volatile int *block = malloc(sizeof *block);
    if (block != NULL && *block == 42)
        word = 1;
    free((void *)block);
}

CANARY static void lk_canary_unlock(void) {
    pthread_mutex_unlock(&never_locked);
}

void canary_run(void) {
    switch (suite_tool()) {
    case TOOL_PLAIN:
        break;
    case TOOL_ASAN:
        lk_canary_overflow();
        lk_canary_undefined(word & 0);
        lk_canary_leak();
        break;
    case TOOL_TSAN:
        lk_canary_race();
        break;
    case TOOL_MEMCHECK:
        lk_canary_uninitialised();
        break;
    case TOOL_HELGRIND:
        lk_canary_unlock();
        break;
    }
}

bool canary_contains(uintptr_t address) {
    return address >= (uintptr_t)__start_lk_canary &&
           address < (uintptr_t)__stop_lk_canary;
}
