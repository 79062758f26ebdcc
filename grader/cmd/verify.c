// SPDX-License-Identifier: MIT
// The workbook grades itself: every stub must fail, every solution and right
// variant pass, every wrong variant fail with the finding its first line names.
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/pipeline.h"
#include "report/verify.h"

enum role { ROLE_STUB, ROLE_SOLUTION, ROLE_RIGHT, ROLE_WRONG };

struct options {
    int jobs;
    gboolean use_cache;
};

// One answer whose verdict is known beforehand.
struct expectation {
    struct answer *answer; // owned
    enum role role;
    enum finding_kind kind; // of a wrong variant
    bool waits;             // only chosen schedules can catch it
    char *complaint;        // the variant itself is malformed
};

static void expectation_free(struct expectation *expectation) {
    answer_free(expectation->answer);
    g_free(expectation->complaint);
    g_free(expectation);
}

// --- Collecting --------------------------------------------------------------

// "// expect: data-race", and "// needs: schedules" on the line after it.
static void read_marks(struct expectation *expectation) {
    const char *source = expectation->answer->source;
    g_auto(GStrv) lines = g_strsplit(source == NULL ? "" : source, "\n", 3);
    const char *mark = "// expect: ";
    if (lines[0] == NULL || !g_str_has_prefix(lines[0], mark) ||
        !finding_kind_from_name(g_strstrip(lines[0] + strlen(mark)),
                                &expectation->kind))
        expectation->complaint =
            g_strdup("its first line must be `// expect: <finding kind>`");
    const struct exercise *exercise = expectation->answer->exercise;
    expectation->waits = !exercise->stages[STAGE_SCHEDULES] &&
                         lines[0] != NULL && lines[1] != NULL &&
                         g_str_has_prefix(lines[1], "// needs: schedules");
}

static void expect(GPtrArray *expectations, const struct exercise *exercise,
                   enum role role, const char *name, const char *path) {
    g_autofree char *label = g_strdup_printf("%s/%s", exercise->id, name);
    g_autofree char *again = g_strdup_printf(
        "build/lockstep grade %s --answer %s", exercise->id, path);
    struct expectation *expectation = g_new0(struct expectation, 1);
    expectation->role = role;
    expectation->answer = answer_read(exercise, label, path, again);
    if (role == ROLE_WRONG) {
        read_marks(expectation);
        expectation->answer->ends_early = true;
        expectation->answer->until = expectation->kind;
    }
    g_ptr_array_add(expectations, expectation);
}

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void expect_variants(GPtrArray *expectations,
                            const struct exercise *exercise, enum role role,
                            const char *kind) {
    g_autofree char *folder = g_build_filename(exercise->variants, kind, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *file; dir != NULL && (file = g_dir_read_name(dir));)
        if (g_str_has_suffix(file, ".c"))
            g_ptr_array_add(names, g_strdup(file));
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *name =
            g_strdup_printf("%s/%s", kind, (char *)names->pdata[i]);
        g_autofree char *path = g_build_filename(folder, names->pdata[i], NULL);
        expect(expectations, exercise, role, name, path);
    }
}

static void expect_exercise(GPtrArray *expectations,
                            const struct exercise *exercise) {
    expect(expectations, exercise, ROLE_STUB, "stub", exercise->stub);
    expect(expectations, exercise, ROLE_SOLUTION, "solution",
           exercise->solution);
    expect_variants(expectations, exercise, ROLE_RIGHT, "right");
    expect_variants(expectations, exercise, ROLE_WRONG, "wrong");
}

// --- Judging the judgement ---------------------------------------------------

static bool found(const struct verdict *verdict, enum finding_kind kind) {
    for (guint i = 0; i < verdict->findings->len; i++)
        if (((struct finding *)verdict->findings->pdata[i])->kind == kind)
            return true;
    return false;
}

static bool is_as_expected(const struct expectation *expectation) {
    const struct verdict *verdict = expectation->answer->verdict;
    switch (expectation->role) {
    case ROLE_STUB:
        return verdict->value == VERDICT_FAIL;
    case ROLE_WRONG:
        return expectation->complaint == NULL &&
               verdict->value == VERDICT_FAIL &&
               found(verdict, expectation->kind);
    default:
        return verdict->value == VERDICT_PASS;
    }
}

static const char *trouble_of(const struct verdict *verdict) {
    for (int i = 0; i < STAGE_COUNT; i++)
        if (verdict->stages[i].value == VERDICT_TROUBLE)
            return verdict->stages[i].reason;
    return NULL;
}

static char *complain(const struct expectation *expectation) {
    const struct verdict *verdict = expectation->answer->verdict;
    if (expectation->complaint != NULL)
        return g_strdup_printf("%s: %s", expectation->answer->label,
                               expectation->complaint);
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(
        text, "%s: expected %s, found %s", expectation->answer->label,
        expectation->role == ROLE_WRONG  ? finding_kind_name(expectation->kind)
        : expectation->role == ROLE_STUB ? "fail"
                                         : "pass",
        verdict_value_name(verdict->value));
    for (guint i = 0; i < verdict->findings->len; i++) {
        const struct finding *finding = verdict->findings->pdata[i];
        g_string_append_printf(text, "; %s (%s): %s",
                               finding_kind_name(finding->kind),
                               stage_name(finding->stage), finding->message);
    }
    if (trouble_of(verdict) != NULL)
        g_string_append_printf(text, "; %s", trouble_of(verdict));
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void count_in(struct verify_row *row,
                     const struct expectation *expectation) {
    bool good = is_as_expected(expectation);
    const struct verdict *verdict = expectation->answer->verdict;
    for (int i = 0; i < STAGE_COUNT; i++)
        row->wall_ms += verdict->stages[i].wall_ms;
    switch (expectation->role) {
    case ROLE_STUB:
        row->stub = good ? VERIFY_GOOD : VERIFY_BAD;
        break;
    case ROLE_SOLUTION:
        row->solution = good ? VERIFY_GOOD : VERIFY_BAD;
        break;
    case ROLE_RIGHT:
        row->right_total++;
        row->right += good;
        break;
    case ROLE_WRONG:
        if (expectation->waits && !good) {
            row->waiting++;
            return;
        }
        row->wrong_total++;
        row->wrong += good;
        break;
    }
    if (!good)
        g_ptr_array_add(row->complaints, complain(expectation));
}

// --- The command -------------------------------------------------------------

static void row_free(struct verify_row *row) {
    g_ptr_array_unref(row->complaints);
    g_free(row);
}

static GPtrArray *make_rows(GPtrArray *expectations) {
    GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)row_free);
    struct verify_row *row = NULL;
    for (guint i = 0; i < expectations->len; i++) {
        const struct expectation *expectation = expectations->pdata[i];
        if (row == NULL || row->exercise != expectation->answer->exercise) {
            row = g_new0(struct verify_row, 1);
            row->exercise = expectation->answer->exercise;
            row->complaints = g_ptr_array_new_with_free_func(g_free);
            g_ptr_array_add(rows, row);
        }
        count_in(row, expectation);
    }
    return rows;
}

static void count_all(const GPtrArray *rows, int *passed, int *failed) {
    *passed = *failed = 0;
    for (guint i = 0; i < rows->len; i++) {
        const struct verify_row *row = rows->pdata[i];
        int good = (row->stub == VERIFY_GOOD) + (row->solution == VERIFY_GOOD) +
                   row->right + row->wrong;
        *passed += good;
        *failed += 2 + row->right_total + row->wrong_total - good;
    }
}

static int show(const struct cmd_context *context, const struct style *style,
                GPtrArray *expectations) {
    g_autoptr(GPtrArray) rows = make_rows(expectations);
    g_autoptr(GString) text = g_string_new(NULL);
    verify_write(text, style, rows);
    int passed, failed;
    count_all(rows, &passed, &failed);
    g_string_append_printf(text, "%d passed, %d failed\n", passed, failed);
    fwrite(text->str, 1, text->len, context->out);
    return failed == 0 ? EXIT_OK : EXIT_FAILED;
}

static int verify(struct cmd_context *context, const struct options *options,
                  GPtrArray *expectations) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) answers = g_ptr_array_new();
    for (guint i = 0; i < expectations->len; i++)
        g_ptr_array_add(answers,
                        ((struct expectation *)expectations->pdata[i])->answer);
    struct style style;
    style_init(&style, context->out,
               context->color ? STYLE_COLOUR_ALWAYS : STYLE_COLOUR_NEVER);
    g_autoptr(live_auto) live = live_new(stderr, &style, live_possible(stderr));
    struct pipeline_options pipeline = {.book = context->book,
                                        .slots = options->jobs,
                                        .use_cache = options->use_cache,
                                        .grade_stubs = true,
                                        .live = live};
    for (int i = 0; i < STAGE_COUNT; i++)
        pipeline.stages[i] = true;
    switch (pipeline_run(answers, &pipeline, &error)) {
    case PIPELINE_TROUBLE:
        return cmd_trouble(error);
    case PIPELINE_INTERRUPTED:
        fputs("lockstep: interrupted; nothing was left running\n", stderr);
        return 130;
    default:
        return show(context, &style, expectations);
    }
}

static bool choose(const struct cmd_context *context, int argc, char **argv,
                   GPtrArray *expectations) {
    for (int i = 1; i < argc; i++) {
        const struct exercise *exercise =
            cmd_find(&cmd_verify, context->book, argv[i]);
        if (exercise == NULL)
            return false;
        expect_exercise(expectations, exercise);
    }
    for (guint c = 0; argc == 1 && c < context->book->chapters->len; c++) {
        const struct chapter *chapter = context->book->chapters->pdata[c];
        for (guint e = 0; e < chapter->exercises->len; e++)
            expect_exercise(expectations, chapter->exercises->pdata[e]);
    }
    return true;
}

static int run(struct cmd_context *context, int argc, char **argv) {
    struct options options = {.jobs = (int)g_get_num_processors()};
    const GOptionEntry entries[] = {
        {"jobs", 'j', 0, G_OPTION_ARG_INT, &options.jobs,
         "how many programs at once", "N"},
        {"cache", 0, 0, G_OPTION_ARG_NONE, &options.use_cache,
         "use saved outcomes", NULL},
        G_OPTION_ENTRY_NULL};
    if (!cmd_parse(context, &cmd_verify, &argc, &argv, entries))
        return EXIT_USAGE;
    if (options.jobs < 1)
        return cmd_usage(&cmd_verify, "-j takes a number from 1");
    g_autoptr(GPtrArray) expectations =
        g_ptr_array_new_with_free_func((GDestroyNotify)expectation_free);
    if (!choose(context, argc, argv, expectations))
        return EXIT_USAGE;
    return verify(context, &options, expectations);
}

const struct command cmd_verify = {
    .name = "verify",
    .usage = "[ID …]",
    .summary = "checks that every stub, solution and variant is judged rightly",
    .run = run,
};
