// SPDX-License-Identifier: MIT
// Names everything in what a program under the explorer has written: a step of
// the schedules stage, run in the box, where nothing in the program's debug
// information can do harm.
#include "cmd/cmd.h"
#include "read/explored.h"
#include "report/trace_lines.h"

static int run(struct cmd_context *context, int argc, char **argv) {
    g_autoptr(GError) error = NULL;
    g_autofree char *lines = NULL;
    if (!cmd_parse(context, &cmd_name, &argc, &argv, NULL))
        return EXIT_USAGE;
    if (argc != 3)
        return cmd_usage(&cmd_name, "name the program and its lines");
    g_autoptr(debug_names_auto) names = debug_names_open(argv[1], &error);
    if (names == NULL || !g_file_get_contents(argv[2], &lines, NULL, &error))
        return cmd_trouble(error);
    g_autoptr(GPtrArray) traces = explored_read(lines, names, NULL);
    for (guint i = 0; i < traces->len; i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        trace_lines_write(text, traces->pdata[i]);
        fputs(text->str, context->out);
    }
    return EXIT_OK;
}

const struct command cmd_name = {
    .name = "name",
    .usage = "PROGRAM LINES",
    .summary = "names what a program under the explorer has written",
    .run = run,
    .anywhere = true,
};
