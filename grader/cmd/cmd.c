// SPDX-License-Identifier: MIT
#include "cmd/cmd.h"

#include <stdlib.h>
#include <unistd.h>

const struct command *const commands[] = {
    &cmd_grade,   &cmd_list,    &cmd_next,   &cmd_hint,
    &cmd_reset,   &cmd_explain, &cmd_doctor, &cmd_verify,
    &cmd_explore, &cmd_replay,  &cmd_name,   NULL,
};

static bool set_color(struct cmd_context *context, const char *choice) {
    const char *no_color = g_getenv("NO_COLOR");
    if (g_strcmp0(choice, "always") == 0)
        context->color = 1;
    else if (g_strcmp0(choice, "never") == 0)
        context->color = 0;
    else if (choice == NULL || g_str_equal(choice, "auto"))
        context->color = isatty(fileno(context->out)) == 1 &&
                         (no_color == NULL || *no_color == '\0');
    else
        return false;
    return true;
}

bool cmd_parse(struct cmd_context *context, const struct command *command,
               int *argc, char ***argv, const GOptionEntry *entries) {
    g_autofree char *color = NULL;
    const GOptionEntry shared[] = {
        {"color", 0, 0, G_OPTION_ARG_STRING, &color, "auto, always or never",
         "WHEN"},
        {0},
    };
    g_autofree char *usage =
        g_strdup_printf("%s - %s", command->usage, command->summary);
    g_autoptr(GOptionContext) options = g_option_context_new(usage);
    g_autofree char *name = g_strdup_printf("lockstep %s", command->name);
    g_set_prgname(name);
    if (entries != NULL)
        g_option_context_add_main_entries(options, entries, NULL);
    g_option_context_add_main_entries(options, shared, NULL);
    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(options, argc, argv, &error)) {
        cmd_usage(command, "%s", error->message);
        return false;
    }
    if (set_color(context, color))
        return true;
    cmd_usage(command, "--color %s: auto, always or never is allowed", color);
    return false;
}

int cmd_usage(const struct command *command, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    fprintf(stderr, "lockstep %s: %s\nusage: lockstep %s %s\n", command->name,
            what, command->name, command->usage);
    return EXIT_USAGE;
}

int cmd_trouble(const GError *error) {
    fprintf(stderr, "lockstep: %s\n", error->message);
    return EXIT_TROUBLE;
}

static char *all_ids(const struct book *book) {
    GString *ids = g_string_new(NULL);
    for (guint c = 0; c < book->chapters->len; c++) {
        const struct chapter *chapter = book->chapters->pdata[c];
        for (guint e = 0; e < chapter->exercises->len; e++) {
            const struct exercise *exercise = chapter->exercises->pdata[e];
            g_string_append_printf(ids, "%s%s", ids->len > 0 ? ", " : "",
                                   exercise->id);
        }
    }
    return g_string_free(ids, FALSE);
}

const struct exercise *cmd_find(const struct command *command,
                                const struct book *book, const char *id) {
    const struct exercise *exercise = book_find(book, id);
    if (exercise != NULL)
        return exercise;
    g_autofree char *ids = all_ids(book);
    cmd_usage(command, "there is no exercise '%s'; there are: %s", id, ids);
    return NULL;
}

const struct exercise *cmd_only_exercise(const struct command *command,
                                         const struct book *book, int argc,
                                         char **argv) {
    if (argc == 2)
        return cmd_find(command, book, argv[1]);
    g_autofree char *ids = all_ids(book);
    cmd_usage(command, "name one exercise (make %s EX=id); there are: %s",
              command->name, ids);
    return NULL;
}
