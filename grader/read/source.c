// SPDX-License-Identifier: MIT
#include "read/source.h"

#include <string.h>

enum { MOST_EXPRESSION = 80, MOST_CALL = 600 };

// Where line LINE starts, or NULL.
static const char *find_line(const char *source, int line) {
    const char *at = source;
    for (int i = 1; i < line && at != NULL; i++) {
        at = strchr(at, '\n');
        if (at != NULL)
            at++;
    }
    return line < 1 || at == NULL || *at == '\0' ? NULL : at;
}

static bool is_word(char letter) {
    return g_ascii_isalnum(letter) || letter == '_';
}

char *source_line(const char *source, int line) {
    const char *at = find_line(source, line);
    if (at == NULL)
        return NULL;
    return g_strstrip(g_strndup(at, strcspn(at, "\n")));
}

// --- An lvalue around a position ---------------------------------------------

// The start of the postfix expression that ends before END in START…: words,
// "->", ".", and whatever stands in brackets. A unary * or & does not belong to
// it, nor does a call.
static const char *expand_left(const char *start, const char *end) {
    const char *at = end;
    while (at > start) {
        char last = at[-1];
        if (is_word(last)) {
            while (at > start && is_word(at[-1]))
                at--;
        } else if (last == ']') {
            int depth = 0;
            do {
                at--;
                depth += *at == ']' ? 1 : *at == '[' ? -1 : 0;
            } while (at > start && depth > 0);
            continue;
        }
        if (at > start && at[-1] == '.')
            at--;
        else if (at - start >= 2 && at[-1] == '>' && at[-2] == '-')
            at -= 2;
        else
            break;
    }
    return at;
}

static const char *skip_index(const char *at) {
    int depth = 0;
    do {
        depth += *at == '[' ? 1 : *at == ']' ? -1 : 0;
        at++;
    } while (*at != '\0' && *at != '\n' && depth > 0);
    return at;
}

// The end of the postfix expression whose name begins at AT. The compiler gives
// a member's access the member's name, which ends it; an element's access the
// first token of the whole: so what follows belongs to it as far as the last
// "[…]", and a member behind that.
static const char *expand_right(const char *at) {
    while (is_word(*at))
        at++;
    const char *end = at;
    for (;;) {
        if (*at == '[') {
            at = end = skip_index(at);
            continue;
        }
        size_t sign = *at == '.' ? 1 : g_str_has_prefix(at, "->") ? 2 : 0;
        if (sign == 0 || !is_word(at[sign]))
            return end;
        bool behind_index = at == end && at[-1] == ']' && sign == 1;
        for (at += sign; is_word(*at);)
            at++;
        if (behind_index)
            end = at;
    }
}

// A copy of START..END if it can be an lvalue.
static char *take(const char *start, const char *end) {
    if (end <= start || end - start > MOST_EXPRESSION ||
        !(g_ascii_isalpha(*start) || *start == '_') || *end == '(')
        return NULL;
    return g_strndup(start, (size_t)(end - start));
}

// The lvalue that ends before the operator at AT, blanks between.
static char *left_of(const char *line, const char *at) {
    const char *end = at;
    while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    const char *start = expand_left(line, end);
    g_autofree char *found = take(start, end);
    if (found == NULL)
        return NULL;
    bool is_pointed = start > line && start[-1] == '*' &&
                      (start - 1 == line || strchr(" \t({;", start[-2]));
    return g_strdup_printf("%s%s", is_pointed ? "*" : "", found);
}

static bool is_assignment(const char *at) {
    static const char *const operators[] = {
        "<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^="};
    for (guint i = 0; i < G_N_ELEMENTS(operators); i++)
        if (g_str_has_prefix(at, operators[i]))
            return true;
    return *at == '=' && at[1] != '=';
}

static bool is_step(const char *at) {
    return g_str_has_prefix(at, "++") || g_str_has_prefix(at, "--");
}

static char *step_target(const char *line, const char *at) {
    const char *next = at + 2;
    if (is_word(*next)) { // ++n: the whole chain of members
        const char *end = next;
        for (;;) {
            end = expand_right(end);
            if (g_str_has_prefix(end, "->") && is_word(end[2]))
                end += 2;
            else if (*end == '.' && is_word(end[1]))
                end++;
            else
                return take(next, end);
        }
    }
    return left_of(line, at);
}

// The target of the first assignment or step on the line, for a write whose
// column the optimiser has lost.
static char *first_target(const char *line) {
    for (const char *at = line; *at != '\0' && *at != '\n'; at++) {
        if (is_step(at))
            return step_target(line, at);
        bool compares = at > line && strchr("=!<>", at[-1]) != NULL;
        if (is_assignment(at) && !compares)
            return left_of(line, at);
    }
    return NULL;
}

char *source_variable(const char *source, int line, int column, bool is_write) {
    const char *start = find_line(source, line);
    if (start == NULL)
        return NULL;
    size_t length = strcspn(start, "\n");
    if (column < 1 || (size_t)column > length)
        return is_write ? first_target(start) : NULL;
    const char *at = start + column - 1;
    if (is_step(at))
        return step_target(start, at);
    if (is_assignment(at))
        return left_of(start, at);
    if (*at == '*' && is_word(at[1])) { // *p: the thing pointed to
        const char *end = expand_right(at + 1);
        g_autofree char *pointer = take(at + 1, end);
        return pointer == NULL ? NULL : g_strdup_printf("*%s", pointer);
    }
    if (!is_word(*at))
        return NULL;
    return take(expand_left(start, at), expand_right(at));
}

// --- Calls -------------------------------------------------------------------

// The '(' of the call whose function's name contains NAME, from AT to the end
// of the line, or NULL.
static const char *find_call(const char *at, const char *name) {
    for (; *at != '\0' && *at != '\n'; at++) {
        if (!is_word(*at))
            continue;
        const char *end = at;
        while (is_word(*end))
            end++;
        const char *open = end;
        while (*open == ' ')
            open++;
        g_autofree char *word = g_strndup(at, (size_t)(end - at));
        if (*open == '(' && strstr(word, name) != NULL)
            return open;
        at = end - 1;
    }
    return NULL;
}

static char *tidy(const char *start, const char *end) {
    g_autofree char *raw = g_strndup(start, (size_t)(end - start));
    for (char *at = raw; *at != '\0'; at++)
        if (g_ascii_iscntrl(*at))
            *at = ' ';
    g_strstrip(raw);
    const char *cast = raw[0] == '(' ? strchr(raw, ')') : NULL;
    const char *text =
        cast != NULL && strstr(raw, "*)") + 1 == cast ? cast + 1 : raw;
    while (*text == ' ')
        text++;
    text += *text == '&' ? 1 : 0;
    size_t length = strlen(text);
    if (length == 0 || length > MOST_EXPRESSION)
        return NULL;
    if (text != raw && text[0] == '(' && text[length - 1] == ')' &&
        text[-1] == '&')
        return g_strndup(text + 1, length - 2);
    return g_strdup(text);
}

// Argument INDEX of the call whose '(' stands at OPEN.
static char *argument_of(const char *open, int index) {
    const char *start = open + 1;
    int depth = 0;
    for (const char *at = open; *at != '\0' && at - open < MOST_CALL; at++) {
        if (strchr("([{", *at) != NULL)
            depth++;
        bool closes = strchr(")]}", *at) != NULL;
        if ((closes && depth == 1) || (*at == ',' && depth == 1)) {
            if (index == 0)
                return tidy(start, at);
            if (closes)
                return NULL;
            index--;
            start = at + 1;
        }
        depth -= closes ? 1 : 0;
    }
    return NULL;
}

char *source_argument(const char *source, int line, int column,
                      const char *name, int index) {
    const char *start = find_line(source, line);
    if (start == NULL)
        return NULL;
    size_t length = strcspn(start, "\n");
    const char *open = NULL;
    if (column > 0 && (size_t)column <= length)
        open = find_call(start + column - 1, name);
    if (open == NULL)
        open = find_call(start, name);
    return open == NULL ? NULL : argument_of(open, index);
}

char *source_callee(const char *source, int line, int column) {
    const char *start = find_line(source, line);
    if (start == NULL)
        return NULL;
    size_t length = strcspn(start, "\n");
    if (column > 0 && (size_t)column <= length)
        start += column - 1;
    const char *open = find_call(start, "");
    if (open == NULL)
        return NULL;
    const char *end = open;
    while (end > start && !is_word(end[-1]))
        end--;
    const char *begin = end;
    while (begin > start && is_word(begin[-1]))
        begin--;
    return g_strndup(begin, (size_t)(end - begin));
}

bool source_mentions(const char *source, int first, int last,
                     const char *word) {
    for (int line = first < 1 ? 1 : first; line <= last; line++) {
        g_autofree char *text = source_line(source, line);
        if (text != NULL && strstr(text, word) != NULL)
            return true;
    }
    return false;
}
