// SPDX-License-Identifier: MIT
// How it works: the threads are nodes, "waits for a lock that … holds" and
// "joins …" are edges. Each explanation below looks for its picture in that
// graph; the first that finds it makes the finding. Then every thread gets a
// place: where it waits, and where it took the locks that others want.
#include "read/hang.h"

#include <string.h>

#include "read/hang_words.h"
#include "read/source.h"
#include "read/text.h"

enum { MOST_CIRCLE = 8 };

typedef struct finding *explain(const struct hang *hang);

// --- Deadlocks ---------------------------------------------------------------

static struct finding *explain_stopped(const struct hang *hang) {
    if (!g_str_equal(hang->how, "stopped"))
        return NULL;
    return finding_new(FINDING_HANG, hang->context->stage,
                       "A process of the test was stopped by a signal "
                       "(SIGSTOP or its like) and never went on.");
}

// A thread that locks what it holds already.
static struct finding *explain_self(const struct hang *hang) {
    for (guint i = 0; i < hang->waiters->len; i++) {
        const struct waiter *waiter = hang->waiters->pdata[i];
        const struct held *held = waiter_holds(waiter, waiter->key);
        if (held == NULL || !waiter_wants_lock(waiter))
            continue;
        g_autofree char *words = hang_waiter_words(hang, waiter);
        g_autofree char *taken = location_words(&held->where);
        bool same =
            held->where.line == waiter->where.line && held->where.is_answer;
        struct finding *finding = finding_new(
            FINDING_DEADLOCK, hang->context->stage,
            "%s, which it holds itself: it took it %s%s and has not given it "
            "back",
            words, taken, same ? " in an earlier call" : "");
        hang_add_waiting(hang, finding, waiter);
        hang_add_held(hang, finding, waiter, held);
        return finding;
    }
    return NULL;
}

// Whom WAITER waits for, or NULL; *HELD is set if it is for a lock of his.
static const struct waiter *next_of(const struct hang *hang,
                                    const struct waiter *waiter,
                                    const struct held **held) {
    *held = NULL;
    if (waiter_wants_lock(waiter))
        return waiters_holder(hang->waiters, waiter->key, waiter, held);
    if (g_str_equal(waiter->does, "join"))
        return waiters_find(hang->waiters, waiter->key);
    return NULL;
}

// Follows the edges from START; true if they come back to it.
static bool find_circle(const struct hang *hang, const struct waiter *start,
                        const struct waiter **circle, guint *count) {
    const struct waiter *at = start;
    const struct held *held;
    for (*count = 0; at != NULL && *count < MOST_CIRCLE;) {
        circle[(*count)++] = at;
        at = next_of(hang, at, &held);
        if (at == start)
            return *count > 1;
    }
    return false;
}

static char *circle_words(const struct hang *hang,
                          const struct waiter *const *circle, guint count) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < count; i++) {
        const struct held *held;
        const struct waiter *next = next_of(hang, circle[i], &held);
        g_autofree char *words = hang_waiter_words(hang, circle[i]);
        g_string_append_printf(text, "%s%s", i == 0 ? "" : "; ", words);
        if (held != NULL) {
            g_autofree char *taken = location_words(&held->where);
            g_string_append_printf(text,
                                   ", which %s has held since it took it "
                                   "%s",
                                   next->name, taken);
        }
    }
    return g_string_free(text, FALSE);
}

static struct finding *explain_circle(const struct hang *hang) {
    const struct waiter *circle[MOST_CIRCLE];
    guint count;
    for (guint i = 0; i < hang->waiters->len; i++) {
        if (!find_circle(hang, hang->waiters->pdata[i], circle, &count))
            continue;
        g_autofree char *words = circle_words(hang, circle, count);
        struct finding *finding =
            finding_new(FINDING_DEADLOCK, hang->context->stage,
                        "%s: each waits for the other", words);
        if (count > 2) {
            g_free(finding->message);
            finding->message =
                g_strdup_printf("%s: they wait in a circle", words);
        }
        for (guint c = 0; c < count; c++) {
            const struct held *held;
            const struct waiter *next = next_of(hang, circle[c], &held);
            hang_add_waiting(hang, finding, circle[c]);
            if (held != NULL)
                hang_add_held(hang, finding, next, held);
        }
        return finding;
    }
    return NULL;
}

// A lock that never comes free: its holder has ended, or sleeps for good.
static struct finding *explain_held(const struct hang *hang) {
    for (guint i = 0; i < hang->waiters->len; i++) {
        const struct waiter *waiter = hang->waiters->pdata[i];
        const struct held *held;
        const struct waiter *holder = next_of(hang, waiter, &held);
        if (holder == NULL || held == NULL || waiter_runs(holder) ||
            waiter_wants_lock(holder))
            continue;
        g_autofree char *words = hang_waiter_words(hang, waiter);
        g_autofree char *taken = location_words(&held->where);
        g_autofree char *fate = hang_waiter_words(hang, holder);
        bool ended = g_str_equal(holder->does, "ended");
        struct finding *finding =
            ended ? finding_new(FINDING_DEADLOCK, hang->context->stage,
                                "%s, which %s took %s and still held when it "
                                "ended",
                                words, holder->name, taken)
                  : finding_new(FINDING_DEADLOCK, hang->context->stage,
                                "%s, which %s took %s and keeps while it "
                                "waits: %s",
                                words, holder->name, taken, fate);
        hang_add_waiting(hang, finding, waiter);
        hang_add_held(hang, finding, holder, held);
        if (!ended)
            hang_add_waiting(hang, finding, holder);
        return finding;
    }
    return NULL;
}

// The lock called NAME in the source that a thread other than WAITER, which
// does not run, holds; *HOLDER is that thread. NULL if there is none.
static const struct held *find_kept(const struct hang *hang, const char *name,
                                    const struct waiter *waiter,
                                    const struct waiter **holder) {
    for (guint i = 0; i < hang->waiters->len; i++) {
        *holder = hang->waiters->pdata[i];
        if (*holder == waiter || waiter_runs(*holder))
            continue;
        for (guint h = 0; h < (*holder)->locks->len; h++) {
            const struct held *held = (*holder)->locks->pdata[h];
            g_autofree char *object =
                held->where.is_answer
                    ? source_argument(hang->context->source, held->where.line,
                                      held->where.column, "lock", 0)
                    : NULL;
            if (g_strcmp0(object, name) == 0)
                return held;
        }
    }
    return NULL;
}

// A waiter on a condition cannot come back from it while somebody keeps its
// mutex. The record has no key for that mutex, but the source has its name.
static struct finding *explain_reacquire(const struct hang *hang) {
    for (guint i = 0; i < hang->waiters->len; i++) {
        const struct waiter *waiter = hang->waiters->pdata[i];
        if (!g_str_equal(waiter->does, "cond") || !waiter->where.is_answer)
            continue;
        g_autofree char *mutex =
            source_argument(hang->context->source, waiter->where.line,
                            waiter->where.column, "wait", 1);
        const struct waiter *holder;
        const struct held *held =
            mutex == NULL ? NULL : find_kept(hang, mutex, waiter, &holder);
        if (held == NULL)
            continue;
        g_autofree char *words = hang_waiter_words(hang, waiter);
        g_autofree char *taken = location_words(&held->where);
        g_autofree char *fate = hang_waiter_words(hang, holder);
        bool ended = g_str_equal(holder->does, "ended");
        struct finding *finding = finding_new(
            FINDING_DEADLOCK, hang->context->stage,
            "%s and cannot come back: %s took `%s` %s and has not given it "
            "back (%s)",
            words, holder->name, mutex, taken, ended ? "it has ended" : fate);
        hang_add_waiting(hang, finding, waiter);
        hang_add_held(hang, finding, holder, held);
        return finding;
    }
    return NULL;
}

// --- Running for ever --------------------------------------------------------

// Whether the lines around where WAITER runs ask for something again and again.
static bool polls(const struct hang *hang, const struct waiter *waiter) {
    static const char *const signs[] = {"trylock",
                                        "sched_yield",
                                        "usleep",
                                        "nanosleep",
                                        "atomic_load",
                                        "test_and_set",
                                        "compare_exch",
                                        "atomic_exchange",
                                        "sem_trywait",
                                        "timedwait",
                                        "_mm_pause",
                                        "poll(",
                                        "curl_multi_perform",
                                        "WNOHANG",
                                        "timedlock"};
    const struct location *where = &waiter->where;
    if (!where->is_answer)
        return false;
    for (guint i = 0; i < G_N_ELEMENTS(signs); i++)
        if (source_mentions(hang->context->source, where->line - 3,
                            where->line + 3, signs[i]))
            return true;
    return false;
}

// The thread that runs in the answer, the one that spins first.
static const struct waiter *find_runner(const struct hang *hang) {
    const struct waiter *runner = NULL;
    for (guint i = 0; i < hang->waiters->len; i++) {
        const struct waiter *waiter = hang->waiters->pdata[i];
        if (!waiter_runs(waiter))
            continue;
        if (waiter->where.is_answer &&
            (runner == NULL || !runner->where.is_answer ||
             (polls(hang, waiter) && !polls(hang, runner))))
            runner = waiter;
        else if (runner == NULL)
            runner = waiter;
    }
    return runner;
}

static struct finding *explain_running(const struct hang *hang) {
    const struct waiter *runner = find_runner(hang);
    if (runner == NULL)
        return NULL;
    g_autofree char *where = location_words(&runner->where);
    bool sleeps = g_str_equal(runner->does, "sleep");
    bool spins = g_str_equal(runner->does, "spin") || runner->locks->len > 0;
    enum stage stage = hang->context->stage;
    struct finding *finding;
    if (runner->locks->len > 0 && polls(hang, runner)) {
        const struct held *held = runner->locks->pdata[0];
        g_autofree char *object =
            location_object(hang->context, &held->where, "lock", "a lock");
        g_autofree char *taken = location_words(&held->where);
        finding = finding_new(FINDING_BUSY_WAIT, stage,
                              "%s tries again and again %s and keeps %s "
                              "(taken %s) meanwhile, so nobody gets on",
                              runner->name, where, object, taken);
        hang_add_waiting(hang, finding, runner);
        hang_add_held(hang, finding, runner, held);
    } else if (polls(hang, runner) || (spins && !sleeps)) {
        finding = finding_new(FINDING_BUSY_WAIT, stage,
                              "%s asks again and again %s for something that "
                              "never comes",
                              runner->name, where);
        hang_add_waiting(hang, finding, runner);
    } else {
        finding = finding_new(
            FINDING_HANG, stage,
            sleeps ? "%s sleeps %s, again and again, and never ends"
                   : "%s runs in a loop that does not end; last seen %s",
            runner->name, where);
        hang_add_waiting(hang, finding, runner);
    }
    return finding;
}

// --- Waiting for ever --------------------------------------------------------

// The first waiter of one of KINDS; one that waits in the answer before others.
static const struct waiter *find_doing(const struct hang *hang,
                                       const char *const *kinds,
                                       bool only_answer) {
    for (guint i = 0; i < hang->waiters->len; i++) {
        const struct waiter *waiter = hang->waiters->pdata[i];
        if (g_strv_contains(kinds, waiter->does) &&
            (waiter->where.is_answer || !only_answer))
            return waiter;
    }
    return NULL;
}

static guint count_doing_with(const struct hang *hang,
                              const struct waiter *one) {
    guint count = 0;
    for (guint i = 0; i < hang->waiters->len; i++) {
        const struct waiter *waiter = hang->waiters->pdata[i];
        count += g_str_equal(waiter->does, one->does) &&
                 waiter->where.line == one->where.line &&
                 waiter->where.is_answer == one->where.is_answer;
    }
    return count;
}

// What all others do: "main thread joins T1 at line 20".
static char *others_words(const struct hang *hang, const struct waiter *one) {
    GString *text = g_string_new(NULL);
    guint told = 0;
    for (guint i = 0; i < hang->waiters->len && told < 3; i++) {
        const struct waiter *waiter = hang->waiters->pdata[i];
        bool same = g_str_equal(waiter->does, one->does) &&
                    waiter->where.line == one->where.line;
        if (same || g_str_equal(waiter->does, "ended"))
            continue;
        g_autofree char *words = hang_waiter_words(hang, waiter);
        g_string_append_printf(text, "%s%s", told == 0 ? "" : ", ", words);
        told++;
    }
    return g_string_free(text, FALSE);
}

static struct finding *explain_wakeup(const struct hang *hang) {
    static const char *const kinds[] = {"cond", "sem", NULL};
    const struct waiter *waiter = find_doing(hang, kinds, true);
    if (waiter == NULL)
        return NULL;
    guint count = count_doing_with(hang, waiter);
    g_autofree char *words = hang_waiter_words(hang, waiter);
    g_autofree char *more = count > 1
                                ? g_strdup_printf(" (as do %u more)", count - 1)
                                : g_strdup("");
    g_autofree char *others = others_words(hang, waiter);
    bool cond = g_str_equal(waiter->does, "cond");
    struct finding *finding = finding_new(
        FINDING_LOST_WAKEUP, hang->context->stage,
        "%s%s, and nobody is left who could %s it%s%s", words, more,
        cond ? "signal" : "post", *others == '\0' ? "" : ": ", others);
    hang_add_waiting(hang, finding, waiter);
    return finding;
}

// A lock that nobody is known to hold.
static struct finding *explain_nobody(const struct hang *hang) {
    static const char *const kinds[] = {"lock", "rwlock", NULL};
    const struct waiter *waiter = find_doing(hang, kinds, true);
    if (waiter == NULL ||
        waiters_holder(hang->waiters, waiter->key, NULL, NULL) != NULL)
        return NULL;
    g_autofree char *words = hang_waiter_words(hang, waiter);
    struct finding *finding = finding_new(
        FINDING_DEADLOCK, hang->context->stage,
        "%s for ever, though no thread that is still there has locked it: was "
        "it initialised, is it a copy, or did a thread that is gone keep it?",
        words);
    hang_add_waiting(hang, finding, waiter);
    return finding;
}

static struct finding *explain_io(const struct hang *hang) {
    static const char *const kinds[] = {"read", "write", "poll", NULL};
    const struct waiter *waiter = find_doing(hang, kinds, true);
    if (waiter == NULL)
        waiter = find_doing(hang, kinds, false);
    if (waiter == NULL)
        return NULL;
    g_autofree char *words = hang_waiter_words(hang, waiter);
    g_autofree char *others = others_words(hang, waiter);
    bool detail = *waiter->detail != '\0';
    struct finding *finding = finding_new(
        FINDING_HANG, hang->context->stage, "%s %s%s%s%s", words,
        detail ? "on " : "for something that never comes",
        detail ? waiter->detail : "", *others == '\0' ? "" : "; ", others);
    hang_add_waiting(hang, finding, waiter);
    return finding;
}

static struct finding *explain_rest(const struct hang *hang) {
    static const char *const any[] = {"barrier", "waitpid", "join",    "cond",
                                      "sem",     "blocked", "gauge",   "lock",
                                      "rwlock",  "stopped", "running", NULL};
    const struct waiter *waiter = find_doing(hang, any, true);
    if (waiter == NULL)
        waiter = find_doing(hang, any, false);
    if (waiter == NULL)
        return finding_new(FINDING_HANG, hang->context->stage,
                           "The test did not come to its end and was stopped.");
    g_autofree char *words = hang_waiter_words(hang, waiter);
    g_autofree char *others = others_words(hang, waiter);
    struct finding *finding =
        finding_new(FINDING_HANG, hang->context->stage,
                    "%s for ever; nobody is left who could end that%s%s", words,
                    *others == '\0' ? "" : ": ", others);
    hang_add_waiting(hang, finding, waiter);
    return finding;
}

struct finding *hang_read(const struct read_context *context, const char *how,
                          const GPtrArray *waiting) {
    static explain *const explanations[] = {
        explain_stopped,   explain_self,    explain_circle, explain_held,
        explain_reacquire, explain_running, explain_wakeup, explain_nobody,
        explain_io,        explain_rest};
    struct hang hang = {context, how, waiters_new(context, waiting)};
    struct finding *finding = NULL;
    for (guint i = 0; finding == NULL && i < G_N_ELEMENTS(explanations); i++)
        finding = explanations[i](&hang);
    finding->message = text_take_sentence(finding->message);
    hang_add_everybody(&hang, finding);
    finding->evidence = hang_evidence(&hang);
    g_ptr_array_unref(hang.waiters);
    return finding;
}
