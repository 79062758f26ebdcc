// SPDX-License-Identifier: MIT
// How it works: the answers' jobs are planned together and run together; each
// outcome is read the moment it is there, because what is read decides whether
// the jobs that wait for it may run (an answer that uses what is not allowed is
// never started). When all have ended, the judge has everything it needs.
#include "cmd/pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/exec.h"
#include "judge/judge.h"
#include "read/clang.h"
#include "read/lint.h"
#include "read/records.h"
#include "read/schedules.h"
#include "read/speed.h"
#include "report/raw.h"
#include "report/story.h"
#include "report/story_end.h"
#include "report/style.h"

enum { MOST_SOURCE = 1 << 20, STORY_ROWS = 18 };

// --- Answers -----------------------------------------------------------------

struct answer *answer_new(const struct exercise *exercise, const char *label,
                          const char *path, const char *again, char *source) {
    struct answer *answer = g_new0(struct answer, 1);
    answer->exercise = exercise;
    answer->label = g_strdup(label);
    answer->path = g_strdup(path);
    answer->again = g_strdup(again);
    answer->source = source;
    answer->results =
        g_ptr_array_new_with_free_func((GDestroyNotify)result_free);
    return answer;
}

void answer_free(struct answer *answer) {
    if (answer == NULL)
        return;
    g_free(answer->label);
    g_free(answer->path);
    g_free(answer->again);
    g_free(answer->source);
    finding_free(answer->unreadable);
    g_ptr_array_unref(answer->results);
    verdict_free(answer->verdict);
    g_free(answer);
}

// What keeps the file open at FD from being an answer, or NULL.
static char *refuse_file(int fd, const char *path, const char *id) {
    struct stat status;
    if (fd < 0 && errno == ENOENT)
        return g_strdup_printf("%s is missing. `make reset EX=%s` puts the "
                               "untouched exercise there.",
                               path, id);
    if (fd < 0 && errno == ELOOP)
        return g_strdup_printf("%s is a symbolic link. Lockstep grades regular "
                               "files only: put the file itself there.",
                               path);
    if (fd < 0)
        return g_strdup_printf("%s cannot be read: %s. Give yourself the right "
                               "to (chmod u+r), or move it back.",
                               path, g_strerror(errno));
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return g_strdup_printf("%s is no regular file.", path);
    if (status.st_size > MOST_SOURCE)
        return g_strdup_printf("%s has %" G_GINT64_FORMAT " bytes; an answer "
                               "has at most 1 MiB. Is it the right file?",
                               path, (gint64)status.st_size);
    return NULL;
}

static char *read_all(int fd) {
    GString *text = g_string_new(NULL);
    char buffer[65536];
    for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;)
        g_string_append_len(text, buffer, got);
    if (strlen(text->str) == text->len)
        return g_string_free(text, FALSE);
    g_string_free(text, TRUE);
    return NULL;
}

struct answer *answer_read(const struct exercise *exercise, const char *label,
                           const char *path, const char *again) {
    struct answer *answer = answer_new(exercise, label, path, again, NULL);
    // NONBLOCK: a FIFO must not hold the grader up.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    g_autofree char *refusal = refuse_file(fd, path, exercise->id);
    if (refusal == NULL) {
        answer->source = read_all(fd);
        if (answer->source == NULL)
            refusal = g_strdup_printf("%s holds a NUL byte: it is no C source "
                                      "text. Is it the right file?",
                                      path);
    }
    if (fd >= 0)
        close(fd);
    if (refusal != NULL)
        answer->unreadable =
            finding_new(FINDING_BUILD_ERROR, STAGE_BUILD, "%s", refusal);
    return answer;
}

static bool file_has_text(const struct book *book, const char *path,
                          const char *text) {
    g_autofree char *full = g_build_filename(book->root, path, NULL);
    g_autofree char *content = NULL;
    return g_file_get_contents(full, &content, NULL, NULL) &&
           g_str_equal(content, text);
}

bool answer_is_stub(const struct answer *answer, const struct book *book) {
    return answer->source != NULL &&
           file_has_text(book, answer->exercise->stub, answer->source);
}

static bool is_run(const struct answer *answer,
                   const struct pipeline_options *options) {
    return answer->source != NULL &&
           (options->grade_stubs || !answer_is_stub(answer, options->book));
}

// --- Planning ----------------------------------------------------------------

struct plan *pipeline_plan(GPtrArray *answers,
                           const struct pipeline_options *options,
                           GError **error) {
    g_autoptr(GPtrArray) requests = g_ptr_array_new();
    g_autofree char *tools = plan_tools();
    for (guint i = 0; i < answers->len; i++) {
        struct answer *answer = answers->pdata[i];
        answer->request = (struct request){.exercise = answer->exercise,
                                           .label = answer->label,
                                           .source = answer->source,
                                           .ends_early = answer->ends_early,
                                           .until = answer->until};
        memcpy(answer->request.stages, options->stages, sizeof options->stages);
        if (is_run(answer, options))
            g_ptr_array_add(requests, &answer->request);
    }
    struct plan_options plan_options = {.root = options->book->root,
                                        .tools = tools};
    return plan_make(requests, &plan_options, error);
}

// --- Reading -----------------------------------------------------------------

struct run {
    GPtrArray *answers;
    const struct pipeline_options *options;
    GHashTable *results; // const struct job * -> struct result *
    GHashTable *owners;  // const struct job * -> struct answer *
};

static const char *kept(const struct outcome *outcome, const char *name) {
    const char *text = g_hash_table_lookup(outcome->files, name);
    return text == NULL ? "" : text;
}

static void read_build(const struct read_context *context,
                       struct result *result) {
    const struct outcome *outcome = result->outcome;
    clang_read(context, outcome->output, result->findings);
    bool compiled = g_hash_table_contains(outcome->files, "symbols.txt");
    if (compiled)
        lint_read(context, kept(outcome, "own.i"), kept(outcome, "symbols.txt"),
                  result->findings);
    if (outcome->end == OUTCOME_DEADLINE || outcome->end == OUTCOME_OUTPUT ||
        outcome->end == OUTCOME_SIGNALLED)
        g_ptr_array_add(result->findings,
                        finding_new(FINDING_RESOURCE_LIMIT, STAGE_BUILD,
                                    "The compiler did not get through the file "
                                    "within its limits of time and memory."));
    else if ((outcome->end != OUTCOME_EXITED || outcome->code != 0) &&
             result->findings->len == 0)
        result->trouble = g_strdup_printf(
            "The program could not be built: %s",
            *outcome->output != '\0'   ? outcome->output
            : outcome->trouble != NULL ? outcome->trouble
                                       : "the compiler said nothing");
}

// The story stands for the message where the program said nothing itself.
static void tell_schedule(struct finding *finding, const struct trace *trace) {
    struct style style;
    style_plain(&style);
    g_autoptr(GString) story = g_string_new(NULL);
    story_write_steps(story, &style, trace, STORY_ROWS);
    finding->story = g_string_free(g_steal_pointer(&story), FALSE);
    g_autofree char *end = story_end(trace);
    g_autofree char *said = finding->message;
    finding->message = said[0] == '\0' ? g_steal_pointer(&end) : g_strdup(said);
}

static void read_schedules(const struct read_context *context,
                           struct result *result) {
    const struct outcome *outcome = result->outcome;
    g_autoptr(GPtrArray) traces = schedules_traces(
        kept(outcome, "schedules.jsonl"), &result->trouble, &result->undecided);
    for (guint i = 0; i < traces->len; i++) {
        struct finding *finding = schedules_read(context, traces->pdata[i]);
        if (finding == NULL)
            continue;
        tell_schedule(finding, traces->pdata[i]);
        g_ptr_array_add(result->findings, finding);
    }
}

static void read_run(const struct read_context *context,
                     struct result *result) {
    const struct outcome *outcome = result->outcome;
    if (outcome->end == OUTCOME_NOT_RUN || outcome->end == OUTCOME_TROUBLE)
        return;
    if (result->stage == STAGE_SCHEDULES)
        read_schedules(context, result);
    else if (result->stage == STAGE_SPEED)
        speed_read(context, outcome, result->findings, &result->trouble,
                   &result->undecided, &result->remark);
    else
        result->trouble = records_read(context, outcome, result->findings);
}

static struct result *read_outcome(struct run *run, const struct job *job,
                                   const struct outcome *outcome) {
    struct answer *answer = g_hash_table_lookup(run->owners, job);
    struct result *result = result_new(job->stage, outcome);
    g_autofree char *file = g_strdup_printf("%s.c", answer->exercise->id);
    struct read_context context = {.exercise = answer->exercise,
                                   .stage = job->stage,
                                   .answer_file = file,
                                   .source = answer->source};
    if (job->stage == STAGE_BUILD)
        read_build(&context, result);
    else
        read_run(&context, result);
    return result;
}

static struct result *result_of(struct run *run, const struct job *job,
                                const struct outcome *outcome) {
    struct result *known = g_hash_table_lookup(run->results, job);
    if (known != NULL && known->outcome == outcome)
        return known;
    struct result *result = read_outcome(run, job, outcome);
    g_hash_table_insert(run->results, (gpointer)job, result);
    return result;
}

static bool on_ask(const struct job *job, const struct outcome *outcome,
                   void *data) {
    return result_is_good(result_of(data, job, outcome));
}

static bool is_moot(const struct job *job, void *data) {
    const struct run *run = data;
    const struct answer *answer = g_hash_table_lookup(run->owners, job);
    return answer->ended;
}

static void on_outcome(const struct job *job, const struct outcome *outcome,
                       void *data) {
    struct run *run = data;
    struct answer *answer = g_hash_table_lookup(run->owners, job);
    if (!answer->ends_early)
        return;
    const struct result *result = result_of(run, job, outcome);
    for (guint i = 0; i < result->findings->len; i++) {
        const struct finding *finding = result->findings->pdata[i];
        answer->ended |= finding->kind == answer->until;
    }
}

static void on_start(const struct job *job, void *data) {
    struct run *run = data;
    if (run->options->live != NULL)
        live_on_start(job, run->options->live);
}

static void on_end(const struct job *job, const struct outcome *outcome,
                   void *data) {
    struct run *run = data;
    if (run->options->live != NULL)
        live_on_end(job, outcome, run->options->live);
}

static void on_tick(void *data) {
    struct run *run = data;
    if (run->options->live != NULL)
        live_on_tick(run->options->live);
}

// --- Judging -----------------------------------------------------------------

static void add_notes(struct answer *answer, const struct book *book) {
    g_autofree char *pristine = NULL;
    g_autofree char *path =
        g_build_filename(book->root, answer->exercise->header, NULL);
    if (g_file_get_contents(path, &pristine, NULL, NULL) &&
        !file_has_text(book, answer->exercise->visible_header, pristine))
        g_ptr_array_add(
            answer->verdict->notes,
            g_strdup_printf("%s differs from the exercise's own; your answer "
                            "was graded with the original. `make reset EX=%s` "
                            "brings it back.",
                            answer->exercise->visible_header,
                            answer->exercise->id));
}

static char *keep_raw(const struct answer *answer, const char *root) {
    struct raw_part parts[PURPOSE_COUNT];
    guint count = 0;
    for (guint i = 0; i < answer->results->len; i++) {
        const struct result *result = answer->results->pdata[i];
        parts[count++] = (struct raw_part){result->stage, result->outcome};
    }
    return raw_write(root, answer->label, parts, count);
}

static void judge_answer(struct answer *answer,
                         const struct pipeline_options *options) {
    struct verdict *verdict = verdict_new(answer->exercise);
    answer->verdict = verdict;
    verdict->path = g_strdup(answer->path);
    verdict->source = g_strdup(answer->source);
    if (answer->source != NULL && !is_run(answer, options)) {
        verdict->value = VERDICT_NOT_STARTED;
        return;
    }
    struct outcome *nothing = outcome_new();
    if (answer->unreadable != NULL) {
        nothing->end = OUTCOME_EXITED;
        struct result *result = result_new(STAGE_BUILD, nothing);
        g_ptr_array_add(result->findings, answer->unreadable);
        answer->unreadable = NULL;
        g_ptr_array_add(answer->results, result);
    }
    judge(verdict, answer->results, options->stages, answer->again);
    if (verdict->value != VERDICT_PASS && answer->source != NULL)
        verdict->report = keep_raw(answer, options->book->root);
    g_ptr_array_set_size(answer->results, 0);
    outcome_free(nothing);
    add_notes(answer, options->book);
}

static void own_jobs(struct run *run) {
    for (guint i = 0; i < run->answers->len; i++) {
        struct answer *answer = run->answers->pdata[i];
        for (int p = 0; p < PURPOSE_COUNT; p++)
            if (answer->request.jobs[p] != NULL)
                g_hash_table_insert(run->owners,
                                    (gpointer)answer->request.jobs[p], answer);
    }
}

static void judge_all(struct run *run, const struct plan *plan,
                      GPtrArray *outcomes) {
    for (guint i = 0; i < plan->jobs->len; i++) {
        const struct job *job = plan->jobs->pdata[i];
        struct answer *owner = g_hash_table_lookup(run->owners, job);
        struct result *result = result_of(run, job, outcomes->pdata[i]);
        g_ptr_array_add(owner->results, result);
    }
    for (guint i = 0; i < run->answers->len; i++)
        judge_answer(run->answers->pdata[i], run->options);
}

enum pipeline_end pipeline_run(GPtrArray *answers,
                               const struct pipeline_options *options,
                               GError **error) {
    struct plan *plan = pipeline_plan(answers, options, error);
    if (plan == NULL)
        return PIPELINE_TROUBLE;
    struct run run = {.answers = answers,
                      .options = options,
                      .results = g_hash_table_new(NULL, NULL),
                      .owners = g_hash_table_new(NULL, NULL)};
    own_jobs(&run);
    if (options->live != NULL)
        live_expect(options->live, plan);
    struct exec_options exec_options = {.slots = options->slots,
                                        .use_cache = options->use_cache,
                                        .cache = "build/outcomes",
                                        .is_good = on_ask,
                                        .is_moot = is_moot,
                                        .on_outcome = on_outcome,
                                        .on_start = on_start,
                                        .on_end = on_end,
                                        .on_tick = on_tick,
                                        .data = &run};
    GPtrArray *outcomes = exec_run(plan, &exec_options);
    if (options->live != NULL)
        live_finish(options->live);
    if (outcomes != NULL) {
        judge_all(&run, plan, outcomes);
        g_ptr_array_unref(outcomes);
    }
    g_hash_table_unref(run.results);
    g_hash_table_unref(run.owners);
    plan_free(plan);
    return outcomes == NULL ? PIPELINE_INTERRUPTED : PIPELINE_DONE;
}
