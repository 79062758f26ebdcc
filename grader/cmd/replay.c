// SPDX-License-Identifier: MIT
// Steps through a trace that `lockstep explore --trace` has written.
#include "cmd/cmd.h"
#include "read/trace_lines.h"
#include "report/exploration.h"
#include "report/stepper.h"
#include "report/style.h"

enum { TRACE_BYTES_MOST = 64 << 20 };

// The traces in the file PATH, or NULL after a complaint.
static GPtrArray *read_traces(const char *path) {
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    gsize length;
    if (!g_file_get_contents(path, &text, &length, &error)) {
        cmd_usage(&cmd_replay, "%s", error->message);
        return NULL;
    }
    g_autoptr(GPtrArray) traces =
        length > TRACE_BYTES_MOST ? g_ptr_array_new() : trace_lines_read(text);
    if (traces->len > 0)
        return g_steal_pointer(&traces);
    cmd_usage(&cmd_replay,
              "'%s' is no trace: lockstep explore --trace FILE writes one, and "
              "so does make grade for an answer that fails in its schedules",
              path);
    return NULL;
}

static int run(struct cmd_context *context, int argc, char **argv) {
    gboolean plain = FALSE;
    const GOptionEntry entries[] = {
        {"plain", 0, 0, G_OPTION_ARG_NONE, &plain,
         "print all steps, even on a terminal", NULL},
        {0},
    };
    if (!cmd_parse(context, &cmd_replay, &argc, &argv, entries))
        return EXIT_USAGE;
    if (argc != 2)
        return cmd_usage(&cmd_replay, "name one trace");
    g_autoptr(GPtrArray) traces = read_traces(argv[1]);
    if (traces == NULL)
        return EXIT_USAGE;
    const struct trace *trace = exploration_main(traces);
    struct style style;
    style_init(&style, context->out,
               context->color == 1 ? STYLE_COLOUR_ALWAYS : STYLE_COLOUR_NEVER);
    if (!plain && stepper_run(stdin, context->out, &style, trace))
        return EXIT_OK;
    g_autoptr(GString) text = g_string_new(NULL);
    stepper_write(text, &style, trace);
    fputs(text->str, context->out);
    return EXIT_OK;
}

const struct command cmd_replay = {
    .name = "replay",
    .usage = "[--plain] TRACE",
    .summary = "steps through a failing schedule",
    .run = run,
    .anywhere = true,
};
