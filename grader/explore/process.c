// SPDX-License-Identifier: MIT
// How the program ends itself.
#include "explore/process.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explore/host.h"
#include "explore/real.h"
#include "explore/room.h"
#include "explore/shared.h"
#include "explore/verifier.h"

extern char __executable_start, etext;
// The runtime itself has a section of its own.
extern char __start_explore_text __attribute__((weak));
extern char __stop_explore_text __attribute__((weak));

const void *process_place(const void *pc) {
    const char *at = pc;
    bool in_runtime = at >= &__start_explore_text && at < &__stop_explore_text;
    bool in_program = at >= &__executable_start && at < &etext;
    return in_program && !in_runtime ? pc : NULL;
}

// --- Exit -------------------------------------------------------------------

struct handler {
    struct handler *next;
    void (*plain)(void);
    void (*with_status)(int, void *);
    void *argument;
};
static struct handler *handlers;

static int add_handler(struct handler handler) {
    // Before main there is no room for it yet.
    static struct handler early[32];
    static unsigned early_count;
    struct handler *kept = NULL;
    if (run.active)
        kept = room_take(sizeof *kept);
    else if (early_count < sizeof early / sizeof early[0])
        kept = &early[early_count++];
    if (kept == NULL)
        return -1;
    *kept = handler;
    kept->next = handlers;
    handlers = kept;
    return 0;
}

int ex_atexit(void (*function)(void)) {
    return add_handler((struct handler){.plain = function});
}

int ex_on_exit(void (*function)(int, void *), void *argument) {
    return add_handler(
        (struct handler){.with_status = function, .argument = argument});
}

static void run_handlers(int status) {
    while (handlers != NULL) {
        struct handler *handler = handlers;
        handlers = handler->next;
        if (handler->plain != NULL)
            handler->plain();
        else
            handler->with_status(status, handler->argument);
    }
}

static _Noreturn void end(const char *call, int status, const void *pc) {
    run_step(OP_EXIT, NULL, process_place(pc));
    struct event *event = run_event(OP_EXIT, NULL, process_place(pc));
    event->value = (unsigned)status;
    event->has_value = true;
    if (!process_may_end())
        run_fail(RESULT_WRONG_RESULT,
                 "%s(%d) ends the process in the middle of the scenario", call,
                 status);
    if (strcmp(call, "exit") == 0)
        run_handlers(status);
    run_exit(status);
}

_Noreturn void ex_exit(int status) {
    if (run.active)
        end("exit", status, PC);
    run_handlers(status);
    exit(status);
}

_Noreturn void ex__exit(int status) {
    if (run.active)
        end("_exit", status, PC);
    _exit(status);
}

_Noreturn void ex__Exit(int status) {
    if (run.active)
        end("_Exit", status, PC);
    _Exit(status);
}

_Noreturn void ex_quick_exit(int status) {
    if (run.active)
        end("quick_exit", status, PC);
    quick_exit(status);
}

// --- Failure ----------------------------------------------------------------

static void note_failure(const void *pc) {
    run_event(OP_FAIL, NULL, process_place(pc));
}

void process_fail(const char *message, const void *pc) {
    if (!run.active)
        abort();
    note_failure(pc);
    run_fail(RESULT_BROKEN_INVARIANT, "%s", message);
}

_Noreturn void ex_abort(void) {
    if (!run.active)
        abort();
    if (verifier_is_assumption(PC))
        run_finish();
    note_failure(PC);
    run_fail(RESULT_CRASH, "abort() was called");
}

_Noreturn void ex___assert_fail(const char *assertion, const char *file,
                                unsigned line, const char *function) {
    if (!run.active)
        __assert_fail(assertion, file, line, function);
    note_failure(PC);
    run_fail_at(RESULT_BROKEN_INVARIANT, file, (int)line,
                "assertion `%s' failed", assertion);
}

_Noreturn void ex___assert(const char *assertion, const char *file, int line) {
    if (!run.active)
        __assert_fail(assertion, file, (unsigned)line, NULL);
    note_failure(PC);
    run_fail_at(RESULT_BROKEN_INVARIANT, file, line, "assertion `%s' failed",
                assertion);
}

_Noreturn void ex___assert_perror_fail(int error, const char *file,
                                       unsigned line, const char *function) {
    if (!run.active)
        __assert_perror_fail(error, file, line, function);
    note_failure(PC);
    run_fail_at(RESULT_BROKEN_INVARIANT, file, (int)line,
                "unexpected error: %s", strerror(error));
}

static enum result_kind kind_of(const char *name) {
    for (int i = RESULT_DATA_RACE; name != NULL && i < RESULT_INCONCLUSIVE; i++)
        if (strcmp(name, result_name((enum result_kind)i)) == 0)
            return (enum result_kind)i;
    return RESULT_BROKEN_INVARIANT;
}

void explore_fail(const char *kind, const char *file, int line,
                  const char *message, const void *pc) {
    if (!run.active)
        _exit(1);
    note_failure(pc);
    run_fail_at(kind_of(kind), file, line, "%s", message);
}
