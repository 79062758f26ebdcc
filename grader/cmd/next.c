// SPDX-License-Identifier: MIT
#include "book/progress.h"
#include "cmd/cmd.h"

static void print_needs(const struct cmd_context *context,
                        const struct exercise *exercise) {
    for (int i = 0; exercise->needs[i] != NULL; i++) {
        const struct exercise *need =
            book_find(context->book, exercise->needs[i]);
        if (progress_state(context->book, need) != PROGRESS_PASSED)
            fprintf(context->out, "First do:  %s, which it builds on\n",
                    need->id);
    }
}

static int run(struct cmd_context *context, int argc, char **argv) {
    if (!cmd_parse(context, &cmd_next, &argc, &argv, NULL))
        return EXIT_USAGE;
    if (argc > 1)
        return cmd_usage(&cmd_next, "it takes no arguments");
    const struct exercise *exercise = progress_next(context->book);
    if (exercise == NULL) {
        fputs("Every exercise is solved.\n", context->out);
        return EXIT_OK;
    }
    enum progress_state state = progress_state(context->book, exercise);
    fprintf(context->out, "%d.%d  %s (%s)\n\n", exercise->chapter->number,
            exercise->number, exercise->title, progress_state_name(state));
    print_needs(context, exercise);
    fprintf(context->out,
            "Read:      exercises/%s/README.md\n"
            "Task:      %s\n"
            "Contract:  %s\n"
            "Edit:      %s\n"
            "Then:      make %s EX=%s\n",
            exercise->chapter->folder, exercise->task,
            exercise->visible_header, exercise->answer,
            state == PROGRESS_MISSING ? "reset" : "grade", exercise->id);
    return EXIT_OK;
}

const struct command cmd_next = {
    .name = "next",
    .usage = "",
    .summary = "names the exercise to do next, and its files",
    .run = run,
};
