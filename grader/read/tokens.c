// SPDX-License-Identifier: MIT
#include "read/tokens.h"

#include <stdlib.h>
#include <string.h>

#include "read/text.h"

enum { MOST_TOKENS = 400000, MOST_FILES = 2000 };

struct scan {
    struct token_list *list;
    const char *at;
    const char *file; // in list->files
    int line;
    const char *answer;
    int answer_line; // the last line seen of the answer
};

static void token_clear(struct token *token) {
    g_free(token->text);
}

void token_list_free(struct token_list *list) {
    if (list == NULL)
        return;
    g_array_unref(list->tokens);
    g_ptr_array_unref(list->files);
    g_array_unref(list->entered);
    g_free(list);
}

static void add(struct scan *scan, enum token_type type, const char *start,
                const char *end) {
    struct token token = {type,
                          type == TOKEN_TEXT
                              ? g_strdup("\"")
                              : g_strndup(start, (size_t)(end - start)),
                          scan->file, scan->line};
    g_array_append_val(scan->list->tokens, token);
}

static const char *know_file(struct scan *scan, char *name) {
    GPtrArray *files = scan->list->files;
    guint index;
    if (g_ptr_array_find_with_equal_func(files, name, g_str_equal, &index)) {
        g_free(name);
        return files->pdata[index];
    }
    g_ptr_array_add(files, name);
    g_array_append_val(scan->list->entered, scan->answer_line);
    return name;
}

// "# 12 "file" flags" at scan->at, which stands behind the '#'.
static bool take_marker(struct scan *scan, const char *end) {
    const char *at = scan->at;
    while (*at == ' ')
        at++;
    char *rest;
    long line = strtol(at, &rest, 10);
    if (rest == at || g_ascii_isspace(*at))
        return false;
    const char *open = memchr(rest, '"', (size_t)(end - rest));
    const char *close =
        open == NULL ? NULL : memchr(open + 1, '"', (size_t)(end - open - 1));
    if (close != NULL && scan->list->files->len < MOST_FILES) {
        g_autofree char *raw = g_strndup(open + 1, (size_t)(close - open - 1));
        scan->file = know_file(scan, text_printable(raw, 400));
    } else if (close != NULL) {
        scan->file = scan->list->files->pdata[0]; // too many: nothing is hidden
    }
    scan->line = line < 1 || line > 9999999 ? 1 : (int)line;
    return true;
}

// A line that starts with '#'. A marker sets the line of the next one.
static void take_directive(struct scan *scan) {
    const char *end = scan->at + strcspn(scan->at, "\n");
    scan->at++;
    if (take_marker(scan, end)) {
        scan->at = *end == '\n' ? end + 1 : end;
        return;
    }
    while (*scan->at == ' ' || *scan->at == '\t')
        scan->at++;
    const char *pragma = text_after(scan->at, "pragma");
    if (pragma != NULL && pragma <= end)
        add(scan, TOKEN_PRAGMA, pragma + strspn(pragma, " "), end);
    scan->at = end;
}

static void take_quoted(struct scan *scan) {
    char quote = *scan->at;
    const char *start = scan->at++;
    while (*scan->at != '\0' && *scan->at != '\n' && *scan->at != quote)
        scan->at += *scan->at == '\\' && scan->at[1] != '\0' ? 2 : 1;
    if (*scan->at == quote)
        scan->at++;
    add(scan, TOKEN_TEXT, start, scan->at);
}

static bool is_word(char letter) {
    return g_ascii_isalnum(letter) || letter == '_' || letter == '$' ||
           (letter & 0x80) != 0;
}

static void take_word(struct scan *scan) {
    const char *start = scan->at;
    bool number = g_ascii_isdigit(*start);
    while (is_word(*scan->at) || (number && *scan->at == '.'))
        scan->at++;
    add(scan, number ? TOKEN_NUMBER : TOKEN_WORD, start, scan->at);
}

static void take(struct scan *scan, bool *line_starts) {
    char letter = *scan->at;
    if (scan->file != NULL && g_str_equal(scan->file, scan->answer))
        scan->answer_line = scan->line;
    if (letter == '\n') {
        scan->line++;
        scan->at++;
        *line_starts = true;
        return;
    }
    bool first = *line_starts;
    if (letter == ' ' || letter == '\t' || letter == '\r' || letter == '\f' ||
        letter == '\v') {
        scan->at++;
        return;
    }
    *line_starts = false;
    if (letter == '#' && first) {
        take_directive(scan);
        *line_starts = true;
    } else if (letter == '"' || letter == '\'') {
        take_quoted(scan);
    } else if (is_word(letter)) {
        take_word(scan);
    } else {
        add(scan, TOKEN_SIGN, scan->at, scan->at + 1);
        scan->at++;
    }
}

struct token_list *token_list_new(const char *text, const char *answer) {
    struct token_list *list = g_new0(struct token_list, 1);
    list->tokens = g_array_new(FALSE, FALSE, sizeof(struct token));
    g_array_set_clear_func(list->tokens, (GDestroyNotify)token_clear);
    list->files = g_ptr_array_new_with_free_func(g_free);
    list->entered = g_array_new(FALSE, FALSE, sizeof(int));
    struct scan scan = {.list = list, .at = text, .line = 1, .answer = answer};
    scan.file = know_file(&scan, g_strdup(answer));
    bool line_starts = true;
    while (*scan.at != '\0' && list->tokens->len < MOST_TOKENS)
        take(&scan, &line_starts);
    return list;
}
