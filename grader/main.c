// SPDX-License-Identifier: MIT
// The program `lockstep`: finds the command, loads the book, runs the one with
// the other. Everything else is in cmd/.

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <unistd.h>

#include "book/book.h"
#include "cmd/cmd.h"

#define VERSION "0.1.0"

static void print_help(FILE *out) {
    fputs("usage: lockstep COMMAND [ARGUMENT …]\n\n", out);
    for (int i = 0; commands[i] != NULL; i++)
        fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\nlockstep COMMAND --help says more. Exit status: 0 nothing failed, "
          "1 an answer\nfailed, 2 wrong usage, 3 the grader's own trouble.\n",
          out);
}

static const struct command *find_command(const char *name) {
    for (int i = 0; commands[i] != NULL; i++)
        if (g_str_equal(commands[i]->name, name))
            return commands[i];
    return NULL;
}

// Goes to the root of the workbook, so that its relative paths work.
static struct book *enter_book(const char *start, GError **error) {
    g_autofree char *root = book_find_root(start, error);
    if (root == NULL)
        return NULL;
    if (chdir(root) != 0) {
        g_set_error(error, BOOK_ERROR, BOOK_ERROR_READ, "enter '%s': %s", root,
                    g_strerror(errno));
        return NULL;
    }
    return book_load(root, error);
}

static int run_command(const struct command *command, int argc, char **argv) {
    g_autoptr(GError) error = NULL;
    g_autofree char *start = g_get_current_dir();
    g_autoptr(book_auto) book =
        command->anywhere ? NULL : enter_book(start, &error);
    if (book == NULL && !command->anywhere)
        return cmd_trouble(error);
    struct cmd_context context = {
        .book = book, .out = stdout, .came_from = start};
    int status = command->run(&context, argc, argv);
    // A full disk behind stdout must not look like success.
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "lockstep: write to standard output: %s\n",
            g_strerror(errno));
    return EXIT_TROUBLE;
}

int main(int argc, char **argv) {
    setlocale(LC_CTYPE, "");
    const char *word = argc > 1 ? argv[1] : "";
    if (g_str_equal(word, "--version")) {
        puts("lockstep " VERSION);
        return EXIT_OK;
    }
    if (g_str_equal(word, "--help") || g_str_equal(word, "-h") ||
        g_str_equal(word, "help")) {
        print_help(stdout);
        return EXIT_OK;
    }
    const struct command *command = find_command(word);
    if (command != NULL)
        return run_command(command, argc - 1, argv + 1);
    if (*word != '\0')
        fprintf(stderr, "lockstep: there is no command '%s'\n\n", word);
    print_help(stderr);
    return EXIT_USAGE;
}
