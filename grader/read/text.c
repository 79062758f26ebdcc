// SPDX-License-Identifier: MIT
#include "read/text.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_LINES = 200000 };

static char *clean(const char *text, size_t most, bool keep_newlines) {
    size_t length = strnlen(text, most);
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)length);
    GString *result = g_string_new(NULL);
    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar letter = g_utf8_get_char(at);
        if (letter == '\n' && keep_newlines)
            g_string_append_c(result, '\n');
        else if (letter == '\t')
            g_string_append_c(result, ' ');
        else if (g_unichar_iscntrl(letter) ||
                 g_unichar_type(letter) == G_UNICODE_FORMAT)
            g_string_append_c(result, '?');
        else
            g_string_append_unichar(result, letter);
    }
    if (text[length] != '\0')
        g_string_append(result, "…");
    return g_string_free(result, FALSE);
}

char *text_printable(const char *text, size_t most) {
    return clean(text, most, false);
}

char *text_evidence(const char *text, size_t most) {
    return clean(text, most, true);
}

GStrv text_lines(const char *text) {
    return g_strsplit(text, "\n", MOST_LINES);
}

guint text_block_end(GStrv lines, guint start, bool (*starts)(const char *)) {
    guint end = start + 1;
    while (lines[start] != NULL && lines[end] != NULL && !starts(lines[end]))
        end++;
    return end;
}

char *text_join(GStrv lines, guint start, guint end) {
    GString *result = g_string_new(NULL);
    for (guint i = start; i < end && lines[i] != NULL; i++)
        g_string_append_printf(result, "%s\n", lines[i]);
    return g_string_free(result, FALSE);
}

const char *text_after(const char *line, const char *prefix) {
    size_t length = strlen(prefix);
    return strncmp(line, prefix, length) == 0 ? line + length : NULL;
}

char *text_count(long count, const char *noun) {
    return g_strdup_printf("%ld %s%s", count, noun, count == 1 ? "" : "s");
}

char *text_function(const char *name) {
    static const char *const prefixes[] = {"__interceptor_", "__asan_", "lk_",
                                           "___interceptor_"};
    for (guint i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        const char *rest = text_after(name, prefixes[i]);
        if (rest != NULL)
            name = rest;
    }
    return g_strndup(name, strcspn(name, "@(. "));
}

char *text_take_sentence(char *message) {
    g_autofree char *taken = message;
    g_strstrip(taken);
    const char *article = g_str_has_prefix(taken, "main thread") ? "The " : "";
    if (*article == '\0')
        taken[0] = g_ascii_toupper(taken[0]);
    size_t length = strlen(taken);
    bool ends = length > 0 && strchr(".!?", taken[length - 1]) != NULL;
    return g_strdup_printf("%s%s%s", article, taken, ends ? "" : ".");
}
