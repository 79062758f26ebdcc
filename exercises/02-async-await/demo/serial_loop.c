// SPDX-License-Identifier: MIT
// Three tasks that each wait three times. First every wait blocks the thread,
// as a `sleep` or a plain `read` inside of a coroutine does; then every task
// only says until when it wants to wait, and one place sleeps for all of them.
//
//     make demo DEMO=serial_loop
#include <stdio.h>
#include <time.h>

enum { TASKS = 3, WAITS = 3 };

static const long wait_ms[TASKS] = {100, 150, 200};

static long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void sleep_ms(long ms) {
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

// What a task must remember across its stops lies here, not in local variables.
struct task {
    int waits; // done so far
    long until;
};

// The mistake: each task waits where it stands, and everybody waits with it.
static void blocking(void) {
    for (int round = 0; round < WAITS; round++)
        for (int i = 0; i < TASKS; i++)
            sleep_ms(wait_ms[i]);
}

static void overlapping(void) {
    struct task tasks[TASKS];
    for (int i = 0; i < TASKS; i++)
        tasks[i] = (struct task){0, now_ms() + wait_ms[i]};
    for (;;) {
        struct task *first = NULL; // whose wait ends first
        for (int i = 0; i < TASKS; i++)
            if (tasks[i].waits < WAITS &&
                (first == NULL || tasks[i].until < first->until))
                first = &tasks[i];
        if (first == NULL)
            return;
        if (first->until > now_ms())
            sleep_ms(first->until - now_ms()); // the only sleep there is
        first->waits++;
        first->until += wait_ms[first - tasks];
    }
}

int main(void) {
    long begun = now_ms();
    blocking();
    printf("every task blocks the thread:  %4ld ms\n", now_ms() - begun);
    begun = now_ms();
    overlapping();
    printf("one place sleeps for them all: %4ld ms\n", now_ms() - begun);
}
