// SPDX-License-Identifier: MIT
// Builds any program for the schedule explorer, runs it, and tells what came of
// it. Works outside a workbook too: what it needs lies where lockstep does.
#include <stdlib.h>
#include <string.h>

#include "book/book.h"
#include "cmd/cmd.h"
#include "exec/workshop.h"
#include "plan/exploring.h"
#include "read/debug_names.h"
#include "read/explored.h"
#include "report/exploration.h"
#include "report/style.h"
#include "report/trace_lines.h"

struct options {
    char *schedules, *seed, *strategy, *bound, *jobs;
    gboolean ignore_races;
    char *cflags, *trace, *json;
    GPtrArray *compile, *link; // of char *: what goes to the compiler
    GPtrArray *arguments;      // of char *: after "--"
};

static void options_release(struct options *options) {
    char *all[] = {options->schedules, options->seed, options->strategy,
                   options->bound,     options->jobs, options->cflags,
                   options->trace,     options->json};
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        g_free(all[i]);
    g_ptr_array_unref(options->compile);
    g_ptr_array_unref(options->link);
    g_ptr_array_unref(options->arguments);
}

// --- The command line --------------------------------------------------------

// The compiler's own options, taken as they are; *ALONE: those that may have
// their value in the next word. NULL: not one of them.
static GPtrArray *list_for(struct options *options, const char *word,
                           bool *alone) {
    static const char *const compile[] = {
        "-I", "-D", "-U", "-std=",    "-W",       "-O",
        "-g", "-f", "-m", "-pthread", "-include", "-isystem"};
    static const char *const link[] = {"-l", "-L"};
    *alone = strlen(word) == 2 && strchr("IDUlL", word[1]) != NULL;
    *alone |= g_str_equal(word, "-include") || g_str_equal(word, "-isystem");
    for (gsize i = 0; i < G_N_ELEMENTS(link); i++)
        if (g_str_has_prefix(word, link[i]))
            return options->link;
    for (gsize i = 0; i < G_N_ELEMENTS(compile); i++)
        if (g_str_has_prefix(word, compile[i]))
            return options->compile;
    return NULL;
}

// -O2, -g and the like are on many command lines, but the explorer has its own.
static bool is_ours_to_choose(const char *word) {
    return word[1] == 'O' || word[1] == 'g' || word[1] == 'm' ||
           g_str_has_prefix(word, "-fsanitize");
}

// One of our own, whose value is the next word, whatever that looks like.
static bool has_value_next(const char *word) {
    static const char *const names[] = {"--schedules", "--seed",  "--strategy",
                                        "--bound",     "--jobs",  "--cflags",
                                        "--trace",     "--json"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_equal(word, names[i]))
            return true;
    return false;
}

// Moves the compiler's options, and what follows "--", out of ARGV.
static void take_foreign(struct options *options, int *argc, char **argv) {
    int kept = 1;
    int i;
    for (i = 1; i < *argc && !g_str_equal(argv[i], "--"); i++) {
        bool alone;
        GPtrArray *list = list_for(options, argv[i], &alone);
        if (list == NULL) {
            bool both = has_value_next(argv[i]) && i + 1 < *argc;
            argv[kept++] = argv[i];
            if (both)
                argv[kept++] = argv[++i];
            continue;
        }
        if (!is_ours_to_choose(argv[i]))
            g_ptr_array_add(list, g_strdup(argv[i]));
        if (alone && i + 1 < *argc)
            g_ptr_array_add(list, g_strdup(argv[++i]));
    }
    for (i++; i < *argc; i++)
        g_ptr_array_add(options->arguments, g_strdup(argv[i]));
    argv[kept] = NULL;
    *argc = kept;
}

static bool parse(struct cmd_context *context, struct options *options,
                  int *argc, char ***argv) {
    const GOptionEntry entries[] = {
        {"schedules", 0, 0, G_OPTION_ARG_STRING, &options->schedules,
         "how many to try (1000)", "N"},
        {"seed", 0, 0, G_OPTION_ARG_STRING, &options->seed,
         "what all choices are made from (1)", "S"},
        {"strategy", 0, 0, G_OPTION_ARG_STRING, &options->strategy,
         "portfolio, openers, random, sticky, pct, pos, surw, reads-from, dfs",
         "NAME"},
        {"bound", 0, 0, G_OPTION_ARG_STRING, &options->bound,
         "most preemptions of the exhaustive search (no limit)", "N"},
        {"jobs", 0, 0, G_OPTION_ARG_STRING, &options->jobs,
         "processes at once (one a CPU)", "N"},
        {"ignore-races", 0, 0, G_OPTION_ARG_NONE, &options->ignore_races,
         "report everything but data races", NULL},
        {"cflags", 0, 0, G_OPTION_ARG_STRING, &options->cflags,
         "more options for the compiler; -I, -D, -l, -std … may also stand "
         "alone",
         "TEXT"},
        {"trace", 0, 0, G_OPTION_ARG_FILENAME, &options->trace,
         "write the failing schedule, for lockstep replay", "FILE"},
        {"json", 0, 0, G_OPTION_ARG_FILENAME, &options->json,
         "write the result for programs", "FILE"},
        {0},
    };
    return cmd_parse(context, &cmd_explore, argc, argv, entries);
}

// The words of --cflags, as a shell would split them.
static bool add_cflags(struct options *options) {
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) words = NULL;
    if (options->cflags == NULL || options->cflags[0] == '\0')
        return true;
    if (!g_shell_parse_argv(options->cflags, NULL, &words, &error)) {
        cmd_usage(&cmd_explore, "--cflags: %s", error->message);
        return false;
    }
    for (char **word = words; *word != NULL; word++) {
        bool link =
            g_str_has_prefix(*word, "-l") || g_str_has_prefix(*word, "-L");
        g_ptr_array_add(link ? options->link : options->compile,
                        g_strdup(*word));
    }
    return true;
}

static GStrv run_options(const struct options *options) {
    const char *const pairs[][2] = {{"--schedules", options->schedules},
                                    {"--seed", options->seed},
                                    {"--strategy", options->strategy},
                                    {"--bound", options->bound},
                                    {"--jobs", options->jobs}};
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
        if (pairs[i][1] != NULL)
            g_strv_builder_add_many(words, pairs[i][0], pairs[i][1], NULL);
    if (options->ignore_races)
        g_strv_builder_add(words, "--ignore-races");
    return g_strv_builder_end(words);
}

// --- Building and running ----------------------------------------------------

// What a step said, then its status for lockstep.
static int complain(const struct command_result *result, int status) {
    fputs(result->output, stderr);
    return status;
}

static int failed(const GError *error) {
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return EXIT_TROUBLE; // the user knows: it was Ctrl-C
    return cmd_trouble(error);
}

// Compiles all files at once. EXIT_OK, or what to return.
static int compile(struct workshop *workshop, const struct exploring *exploring,
                   const char *folder) {
    g_autoptr(GError) error = NULL;
    guint count = g_strv_length(exploring->files);
    g_autofree GStrv *argvs = g_new0(GStrv, count);
    g_autofree struct command_result *results =
        g_new0(struct command_result, count);
    for (guint i = 0; i < count; i++)
        argvs[i] = exploring_compile(exploring, i);
    bool good = workshop_run(workshop, folder, argvs, count, results, &error);
    int status = good ? EXIT_OK : failed(error);
    for (guint i = 0; i < count; i++) {
        if (good && results[i].status != 0)
            status = complain(&results[i], EXIT_USAGE);
        command_result_release(&results[i]);
        g_strfreev(argvs[i]);
    }
    return status;
}

// Runs one command; *RESULT is the caller's to release if EXIT_OK is returned.
static int run_one(struct workshop *workshop, GStrv argv, const char *folder,
                   struct command_result *result) {
    g_autoptr(GError) error = NULL;
    return workshop_run(workshop, folder, &argv, 1, result, &error)
               ? EXIT_OK
               : failed(error);
}

static int build(struct workshop *workshop, const struct exploring *exploring,
                 const char *folder) {
    int status = compile(workshop, exploring, folder);
    if (status != EXIT_OK)
        return status;
    g_auto(GStrv) argv = exploring_link(exploring);
    struct command_result result;
    status = run_one(workshop, argv, folder, &result);
    if (status != EXIT_OK)
        return status;
    if (result.status != 0)
        status = complain(&result, EXIT_USAGE);
    command_result_release(&result);
    return status;
}

// Runs the program; *TRACES is set if EXIT_OK is returned.
static int search(struct workshop *workshop, const struct exploring *exploring,
                  const char *folder, GPtrArray **traces) {
    g_auto(GStrv) argv = exploring_run(exploring);
    g_autofree char *output = exploring_output(exploring);
    g_autofree char *program = exploring_program(exploring);
    g_autofree char *lines = NULL;
    g_autoptr(GError) error = NULL;
    struct command_result result;
    int status = run_one(workshop, argv, folder, &result);
    if (status != EXIT_OK)
        return status;
    if (result.status == EXIT_USAGE)
        status = complain(&result, EXIT_USAGE);
    else if (!g_file_get_contents(output, &lines, NULL, &error))
        status = complain(&result, cmd_trouble(error));
    command_result_release(&result);
    if (status != EXIT_OK)
        return status;
    g_autoptr(debug_names_auto) names = debug_names_open(program, &error);
    if (names == NULL)
        return cmd_trouble(error);
    *traces = explored_read(lines, names, NULL);
    return EXIT_OK;
}

// --- Telling -----------------------------------------------------------------

static bool write_file(const char *path, const GString *text) {
    g_autoptr(GError) error = NULL;
    if (path == NULL ||
        g_file_set_contents(path, text->str, (gssize)text->len, &error))
        return true;
    cmd_trouble(error);
    return false;
}

// The command that the user gave, for saying it again: without the options that
// choose a schedule, and without those that ask for files.
static char *again_command(const struct options *options, GStrv files) {
    GString *text = g_string_new("lockstep explore");
    if (options->ignore_races)
        g_string_append(text, " --ignore-races");
    for (guint i = 0; i < options->compile->len; i++)
        g_string_append_printf(text, " %s", (char *)options->compile->pdata[i]);
    for (guint i = 0; i < options->link->len; i++)
        g_string_append_printf(text, " %s", (char *)options->link->pdata[i]);
    if (options->bound != NULL)
        g_string_append_printf(text, " --bound %s", options->bound);
    for (char **file = files; *file != NULL; file++)
        g_string_append_printf(text, " %s", *file);
    return g_string_free(text, FALSE);
}

static int tell(struct cmd_context *context, const struct options *options,
                const struct trace *trace, const char *again) {
    struct style style;
    style_init(&style, context->out,
               context->color == 1 ? STYLE_COLOUR_ALWAYS : STYLE_COLOUR_NEVER);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GString) json = g_string_new(NULL);
    g_autoptr(GString) lines = g_string_new(NULL);
    exploration_write(text, &style, trace, again);
    exploration_write_json(json, trace);
    trace_lines_write(lines, trace);
    if (!write_file(options->json, json) ||
        !write_file(trace->found ? options->trace : NULL, lines))
        return EXIT_TROUBLE;
    fputs(text->str, context->out);
    if (trace->found && options->trace != NULL)
        fprintf(context->out, "Step through it: lockstep replay %s\n",
                options->trace);
    if (trace->found)
        return EXIT_FAILED;
    return trace->finished && trace->inconclusive == NULL ? EXIT_OK
                                                          : EXIT_TROUBLE;
}

// --- The whole ---------------------------------------------------------------

static GStrv strings_of(GPtrArray *array) {
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    for (guint i = 0; i < array->len; i++)
        g_strv_builder_add(words, array->pdata[i]);
    return g_strv_builder_end(words);
}

static char *find_home(GError **error) {
    g_autofree char *program = g_file_read_link("/proc/self/exe", error);
    if (program == NULL)
        return NULL;
    g_autofree char *folder = g_path_get_dirname(program);
    return book_find_root(folder, error);
}

static int explore(struct cmd_context *context, const struct options *options,
                   GStrv files) {
    g_autoptr(GError) error = NULL;
    g_autofree char *home = find_home(&error);
    g_autoptr(workshop_auto) workshop =
        home == NULL ? NULL : workshop_new(&error);
    if (workshop == NULL)
        return cmd_trouble(error);
    g_auto(GStrv) compile_words = strings_of(options->compile);
    g_auto(GStrv) link_words = strings_of(options->link);
    g_auto(GStrv) arguments = strings_of(options->arguments);
    g_auto(GStrv) words = run_options(options);
    const struct exploring exploring = {
        .home = home,
        .folder = workshop_folder(workshop),
        .files = files,
        .compile = compile_words,
        .link = link_words,
        .options = words,
        .arguments = arguments,
    };
    g_autoptr(GPtrArray) traces = NULL;
    int status = build(workshop, &exploring, context->came_from);
    if (status == EXIT_OK)
        status = search(workshop, &exploring, context->came_from, &traces);
    if (status != EXIT_OK)
        return status;
    const struct trace *trace = exploration_main(traces);
    if (trace == NULL) {
        fputs("lockstep explore: the program said nothing.\n", stderr);
        return EXIT_TROUBLE;
    }
    g_autofree char *again = again_command(options, files);
    return tell(context, options, trace, again);
}

static bool all_readable(GStrv files) {
    for (char **file = files; *file != NULL; file++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL;
        if (!g_file_get_contents(*file, &text, NULL, &error)) {
            cmd_usage(&cmd_explore, "%s", error->message);
            return false;
        }
    }
    return true;
}

static int run(struct cmd_context *context, int argc, char **argv) {
    struct options options = {
        .compile = g_ptr_array_new_with_free_func(g_free),
        .link = g_ptr_array_new_with_free_func(g_free),
        .arguments = g_ptr_array_new_with_free_func(g_free),
    };
    int status = EXIT_USAGE;
    take_foreign(&options, &argc, argv);
    if (parse(context, &options, &argc, &argv) && add_cflags(&options)) {
        if (argc < 2)
            status = cmd_usage(&cmd_explore, "name a file to explore");
        else if (all_readable(argv + 1))
            status = explore(context, &options, argv + 1);
    }
    options_release(&options);
    return status;
}

const struct command cmd_explore = {
    .name = "explore",
    .usage = "[OPTION …] FILE.c … [-- ARGUMENT …]",
    .summary = "runs a program under chosen interleavings",
    .run = run,
    .anywhere = true,
};
