// SPDX-License-Identifier: MIT
#include <string.h>

#include "book/progress.h"
#include "cmd/cmd.h"

// A hints file is Markdown: each hint starts with a line "## Hint N". What
// stands before the first is for authors.
static GPtrArray *split_hints(const char *text) {
    GPtrArray *hints = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *hint = NULL;
    for (int i = 0; lines[i] != NULL; i++) {
        bool heading = g_str_has_prefix(lines[i], "## Hint");
        if (heading && hint != NULL)
            g_ptr_array_add(hints, g_strchomp(g_string_free(hint, FALSE)));
        if (heading)
            hint = g_string_new(NULL);
        else if (hint != NULL && (hint->len > 0 || *lines[i] != '\0'))
            g_string_append_printf(hint, "%s\n", lines[i]);
    }
    if (hint != NULL)
        g_ptr_array_add(hints, g_strchomp(g_string_free(hint, FALSE)));
    return hints;
}

static void print_hint(const struct cmd_context *context,
                       const GPtrArray *hints, int index) {
    fprintf(context->out, "Hint %d of %u\n\n%s\n", index + 1, hints->len,
            (const char *)hints->pdata[index]);
}

static int print_next(const struct cmd_context *context,
                      const struct exercise *exercise,
                      const GPtrArray *hints) {
    int shown = progress_hints(context->book, exercise);
    if (shown < 0 || shown >= (int)hints->len) {
        fprintf(context->out,
                "You have seen all %u hints of %s.\n"
                "Again:     make hint EX=%s ARGS=--all\n"
                "Explained: %s\n",
                hints->len, exercise->id, exercise->id,
                exercise->solution_text);
        return EXIT_OK;
    }
    print_hint(context, hints, shown);
    g_autoptr(GError) error = NULL;
    if (!progress_save_hints(context->book, exercise, shown + 1, &error))
        return cmd_trouble(error);
    return EXIT_OK;
}

static int run(struct cmd_context *context, int argc, char **argv) {
    gboolean all = FALSE;
    const GOptionEntry entries[] = {
        {"all", 0, 0, G_OPTION_ARG_NONE, &all, "every hint at once", NULL},
        {0},
    };
    if (!cmd_parse(context, &cmd_hint, &argc, &argv, entries))
        return EXIT_USAGE;
    const struct exercise *exercise =
        cmd_only_exercise(&cmd_hint, context->book, argc, argv);
    if (exercise == NULL)
        return EXIT_USAGE;
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(exercise->hints, &text, NULL, &error))
        return cmd_trouble(error);
    g_autoptr(GPtrArray) hints = split_hints(text);
    if (!all)
        return print_next(context, exercise, hints);
    for (guint i = 0; i < hints->len; i++) {
        fputs(i > 0 ? "\n" : "", context->out);
        print_hint(context, hints, (int)i);
    }
    return EXIT_OK;
}

const struct command cmd_hint = {
    .name = "hint",
    .usage = "ID",
    .summary = "gives the next hint for an exercise",
    .run = run,
};
