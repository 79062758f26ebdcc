// SPDX-License-Identifier: MIT
#include "read/valgrind.h"

#include <stdlib.h>
#include <string.h>

#include "read/source.h"
#include "read/text.h"
#include "read/valgrind_xml.h"

enum { MOST_FINDINGS = 40 };

struct reading {
    const struct read_context *context;
    const struct vg_report *report;
};

// --- Frames ------------------------------------------------------------------

static const struct vg_frame *answer_frame(const struct reading *reading,
                                           const struct vg_stack *stack) {
    for (guint i = 0; stack != NULL && i < stack->frames->len; i++) {
        const struct vg_frame *frame = stack->frames->pdata[i];
        if (frame->file != NULL && frame->line > 0 &&
            g_str_equal(frame->file, reading->context->answer_file))
            return frame;
    }
    return NULL;
}

static const struct vg_stack *stack_at(const struct vg_error *error,
                                       guint index) {
    return index < error->stacks->len ? error->stacks->pdata[index] : NULL;
}

// "#3" of helgrind is T2: its main thread is #1.
static char *thread_name(int number) {
    return number <= 1 ? g_strdup("main thread")
                       : g_strdup_printf("T%d", number - 1);
}

static int thread_number(const char *text) {
    const char *hash = text == NULL ? NULL : strchr(text, '#');
    return hash == NULL ? 0 : atoi(hash + 1);
}

static void add_place(struct finding *finding, const struct vg_frame *frame,
                      const char *thread, const char *role) {
    if (frame != NULL)
        finding_add_place(finding, frame->file, frame->line, 0, frame->function,
                          thread, role);
}

// Where thread NUMBER was created, if in the answer.
static void add_creation(struct finding *finding, const struct reading *reading,
                         int number) {
    for (guint i = 0; i < reading->report->threads->len; i++) {
        const struct vg_thread *thread = reading->report->threads->pdata[i];
        if (thread->number != number)
            continue;
        g_autofree char *name = thread_name(number);
        g_autofree char *role = g_strdup_printf("creates %s", name);
        add_place(finding, answer_frame(reading, thread->stack), NULL, role);
        return;
    }
}

// The argument of the call whose name contains NAME on the frame's line, in
// backticks, or OTHERWISE.
static char *argument_at(const struct reading *reading,
                         const struct vg_frame *frame, const char *name,
                         const char *otherwise) {
    g_autofree char *argument =
        source_argument(reading->context->source, frame->line, 0, name, 0);
    return argument == NULL ? g_strdup(otherwise)
                            : g_strdup_printf("`%s`", argument);
}

// --- helgrind ----------------------------------------------------------------

// What "Misc" errors say, and how we do; NULL: not told. %s is the object.
static const struct {
    const char *says;
    const char *call; // whose argument is the object
    const char *message;
} misuses[] = {
    {"destruction of unknown cond var", "", NULL},
    {"Bug in libpthread", "", NULL},
    {"destroy of a locked mutex", "destroy", "destroys %s while it is locked"},
    {"destroy of a locked", "destroy", "destroys %s while it is locked"},
    {"destroy with invalid argument", "destroy",
     "destroys %s, which is not initialised or is already destroyed"},
    {"wait called with invalid mutex", "wait",
     "waits on %s with a mutex that it has not locked"},
    {"wait called with un-held mutex", "wait",
     "waits on %s with a mutex that it has not locked"},
    {"wait called with mutex held by a different thread", "wait",
     "waits on %s with a mutex that another thread has locked"},
    {"cond is associated with a different mutex", "wait",
     "waits on %s with another mutex than the other waiters use"},
    {"destruction of condition variable being waited upon", "destroy",
     "destroys %s while a thread waits on it"},
    {"with a pthread_rwlock_t* argument", "lock",
     "uses %s, a read-write lock, as a mutex"},
    {"with a pthread_mutex_t* argument", "lock",
     "uses %s, a mutex, as a read-write lock"},
};

static struct finding *misuse_at(const struct reading *reading,
                                 const struct vg_error *error,
                                 const struct vg_frame *frame,
                                 const char *format, const char *object) {
    g_autofree char *thread = thread_name(thread_number(error->what));
    GString *text = g_string_new(format);
    g_string_replace(text, "%s", object, 1);
    struct finding *finding =
        finding_new(FINDING_API_MISUSE, reading->context->stage,
                    "%s %s at line %d", thread, text->str, frame->line);
    g_string_free(text, TRUE);
    add_place(finding, frame, thread, "the call");
    return finding;
}

// True if the thread came to its own end there: its start function returned or
// it called pthread_exit. Otherwise the process was ended under it, by a test
// that failed while the thread was inside a lock.
static bool ends_by_itself(const struct vg_stack *stack) {
    if (stack == NULL || stack->frames->len == 0)
        return false;
    const struct vg_frame *first = stack->frames->pdata[0];
    if (g_strcmp0(first->function, "start_thread") == 0)
        return true;
    for (guint i = 0; i < stack->frames->len; i++) {
        const struct vg_frame *frame = stack->frames->pdata[i];
        if (frame->function != NULL &&
            strstr(frame->function, "pthread_exit") != NULL)
            return true;
    }
    return false;
}

// The stack is the exit's: nothing there is the answer's. Where the thread was
// created may be.
static struct finding *read_exit(const struct reading *reading,
                                 const struct vg_error *error) {
    int number = thread_number(error->what);
    const char *count = strstr(error->what, "still holds ");
    if (number <= 1 || count == NULL || !ends_by_itself(stack_at(error, 0)))
        return NULL;
    g_autofree char *thread = thread_name(number);
    g_autofree char *locks =
        text_count(strtol(count + strlen("still holds "), NULL, 10), "lock");
    struct finding *finding = finding_new(
        FINDING_API_MISUSE, reading->context->stage,
        "%s ends while it still holds %s: a path through your code leaves "
        "without unlocking",
        thread, locks);
    add_creation(finding, reading, number);
    return finding;
}

// Allowed, and often right: advice at most. glibc signals inside its own waits
// too, so the line must be one that signals.
static struct finding *read_bare_signal(const struct reading *reading,
                                        const struct vg_frame *frame) {
    const char *source = reading->context->source;
    if (!source_mentions(source, frame->line, frame->line, "signal") &&
        !source_mentions(source, frame->line, frame->line, "broadcast"))
        return NULL;
    struct finding *finding = finding_new(
        FINDING_ADVICE, reading->context->stage,
        "line %d signals a condition without holding its mutex: right only if "
        "the state was changed under the mutex before",
        frame->line);
    add_place(finding, frame, NULL, "signals");
    return finding;
}

// A thread that locks what it holds waits for itself: unless the mutex is of a
// type that tells it so.
static struct finding *read_relock(const struct reading *reading,
                                   const struct vg_error *error,
                                   const struct vg_frame *frame) {
    if (strstr(reading->context->source, "ERRORCHECK") != NULL)
        return NULL;
    g_autofree char *thread = thread_name(thread_number(error->what));
    g_autofree char *object = argument_at(reading, frame, "lock", "a lock");
    const struct vg_frame *before = answer_frame(reading, stack_at(error, 1));
    g_autofree char *taken =
        before == NULL ? g_strdup("")
                       : g_strdup_printf(" (since line %d)", before->line);
    struct finding *finding = finding_new(
        FINDING_DEADLOCK, reading->context->stage,
        "%s locks %s at line %d although it holds it already%s: it waits for "
        "itself",
        thread, object, frame->line, taken);
    add_place(finding, frame, thread, "waits for the lock it holds");
    add_place(finding, before, thread, "took it here");
    return finding;
}

static struct finding *read_misc(const struct reading *reading,
                                 const struct vg_error *error) {
    if (strstr(error->what, "Exiting thread still holds") != NULL)
        return read_exit(reading, error);
    const struct vg_frame *frame = answer_frame(reading, stack_at(error, 0));
    if (frame == NULL)
        return NULL;
    if (strstr(error->what, "{signal,broadcast}") != NULL)
        return read_bare_signal(reading, frame);
    if (strstr(error->what, "re-lock") != NULL)
        return read_relock(reading, error, frame);
    for (guint i = 0; i < G_N_ELEMENTS(misuses); i++) {
        if (strstr(error->what, misuses[i].says) == NULL)
            continue;
        if (misuses[i].message == NULL)
            return NULL;
        g_autofree char *object =
            argument_at(reading, frame, misuses[i].call, "an object");
        return misuse_at(reading, error, frame, misuses[i].message, object);
    }
    // What is not known to be wrong fails nobody.
    const char *said = strstr(error->what, ": ");
    if (strstr(error->what, "pthread_barrier") == NULL)
        return NULL;
    g_autofree char *words = g_strdup_printf(
        "misuses the pthread API (%s)", said == NULL ? error->what : said + 2);
    return misuse_at(reading, error, frame, words, "");
}

static struct finding *read_unlock(const struct reading *reading,
                                   const struct vg_error *error) {
    const struct vg_frame *frame = answer_frame(reading, stack_at(error, 0));
    if (frame == NULL)
        return NULL;
    g_autofree char *object = argument_at(reading, frame, "unlock", "a lock");
    if (!g_str_equal(error->kind, "UnlockForeign"))
        return misuse_at(reading, error, frame,
                         "unlocks %s, which is not locked,", object);
    const char *holder = strstr(error->what, "held by thread");
    g_autofree char *name = thread_name(thread_number(holder));
    g_autofree char *format =
        g_strdup_printf("unlocks %%s, which %s has locked,", name);
    return misuse_at(reading, error, frame, format, object);
}

// "Thread #1's call to pthread_join failed", "with error code 3 (ESRCH: …)".
static struct finding *read_api_error(const struct reading *reading,
                                      const struct vg_error *error) {
    static const char *const counted[] = {"EINVAL", "ESRCH", "EBUSY", NULL};
    const struct vg_frame *frame = answer_frame(reading, stack_at(error, 0));
    const char *call = strstr(error->what, "call to ");
    const char *code = NULL;
    for (guint i = 0; i < error->texts->len && code == NULL; i++)
        code = strstr(error->texts->pdata[i], "error code");
    if (frame == NULL || call == NULL || code == NULL)
        return NULL;
    call += strlen("call to ");
    g_autofree char *function = g_strndup(call, strcspn(call, " "));
    const char *open = strchr(code, '(');
    g_autofree char *name = open == NULL
                                ? g_strdup("?")
                                : g_strndup(open + 1, strcspn(open + 1, ":)"));
    if (!g_strv_contains(counted, name) || strstr(function, "try") != NULL ||
        strstr(function, "timed") != NULL)
        return NULL;
    g_autofree char *object = argument_at(reading, frame, function, "");
    g_autofree char *words = g_strdup_printf(
        "calls `%s(%%s)`, which fails with %s,", function, name);
    g_autofree char *bare = g_strdup(object);
    g_strdelimit(bare, "`", ' ');
    return misuse_at(reading, error, frame, words, g_strstrip(bare));
}

static struct finding *read_order(const struct reading *reading,
                                  const struct vg_error *error) {
    struct finding *finding = finding_new(
        FINDING_ADVICE, reading->context->stage,
        "two locks are taken here in the other order than elsewhere; two "
        "threads doing so at once wait for each other for ever, unless "
        "something else keeps them apart");
    for (guint i = 0; i < error->stacks->len && i < 3; i++)
        add_place(finding, answer_frame(reading, error->stacks->pdata[i]), NULL,
                  i == 0 ? "against the order" : "set the order");
    if (finding->places->len > 0)
        return finding;
    finding_free(finding);
    return NULL;
}

// --- memcheck ----------------------------------------------------------------

static struct finding *read_uninitialised(const struct reading *reading,
                                          const struct vg_error *error,
                                          const struct vg_frame *frame) {
    bool decides = g_str_equal(error->kind, "UninitCondition");
    bool is_call = g_str_has_prefix(error->kind, "SyscallParam");
    struct finding *finding = finding_new(
        FINDING_UNINITIALISED_READ, reading->context->stage,
        decides ? "`%s` decides at line %d by a value that was never set"
        : is_call
            ? "`%s` hands bytes that were never set to the system at line "
              "%d"
            : "`%s` uses a value at line %d that was never set",
        frame->function == NULL ? "?" : frame->function, frame->line);
    add_place(finding, frame, NULL, "uses the value");
    for (guint i = 1; i < error->stacks->len; i++) {
        const struct vg_stack *origin = error->stacks->pdata[i];
        bool heap = origin->heading != NULL &&
                    (strstr(origin->heading, "heap") != NULL ||
                     strstr(origin->heading, "alloc'd") != NULL);
        add_place(finding, answer_frame(reading, origin), NULL,
                  heap ? "allocates the memory it was in"
                       : "has the variable it was in");
    }
    return finding;
}

// "Address 0x… is 0 bytes after a block of size 16 alloc'd".
static char *say_address(const struct vg_error *error) {
    for (guint i = 0; i < error->texts->len; i++) {
        const char *text = error->texts->pdata[i];
        const char *is = strstr(text, " is ");
        if (is == NULL || !g_str_has_prefix(text, "Address"))
            continue;
        GString *said = g_string_new(is + 4);
        g_string_replace(said, " alloc'd", "", 0);
        g_string_replace(said, "free'd", "that has been freed", 0);
        g_string_replace(said, "0 bytes after a block", "right behind a block",
                         0);
        return g_string_free(said, FALSE);
    }
    return NULL;
}

// Whether it went through a pointer that is NULL, or next to it: a member's or
// an element's offset comes on top.
static bool is_through_null(const struct vg_error *error) {
    enum { FIRST_PAGE = 4096 };
    static const char prefix[] = "Address ";
    for (guint i = 0; i < error->texts->len; i++) {
        const char *text = error->texts->pdata[i];
        if (g_str_has_prefix(text, prefix))
            return g_ascii_strtoull(text + strlen(prefix), NULL, 16) <
                   FIRST_PAGE;
    }
    return false;
}

static struct finding *read_invalid(const struct reading *reading,
                                    const struct vg_error *error,
                                    const struct vg_frame *frame) {
    g_autofree char *address = say_address(error);
    const char *function = frame->function == NULL ? "?" : frame->function;
    const char *does = g_str_has_suffix(error->kind, "Write")  ? "writes"
                       : g_str_has_suffix(error->kind, "Read") ? "reads"
                                                               : "frees";
    bool known = g_str_has_prefix(error->kind, "Invalid") &&
                 !g_str_equal(error->kind, "InvalidJump") &&
                 !g_str_equal(error->kind, "InvalidMemPool");
    struct finding *finding =
        known && is_through_null(error)
            ? finding_new(FINDING_CRASH, reading->context->stage,
                          "`%s` %s through a NULL pointer at line %d", function,
                          does, frame->line)
        : known
            ? finding_new(FINDING_MEMORY_ERROR, reading->context->stage,
                          "`%s` %s memory that is not its own at line %d%s%s",
                          function, does, frame->line,
                          address == NULL ? "" : ": ",
                          address == NULL ? "" : address)
            : finding_new(FINDING_MEMORY_ERROR, reading->context->stage,
                          "`%s` at line %d: %s", function, frame->line,
                          error->what);
    add_place(finding, frame, NULL, "happens here");
    for (guint i = 1; i < error->stacks->len; i++) {
        const struct vg_stack *stack = error->stacks->pdata[i];
        bool freed =
            stack->heading != NULL && strstr(stack->heading, "free'd") != NULL;
        add_place(finding, answer_frame(reading, stack), NULL,
                  freed ? "frees the block" : "allocates the block");
    }
    return finding;
}

static struct finding *read_memory(const struct reading *reading,
                                   const struct vg_error *error) {
    const struct vg_frame *frame = answer_frame(reading, stack_at(error, 0));
    if (frame == NULL || g_str_has_prefix(error->kind, "Leak_") ||
        g_str_equal(error->kind, "ClientCheck"))
        return NULL;
    bool is_call = g_str_has_prefix(error->kind, "SyscallParam");
    bool uninitialised = strstr(error->what, "ninitialised") != NULL;
    if (g_str_has_prefix(error->kind, "Uninit") || (is_call && uninitialised))
        return read_uninitialised(reading, error, frame);
    if (is_call)
        return NULL; // a bad address: the call says EFAULT
    return read_invalid(reading, error, frame);
}

// --- All of it ---------------------------------------------------------------

static struct finding *read_error(const struct reading *reading,
                                  const struct vg_error *error) {
    if (g_str_equal(error->kind, "Misc"))
        return read_misc(reading, error);
    if (g_str_has_prefix(error->kind, "Unlock"))
        return read_unlock(reading, error);
    if (g_str_equal(error->kind, "PthAPIerror"))
        return read_api_error(reading, error);
    if (g_str_equal(error->kind, "Race"))
        return NULL; // see valgrind.h
    if (g_str_equal(error->kind, "LockOrder"))
        return read_order(reading, error);
    return read_memory(reading, error);
}

void valgrind_read(const struct read_context *context, const char *text,
                   GPtrArray *findings) {
    g_autoptr(vg_report_auto) report = vg_report_new(text);
    struct reading reading = {context, report};
    guint most = findings->len + MOST_FINDINGS;
    for (guint i = 0; i < report->errors->len && findings->len < most; i++) {
        const struct vg_error *error = report->errors->pdata[i];
        struct finding *finding = read_error(&reading, error);
        if (finding == NULL)
            continue;
        finding->message = text_take_sentence(finding->message);
        finding->evidence = g_strdup(error->raw);
        g_ptr_array_add(findings, finding);
    }
}
