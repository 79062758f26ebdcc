// SPDX-License-Identifier: MIT
#include <errno.h>
#include <glib/gstdio.h>

#include "cmd/cmd.h"

// A name beside PATH that is not taken: "x.c.bak-20260131-235959".
static char *backup_name(const char *path) {
    g_autoptr(GDateTime) now = g_date_time_new_now_local();
    g_autofree char *stamp = g_date_time_format(now, "%Y%m%d-%H%M%S");
    char *name = g_strdup_printf("%s.bak-%s", path, stamp);
    for (int i = 2; g_file_test(name, G_FILE_TEST_EXISTS); i++) {
        g_free(name);
        name = g_strdup_printf("%s.bak-%s-%d", path, stamp, i);
    }
    return name;
}

static bool same_text(const char *path, const char *text, gsize length) {
    g_autofree char *now = NULL;
    gsize now_length = 0;
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
        !g_file_get_contents(path, &now, &now_length, NULL))
        return false;
    g_autoptr(GBytes) left = g_bytes_new_static(now, now_length);
    g_autoptr(GBytes) right = g_bytes_new_static(text, length);
    return g_bytes_equal(left, right);
}

// Moves PATH out of the way, whatever it is (even a broken link), and tells.
static bool keep_copy(const struct cmd_context *context, const char *path,
                      GError **error) {
    if (!g_file_test(path, G_FILE_TEST_EXISTS) &&
        !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
        return true;
    g_autofree char *backup = backup_name(path);
    if (g_rename(path, backup) != 0) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno),
                    "rename '%s' to '%s': %s", path, backup,
                    g_strerror(errno));
        return false;
    }
    fprintf(context->out, "kept   %s\n", backup);
    return true;
}

static bool restore(const struct cmd_context *context, const char *pristine,
                    const char *path, GError **error) {
    g_autofree char *text = NULL;
    gsize length = 0;
    if (!g_file_get_contents(pristine, &text, &length, error))
        return false;
    if (same_text(path, text, length))
        return true;
    if (!keep_copy(context, path, error) ||
        !g_file_set_contents(path, text, (gssize)length, error))
        return false;
    fprintf(context->out, "reset  %s\n", path);
    return true;
}

static int run(struct cmd_context *context, int argc, char **argv) {
    if (!cmd_parse(context, &cmd_reset, &argc, &argv, NULL))
        return EXIT_USAGE;
    const struct exercise *exercise =
        cmd_only_exercise(&cmd_reset, context->book, argc, argv);
    if (exercise == NULL)
        return EXIT_USAGE;
    g_autoptr(GError) error = NULL;
    if (!restore(context, exercise->stub, exercise->answer, &error) ||
        !restore(context, exercise->header, exercise->visible_header, &error))
        return cmd_trouble(error);
    fprintf(context->out, "%s is as it was at the start.\n", exercise->id);
    return EXIT_OK;
}

const struct command cmd_reset = {
    .name = "reset",
    .usage = "ID",
    .summary = "starts an exercise anew; a copy of your file is kept",
    .run = run,
};
