// SPDX-License-Identifier: MIT
#include "cmd/cmd.h"
#include "model/finding.h"

static int list_kinds(const struct cmd_context *context) {
    fputs("Kinds of findings; lockstep explain KIND says more:\n\n",
          context->out);
    for (int i = 0; i < FINDING_KIND_COUNT; i++)
        fprintf(context->out, "  %s\n",
                finding_kind_name((enum finding_kind)i));
    return EXIT_OK;
}

static int run(struct cmd_context *context, int argc, char **argv) {
    if (!cmd_parse(context, &cmd_explain, &argc, &argv, NULL))
        return EXIT_USAGE;
    if (argc == 1)
        return list_kinds(context);
    enum finding_kind kind = FINDING_ADVICE;
    if (argc > 2 || !finding_kind_from_name(argv[1], &kind))
        return cmd_usage(&cmd_explain,
                         "'%s' is no kind of finding; call it without an "
                         "argument to see them all",
                         argv[argc > 2 ? 2 : 1]);
    g_autofree char *path =
        g_strdup_printf("docs/findings/%s.md", finding_kind_name(kind));
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(path, &text, NULL, &error))
        return cmd_trouble(error);
    fputs(text, context->out);
    return EXIT_OK;
}

const struct command cmd_explain = {
    .name = "explain",
    .usage = "[KIND]",
    .summary = "explains a kind of finding: data-race, lost-wakeup …",
    .run = run,
};
