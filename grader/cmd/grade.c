// SPDX-License-Identifier: MIT
// Grades answers: chooses them, has them judged (pipeline.c is the way from an
// answer to its verdict), shows and keeps what came of it.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "book/progress.h"
#include "cmd/cmd.h"
#include "cmd/pipeline.h"
#include "report/dryrun.h"
#include "report/gradescope.h"
#include "report/json.h"
#include "report/junit.h"
#include "report/terminal.h"

struct options {
    char *answer_file;
    gboolean solution;
    char *stages;
    int jobs;
    gboolean no_cache;
    gboolean dry_run;
    char *json;
    char *junit;
    char *gradescope;
};

static void options_release(struct options *options) {
    g_free(options->answer_file);
    g_free(options->stages);
    g_free(options->json);
    g_free(options->junit);
    g_free(options->gradescope);
}

// --- Choosing ----------------------------------------------------------------

static char *user_path(const struct cmd_context *context, const char *path) {
    return g_canonicalize_filename(path, context->came_from);
}

static void add_answer(GPtrArray *answers, const struct exercise *exercise,
                       const char *path, const char *option) {
    for (guint i = 0; i < answers->len; i++)
        if (((struct answer *)answers->pdata[i])->exercise == exercise)
            return;
    g_autofree char *again =
        g_strdup_printf("build/lockstep grade %s%s", exercise->id, option);
    g_ptr_array_add(answers, answer_read(exercise, exercise->id, path, again));
}

static void add_exercise(const struct cmd_context *context,
                         const struct options *options, GPtrArray *answers,
                         const struct exercise *exercise) {
    if (options->solution) {
        add_answer(answers, exercise, exercise->solution, " --solution");
    } else if (options->answer_file != NULL) {
        g_autofree char *path = user_path(context, options->answer_file);
        g_autofree char *quoted = g_shell_quote(path);
        g_autofree char *option = g_strdup_printf(" --answer %s", quoted);
        add_answer(answers, exercise, path, option);
    } else {
        add_answer(answers, exercise, exercise->answer, "");
    }
}

// The chapter that WORD names: "4", "04" or its folder; or NULL.
static const struct chapter *find_chapter(const struct book *book,
                                          const char *word) {
    char *end;
    long number = strtol(word, &end, 10);
    for (guint i = 0; i < book->chapters->len; i++) {
        const struct chapter *chapter = book->chapters->pdata[i];
        if ((*word != '\0' && *end == '\0' && chapter->number == number) ||
            g_str_equal(word, chapter->folder))
            return chapter;
    }
    return NULL;
}

// The exercise whose answer the file WORD is, or NULL.
static const struct exercise *find_by_path(const struct cmd_context *context,
                                           const char *word) {
    g_autofree char *path = user_path(context, word);
    for (guint c = 0; c < context->book->chapters->len; c++) {
        const struct chapter *chapter = context->book->chapters->pdata[c];
        for (guint e = 0; e < chapter->exercises->len; e++) {
            const struct exercise *exercise = chapter->exercises->pdata[e];
            g_autofree char *own =
                g_canonicalize_filename(exercise->answer, context->book->root);
            if (g_str_equal(own, path))
                return exercise;
        }
    }
    return NULL;
}

static bool add_word(const struct cmd_context *context,
                     const struct options *options, GPtrArray *answers,
                     const char *word) {
    const struct chapter *chapter = find_chapter(context->book, word);
    for (guint i = 0; chapter != NULL && i < chapter->exercises->len; i++)
        add_exercise(context, options, answers, chapter->exercises->pdata[i]);
    if (chapter != NULL)
        return true;
    const struct exercise *exercise = find_by_path(context, word);
    if (exercise == NULL)
        exercise = cmd_find(&cmd_grade, context->book, word);
    if (exercise == NULL)
        return false;
    add_exercise(context, options, answers, exercise);
    return true;
}

static void add_all(const struct cmd_context *context,
                    const struct options *options, GPtrArray *answers) {
    for (guint c = 0; c < context->book->chapters->len; c++) {
        const struct chapter *chapter = context->book->chapters->pdata[c];
        for (guint e = 0; e < chapter->exercises->len; e++)
            add_exercise(context, options, answers,
                         chapter->exercises->pdata[e]);
    }
}

// Without a name, what nobody has begun is not shown.
static void drop_stubs(const struct cmd_context *context, GPtrArray *answers) {
    for (guint i = answers->len; i-- > 0;)
        if (answer_is_stub(answers->pdata[i], context->book))
            g_ptr_array_remove_index(answers, i);
}

static bool choose(const struct cmd_context *context,
                   const struct options *options, int argc, char **argv,
                   GPtrArray *answers) {
    for (int i = 1; i < argc; i++)
        if (!add_word(context, options, answers, argv[i]))
            return false;
    if (argc == 1) {
        add_all(context, options, answers);
        if (!options->solution)
            drop_stubs(context, answers);
    }
    return true;
}

// --- Showing -----------------------------------------------------------------

static int show_beginning(const struct cmd_context *context) {
    fputs("Nothing to grade yet: every exercise is still the untouched "
          "stub.\n\n",
          context->out);
    cmd_print_map(context, 0);
    const struct exercise *next = progress_next(context->book);
    if (next != NULL)
        fprintf(context->out,
                "\nBegin with %d.%d %s: read %s,\nedit %s, then run "
                "make grade.\n",
                next->chapter->number, next->number, next->id, next->task,
                next->answer);
    return EXIT_OK;
}

static bool write_file(const struct cmd_context *context, const char *path,
                       const GString *text) {
    g_autoptr(GError) error = NULL;
    if (path == NULL)
        return true;
    if (g_str_equal(path, "-"))
        return fwrite(text->str, 1, text->len, stdout) == text->len;
    g_autofree char *full = user_path(context, path);
    if (g_file_set_contents(full, text->str, (gssize)text->len, &error))
        return true;
    cmd_trouble(error);
    return false;
}

static bool write_files(const struct cmd_context *context,
                        const struct options *options,
                        const GPtrArray *verdicts, int64_t wall_ms) {
    g_autoptr(GString) json = g_string_new(NULL);
    g_autoptr(GString) junit = g_string_new(NULL);
    g_autoptr(GString) gradescope = g_string_new(NULL);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    json_report_write(json, verdicts);
    junit_write(junit, verdicts, now, g_get_host_name());
    gradescope_write(gradescope, verdicts, wall_ms);
    return write_file(context, options->json, json) &&
           write_file(context, options->junit, junit) &&
           write_file(context, options->gradescope, gradescope);
}

// Only the learner's own file is progress, and only when nothing was left out.
static void keep_progress(const struct cmd_context *context,
                          const struct options *options, GPtrArray *answers) {
    if (options->solution || options->answer_file != NULL ||
        options->stages != NULL)
        return;
    for (guint i = 0; i < answers->len; i++) {
        const struct answer *answer = answers->pdata[i];
        if (answer->source == NULL)
            continue;
        g_autofree char *sum = g_compute_checksum_for_string(
            G_CHECKSUM_SHA256, answer->source, -1);
        // What cannot be kept is only shown again as "changed".
        (void)progress_save(context->book, answer->exercise,
                            answer->verdict->value, sum, NULL);
    }
}

static int exit_status(const GPtrArray *verdicts) {
    int status = EXIT_OK;
    for (guint i = 0; i < verdicts->len; i++) {
        const struct verdict *verdict = verdicts->pdata[i];
        if (verdict->value == VERDICT_TROUBLE)
            return EXIT_TROUBLE;
        if (verdict->value == VERDICT_FAIL || verdict->value == VERDICT_BLOCKED)
            status = EXIT_FAILED;
    }
    return status;
}

static int show(const struct cmd_context *context,
                const struct options *options, const struct style *style,
                GPtrArray *answers, int64_t begun) {
    g_autoptr(GPtrArray) verdicts = g_ptr_array_new();
    for (guint i = 0; i < answers->len; i++)
        g_ptr_array_add(verdicts,
                        ((struct answer *)answers->pdata[i])->verdict);
    int64_t wall_ms = (g_get_monotonic_time() - begun) / 1000;
    g_autoptr(GString) text = g_string_new(NULL);
    terminal_write(text, style, verdicts, wall_ms);
    fwrite(text->str, 1, text->len, context->out);
    if (!write_files(context, options, verdicts, wall_ms))
        return EXIT_TROUBLE;
    keep_progress(context, options, answers);
    return exit_status(verdicts);
}

static int show_plan(const struct cmd_context *context,
                     const struct style *style, GPtrArray *answers,
                     const struct pipeline_options *pipeline) {
    g_autoptr(GError) error = NULL;
    struct plan *plan = pipeline_plan(answers, pipeline, &error);
    if (plan == NULL)
        return cmd_trouble(error);
    g_autoptr(GString) text = g_string_new(NULL);
    dryrun_write(text, style, plan);
    fwrite(text->str, 1, text->len, context->out);
    plan_free(plan);
    return EXIT_OK;
}

// --- The command -------------------------------------------------------------

static bool parse_stages(const char *list, bool stages[STAGE_COUNT]) {
    for (int i = 0; i < STAGE_COUNT; i++)
        stages[i] = list == NULL;
    g_auto(GStrv) names = g_strsplit(list == NULL ? "" : list, ",", -1);
    for (char **name = names; *name != NULL; name++) {
        enum stage stage;
        if (!stage_from_name(*name, &stage)) {
            cmd_usage(&cmd_grade,
                      "'%s' is no stage; the stages are build, "
                      "tests, memory, races, locks, schedules, speed",
                      *name);
            return false;
        }
        stages[stage] = true;
    }
    return true;
}

static int grade(struct cmd_context *context, const struct options *options,
                 GPtrArray *answers) {
    g_autoptr(GError) error = NULL;
    int64_t begun = g_get_monotonic_time();
    struct style style;
    style_init(&style, context->out,
               context->color ? STYLE_COLOUR_ALWAYS : STYLE_COLOUR_NEVER);
    struct pipeline_options pipeline = {.book = context->book,
                                        .slots = options->jobs,
                                        .use_cache = !options->no_cache};
    if (!parse_stages(options->stages, pipeline.stages))
        return EXIT_USAGE;
    if (options->dry_run)
        return show_plan(context, &style, answers, &pipeline);
    g_autoptr(live_auto) live = live_new(stderr, &style, live_possible(stderr));
    pipeline.live = live;
    switch (pipeline_run(answers, &pipeline, &error)) {
    case PIPELINE_TROUBLE:
        return cmd_trouble(error);
    case PIPELINE_INTERRUPTED:
        fputs("lockstep: interrupted; nothing was left running\n", stderr);
        return 130;
    default:
        return show(context, options, &style, answers, begun);
    }
}

static int run_with(struct cmd_context *context, const struct options *options,
                    int argc, char **argv) {
    if (options->answer_file != NULL && argc != 2)
        return cmd_usage(&cmd_grade, "--answer goes with one exercise");
    if (options->answer_file != NULL && options->solution)
        return cmd_usage(&cmd_grade, "--answer and --solution exclude each "
                                     "other");
    if (options->jobs < 1)
        return cmd_usage(&cmd_grade, "-j takes a number from 1");
    g_autoptr(GPtrArray) answers =
        g_ptr_array_new_with_free_func((GDestroyNotify)answer_free);
    if (!choose(context, options, argc, argv, answers))
        return EXIT_USAGE;
    if (answers->len == 0)
        return show_beginning(context);
    return grade(context, options, answers);
}

static int run(struct cmd_context *context, int argc, char **argv) {
    struct options options = {.jobs = (int)g_get_num_processors()};
    const GOptionEntry entries[] = {
        {"answer", 0, 0, G_OPTION_ARG_FILENAME, &options.answer_file,
         "grade FILE in place of the learner's file", "FILE"},
        {"solution", 0, 0, G_OPTION_ARG_NONE, &options.solution,
         "grade the workbook's own solution", NULL},
        {"stages", 0, 0, G_OPTION_ARG_STRING, &options.stages,
         "only these stages, and build", "a,b"},
        {"jobs", 'j', 0, G_OPTION_ARG_INT, &options.jobs,
         "how many programs at once", "N"},
        {"no-cache", 0, 0, G_OPTION_ARG_NONE, &options.no_cache,
         "run everything again", NULL},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &options.dry_run,
         "print what would be run, and run nothing", NULL},
        {"json", 0, 0, G_OPTION_ARG_FILENAME, &options.json,
         "write the verdicts as JSON ('-': standard output)", "FILE"},
        {"junit", 0, 0, G_OPTION_ARG_FILENAME, &options.junit,
         "write the verdicts as JUnit XML", "FILE"},
        {"gradescope", 0, 0, G_OPTION_ARG_FILENAME, &options.gradescope,
         "write the verdicts as Gradescope's results.json", "FILE"},
        G_OPTION_ENTRY_NULL};
    int status = EXIT_USAGE;
    if (cmd_parse(context, &cmd_grade, &argc, &argv, entries))
        status = run_with(context, &options, argc, argv);
    options_release(&options);
    return status;
}

const struct command cmd_grade = {
    .name = "grade",
    .usage = "[ID|CHAPTER|FILE.c …]",
    .summary = "judges your answers",
    .run = run,
};
