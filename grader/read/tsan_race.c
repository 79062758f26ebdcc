// SPDX-License-Identifier: MIT
// How it works: the report is cut into sections by their headings (two
// accesses, the location, mutexes, threads). Names come from the source at the
// reported line and column (source.h); where that fails, from the location.
#include "read/tsan_race.h"

#include <string.h>

#include "read/frames.h"
#include "read/source.h"
#include "read/text.h"

struct access {
    char *thread; // "T1", "main thread"
    bool is_write;
    bool is_atomic;
    GPtrArray *locks; // of char *: "M0"
    bool reads_only;  // every lock is held for reading
    struct stack stack;
};

struct race {
    const struct read_context *context;
    enum finding_kind kind;
    struct access accesses[2];
    guint count;
    char *location;      // "global", "heap", "stack", "fd" …; NULL
    char *global;        // name of a global, or NULL
    char *owner;         // thread on whose stack it lies
    struct stack origin; // where a heap block was allocated
    GHashTable *mutexes; // "M0" -> name in the source
    GPtrArray *threads;  // of struct created
};

struct created {
    char *name;
    struct stack stack;
};

static void created_free(struct created *created) {
    g_free(created->name);
    stack_release(&created->stack);
    g_free(created);
}

static void race_release(struct race *race) {
    for (guint i = 0; i < race->count; i++) {
        g_free(race->accesses[i].thread);
        g_ptr_array_unref(race->accesses[i].locks);
        stack_release(&race->accesses[i].stack);
    }
    g_free(race->location);
    g_free(race->global);
    g_free(race->owner);
    stack_release(&race->origin);
    g_hash_table_unref(race->mutexes);
    g_ptr_array_unref(race->threads);
}

// --- Parsing -----------------------------------------------------------------

// "thread T1 'name' (mutexes: …):" is T1; "main thread:" is itself.
static char *thread_name(const char *text) {
    const char *rest = text_after(text, "thread ");
    if (rest == NULL)
        return g_str_has_prefix(text, "main thread") ? g_strdup("main thread")
                                                     : g_strdup("a thread");
    g_autofree char *word = g_strndup(rest, strcspn(rest, " :(,"));
    return text_printable(word, 20);
}

static void parse_locks(const char *line, struct access *access) {
    access->locks = g_ptr_array_new_with_free_func(g_free);
    const char *at = strstr(line, "(mutexes:");
    if (at == NULL)
        return;
    access->reads_only = strstr(at, "write M") == NULL;
    while ((at = strstr(at, " M")) != NULL && access->locks->len < 8) {
        at++;
        g_ptr_array_add(access->locks,
                        g_strndup(at, strspn(at, "M0123456789")));
    }
}

// Whether LINE heads an access; fills ACCESS but for its stack.
static bool parse_access(const char *line, struct access *access) {
    while (*line == ' ')
        line++;
    const char *size = strstr(line, " of size ");
    const char *by = size == NULL ? NULL : strstr(size, " by ");
    if (by == NULL)
        return false;
    g_autofree char *head = g_strndup(line, (size_t)(size - line));
    g_autofree char *what = g_ascii_strdown(head, -1);
    const char *verb = text_after(what, "previous ");
    verb = verb == NULL ? what : verb;
    *access = (struct access){0};
    const char *plain = text_after(verb, "atomic ");
    access->is_atomic = plain != NULL;
    plain = plain == NULL ? verb : plain;
    access->is_write = g_str_equal(plain, "write");
    if (!access->is_write && !g_str_equal(plain, "read"))
        return false;
    access->thread = thread_name(by + strlen(" by "));
    parse_locks(line, access);
    return true;
}

static void parse_location(struct race *race, const char *text) {
    const char *name;
    if (race->location != NULL)
        return;
    race->location = g_strndup(text, strcspn(text, " "));
    if ((name = text_after(text, "global '")) != NULL && *name != '?') {
        g_autofree char *raw = g_strndup(name, strcspn(name, "'. "));
        race->global = text_printable(raw, 60);
    } else if ((name = text_after(text, "stack of ")) != NULL) {
        race->owner = thread_name(name);
    }
}

// A mutex is called what the learner called it where it was initialised or, if
// that was at compile time, first used.
static void note_mutex(struct race *race, const char *id,
                       const struct stack *stack) {
    const struct frame *frame = &stack->answer;
    if (frame->file == NULL)
        return;
    char *name = source_argument(race->context->source, frame->line,
                                 frame->column, "", 0);
    if (name != NULL)
        g_hash_table_insert(race->mutexes, g_strdup(id), name);
}

static void parse_mutex(struct race *race, GStrv lines, guint at) {
    const char *text = text_after(g_strchug(lines[at]), "Mutex ");
    if (text == NULL || strstr(text, "created at") == NULL)
        return;
    g_autofree char *id = g_strndup(text, strspn(text, "M0123456789"));
    struct stack stack;
    stack_read(race->context, lines, at + 1, &stack);
    note_mutex(race, id, &stack);
    stack_release(&stack);
}

static void parse_thread(struct race *race, GStrv lines, guint at) {
    const char *text = g_strchug(lines[at]);
    if (strstr(text, "created by") == NULL || race->threads->len >= 2)
        return;
    struct created *created = g_new0(struct created, 1);
    const char *rest = text_after(text, "Thread ");
    g_autofree char *word = g_strndup(rest, strcspn(rest, " "));
    created->name = text_printable(word, 20);
    stack_read(race->context, lines, at + 1, &created->stack);
    g_ptr_array_add(race->threads, created);
}

static void parse_section(struct race *race, GStrv lines, guint at) {
    struct access access;
    const char *text = lines[at] + strspn(lines[at], " ");
    if (race->count < 2 && parse_access(text, &access)) {
        stack_read(race->context, lines, at + 1, &access.stack);
        race->accesses[race->count++] = access;
    } else if (g_str_has_prefix(text, "Location is ")) {
        parse_location(race, text + strlen("Location is "));
        if (strstr(text, "allocated by") != NULL && race->origin.depth == 0)
            stack_read(race->context, lines, at + 1, &race->origin);
    } else if (g_str_has_prefix(text, "Mutex ")) {
        parse_mutex(race, lines, at);
    } else if (g_str_has_prefix(text, "Thread ")) {
        parse_thread(race, lines, at);
    }
}

// --- Telling -----------------------------------------------------------------

// What a call of libc does to its argument, in a word.
static const struct {
    const char *function;
    const char *verb;
} verbs[] = {
    {"free", "frees"},
    {"realloc", "reallocates"},
    {"close", "closes"},
    {"read", "reads from"},
    {"write", "writes to"},
    {"pthread_mutex_init", "initialises"},
    {"pthread_mutex_destroy", "destroys"},
    {"pthread_mutex_lock", "locks"},
    {"pthread_mutex_trylock", "locks"},
    {"pthread_mutex_unlock", "unlocks"},
    {"pthread_rwlock_destroy", "destroys"},
    {"pthread_rwlock_rdlock", "locks"},
    {"pthread_rwlock_wrlock", "locks"},
    {"pthread_rwlock_unlock", "unlocks"},
    {"pthread_cond_init", "initialises"},
    {"pthread_cond_destroy", "destroys"},
    {"pthread_cond_signal", "signals"},
    {"pthread_cond_broadcast", "signals"},
    {"pthread_cond_wait", "waits on"},
    {"pthread_cond_timedwait", "waits on"},
    {"pthread_barrier_destroy", "destroys"},
    {"pthread_barrier_wait", "waits at"},
    {"pthread_join", "joins"},
    {"sem_init", "initialises"},
    {"sem_destroy", "destroys"},
    {"sem_post", "posts"},
    {"sem_wait", "waits on"},
};

// read() and its kin write to their second argument; what they do to the
// descriptor counts as reading.
static bool fills_buffer(const struct access *access) {
    static const char *const functions[] = {"read", "pread", "pread64", "recv",
                                            "recvfrom", NULL};
    return access->is_write && access->stack.callee != NULL &&
           access->stack.is_library &&
           g_strv_contains(functions, access->stack.callee);
}

static const char *call_verb(const struct access *access) {
    if (access->stack.callee == NULL || !access->stack.is_library)
        return NULL;
    if (fills_buffer(access))
        return "fills";
    for (guint i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (g_str_equal(verbs[i].function, access->stack.callee))
            return verbs[i].verb;
    return NULL;
}

static const char *access_verb(const struct access *access) {
    const char *verb = call_verb(access);
    if (verb != NULL)
        return verb;
    if (access->is_atomic)
        return access->is_write ? "atomically writes" : "atomically reads";
    return access->is_write ? "writes" : "reads";
}

// The learner's own words for what is accessed there, or NULL.
static char *access_name(const struct race *race, const struct access *access) {
    const struct frame *frame = &access->stack.answer;
    const char *source = race->context->source;
    if (frame->file == NULL)
        return NULL;
    if (access->stack.callee == NULL)
        return source_variable(source, frame->line, frame->column,
                               access->is_write);
    if (!access->stack.is_library)
        return NULL;
    // memcpy(to, from, n), memset(to, …): written first, read second.
    bool copies = g_str_has_prefix(access->stack.callee, "mem") ||
                  g_str_has_prefix(access->stack.callee, "str");
    int index = (copies && !access->is_write) || fills_buffer(access) ? 1 : 0;
    return source_argument(source, frame->line, frame->column,
                           access->stack.callee, index);
}

static char *fallback_name(const struct race *race) {
    if (race->global != NULL)
        return g_strdup_printf("`%s`", race->global);
    if (race->origin.answer.file != NULL)
        return g_strdup_printf("the memory allocated at line %d",
                               race->origin.answer.line);
    if (race->owner != NULL)
        return g_strdup_printf("a local variable of %s%s", race->owner,
                               g_str_has_prefix(race->owner, "T") ? "" : "'s");
    return g_strdup("memory");
}

// " at line 14", ", in `say` called at line 30,", ", in the test's code,".
static char *access_where(const struct access *access, bool is_before) {
    const struct stack *stack = &access->stack;
    if (stack->answer.file == NULL)
        return g_strdup(is_before ? " in the test's code" : "");
    if (stack->callee == NULL || stack->is_library)
        return g_strdup_printf(" at line %d", stack->answer.line);
    return g_strdup_printf(" in `%s`, called at line %d", stack->callee,
                           stack->answer.line);
}

static char *lock_names(const struct race *race, const struct access *access) {
    if (access->locks->len == 0)
        return g_strdup("no lock");
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < access->locks->len; i++) {
        const char *name =
            g_hash_table_lookup(race->mutexes, access->locks->pdata[i]);
        g_string_append_printf(text, "%s%s%s%s", i == 0 ? "" : " and ",
                               name == NULL ? "another lock" : "`",
                               name == NULL ? "" : name,
                               name == NULL ? "" : "`");
    }
    return g_string_free(text, FALSE);
}

static bool share_lock(const struct race *race) {
    const GPtrArray *mine = race->accesses[0].locks;
    const GPtrArray *other = race->accesses[1].locks;
    for (guint i = 0; i < mine->len; i++)
        if (g_ptr_array_find_with_equal_func((GPtrArray *)other, mine->pdata[i],
                                             g_str_equal, NULL))
            return true;
    return false;
}

// The last part of the sentence: who holds which lock.
static char *lock_clause(const struct race *race) {
    const struct access *a = &race->accesses[0], *b = &race->accesses[1];
    if (a->is_atomic != b->is_atomic)
        return g_strdup("only one of the two is atomic");
    if (a->locks->len == 0 && b->locks->len == 0)
        return g_strdup("neither holds a lock");
    g_autofree char *mine = lock_names(race, a);
    g_autofree char *other = lock_names(race, b);
    if (share_lock(race))
        return g_strdup_printf("%s is held by both, but only for reading",
                               mine);
    bool differ = a->locks->len > 0 && b->locks->len > 0;
    return g_strdup_printf("%s holds %s, %s holds %s%s", a->thread, mine,
                           b->thread, other,
                           differ ? ", which does not exclude the other" : "");
}

// One access as a clause: "T1 writes `b->total` at line 14".
static char *access_clause(const struct access *access, const char *name) {
    g_autofree char *where = access_where(access, true);
    return g_strdup_printf("%s %s %s%s", access->thread, access_verb(access),
                           name, where);
}

static char *quoted(const char *name) {
    return name == NULL ? NULL : g_strdup_printf("`%s`", name);
}

static struct finding *tell(struct race *race) {
    const struct access *a = &race->accesses[0], *b = &race->accesses[1];
    g_autofree char *name_a = access_name(race, a);
    g_autofree char *name_b = access_name(race, b);
    g_autofree char *one = quoted(name_a);
    g_autofree char *two = quoted(name_b);
    g_autofree char *other = fallback_name(race);
    bool is_call = call_verb(a) != NULL || call_verb(b) != NULL;
    const char *first = one != NULL               ? one
                        : two != NULL && !is_call ? two
                                                  : other;
    bool same = two == NULL ? !is_call : g_str_equal(first, two);
    g_autofree char *left = access_clause(a, first);
    g_autofree char *right = access_clause(b, same          ? "it"
                                              : two != NULL ? two
                                                            : other);
    g_autofree char *clause = lock_clause(race);
    g_autofree char *freed = access_where(b, true);
    if (race->kind == FINDING_MEMORY_ERROR)
        return finding_new(race->kind, race->context->stage,
                           "%s after it was freed%s", left, freed);
    return finding_new(race->kind, race->context->stage, "%s while %s; %s",
                       left, right, clause);
}

// --- Places ------------------------------------------------------------------

static void add_access(struct finding *finding, const struct race *race,
                       const struct access *access) {
    g_autofree char *name = access_name(race, access);
    g_autofree char *locks = lock_names(race, access);
    const struct stack *stack = &access->stack;
    bool outside = stack->callee != NULL && !stack->is_library;
    g_autofree char *role =
        outside ? g_strdup_printf("%s in `%s`, called here; holds %s",
                                  access_verb(access), stack->callee, locks)
                : g_strdup_printf("%s %s%s%s, holds %s", access_verb(access),
                                  name == NULL ? "it" : "`",
                                  name == NULL ? "" : name,
                                  name == NULL ? "" : "`", locks);
    stack_add_place(finding, stack, access->thread, role);
}

static void add_places(struct finding *finding, const struct race *race) {
    for (guint i = 0; i < race->count; i++)
        add_access(finding, race, &race->accesses[i]);
    stack_add_place(finding, &race->origin, NULL, "allocates the memory");
    for (guint i = 0; i < race->threads->len; i++) {
        const struct created *created = race->threads->pdata[i];
        g_autofree char *role = g_strdup_printf("creates %s", created->name);
        stack_add_place(finding, &created->stack, NULL, role);
    }
}

// A local variable that two threads use: the classic address of a loop counter.
static char *why_of(const struct race *race) {
    if (race->owner == NULL)
        return NULL;
    return g_strdup_printf(
        "It is a local variable of %s, and another thread has been given its "
        "address: both use the one variable, which may change, or be gone, "
        "before the other thread has looked.",
        race->owner);
}

// Whether the answer itself makes the access, or a function of libc that it
// calls; not a function of the test's that it calls.
static bool is_direct(const struct access *access) {
    const struct stack *stack = &access->stack;
    return stack_is_answer(stack) &&
           (stack->callee == NULL || stack->is_library);
}

struct finding *tsan_race_read(const struct read_context *context,
                               enum finding_kind kind, GStrv lines, guint start,
                               guint end) {
    struct race race = {.context = context, .kind = kind};
    race.mutexes =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    race.threads = g_ptr_array_new_with_free_func((GDestroyNotify)created_free);
    for (guint at = start; at < end; at++)
        parse_section(&race, lines, at);
    struct finding *finding = NULL;
    if (race.count == 2 &&
        (is_direct(&race.accesses[0]) || is_direct(&race.accesses[1]))) {
        finding = tell(&race);
        add_places(finding, &race);
        finding->why = why_of(&race);
    }
    race_release(&race);
    return finding;
}
