// SPDX-License-Identifier: MIT
#include "cmd/cmd.h"

#include "book/progress.h"
#include "report/map.h"

static enum map_state state_of(const struct book *book,
                               const struct exercise *exercise) {
    switch (progress_state(book, exercise)) {
    case PROGRESS_PASSED:
        return MAP_SOLVED;
    case PROGRESS_CHANGED:
    case PROGRESS_FAILED:
        return MAP_STARTED;
    default:
        return MAP_NOT_STARTED;
    }
}

void cmd_print_map(const struct cmd_context *context, int chapter) {
    g_autoptr(GArray) states =
        g_array_new(FALSE, FALSE, sizeof(enum map_state));
    for (guint c = 0; c < context->book->chapters->len; c++) {
        const struct chapter *of = context->book->chapters->pdata[c];
        for (guint e = 0; e < of->exercises->len; e++) {
            enum map_state state =
                state_of(context->book, of->exercises->pdata[e]);
            g_array_append_val(states, state);
        }
    }
    struct style style;
    style_init(&style, context->out,
               context->color ? STYLE_COLOUR_ALWAYS : STYLE_COLOUR_NEVER);
    g_autoptr(GString) map = g_string_new(NULL);
    map_write(map, &style, context->book, (const enum map_state *)states->data,
              chapter);
    fputs(map->str, context->out);
}

// The number of the chapter called NAME, "4", "04" or "04-thread-safety"; 0 if
// there is none.
static int chapter_number(const struct book *book, const char *name) {
    for (guint c = 0; c < book->chapters->len; c++) {
        const struct chapter *chapter = book->chapters->pdata[c];
        gint64 number = 0;
        bool same = g_ascii_string_to_signed(name, 10, 1, 99, &number, NULL) &&
                    number == chapter->number;
        if (same || g_str_equal(name, chapter->folder))
            return chapter->number;
    }
    return 0;
}

static int run(struct cmd_context *context, int argc, char **argv) {
    if (!cmd_parse(context, &cmd_list, &argc, &argv, NULL))
        return EXIT_USAGE;
    if (argc > 2)
        return cmd_usage(&cmd_list, "name one chapter, or none for all");
    int chapter = argc == 2 ? chapter_number(context->book, argv[1]) : 0;
    if (argc == 2 && chapter == 0)
        return cmd_usage(&cmd_list, "there is no chapter '%s'", argv[1]);
    cmd_print_map(context, chapter);
    return EXIT_OK;
}

const struct command cmd_list = {
    .name = "list",
    .usage = "[CHAPTER]",
    .summary = "shows the map of the workbook and where you stand",
    .run = run,
};
