// SPDX-License-Identifier: MIT
#include "report/text.h"

#include <string.h>

#define TAB_STOP 4

int text_columns(const char *text) {
    int columns = 0;
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        columns += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
    }
    return columns;
}

// Characters that are drawn as nothing, or change the order of those around
// them: with them, source text can look like other source text.
static bool is_deceptive(gunichar c) {
    GUnicodeType type = g_unichar_type(c);
    return type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT ||
           type == G_UNICODE_LINE_SEPARATOR ||
           type == G_UNICODE_PARAGRAPH_SEPARATOR ||
           type == G_UNICODE_SURROGATE || type == G_UNICODE_UNASSIGNED ||
           type == G_UNICODE_PRIVATE_USE;
}

static void append_character(const struct style *style, GString *out,
                             gunichar c, int column) {
    if (c == '\t') {
        for (int i = column % TAB_STOP; i < TAB_STOP; i++)
            g_string_append_c(out, ' ');
    } else if (c == '\n') {
        g_string_append_c(out, '\n');
    } else if (c < 0x20 || c == 0x7f) {
        g_string_append_printf(out, "^%c", (char)(c ^ 0x40));
    } else if (c < 0x7f) {
        g_string_append_c(out, (char)c);
    } else if (is_deceptive(c)) {
        g_string_append_printf(out, "<U+%04X>", c);
    } else if (!style->unicode) {
        g_string_append_c(out, '?');
    } else {
        g_string_append_unichar(out, c);
    }
}

char *text_clean_part(const struct style *style, const char *text,
                      gsize length) {
    GString *out = g_string_sized_new(length + 1);
    int column = 0;
    for (gsize i = 0; i < length;) {
        gsize before = out->len;
        gunichar c = g_utf8_get_char_validated(text + i, (gssize)(length - i));
        bool is_text = text[i] != '\0' && c < 0x110000;
        bool return_newline =
            c == '\r' && i + 1 < length && text[i + 1] == '\n';
        if (!is_text)
            g_string_append_printf(out, "\\x%02x", (guchar)text[i]);
        else if (!return_newline)
            append_character(style, out, c, column);
        column = c == '\n' ? 0 : column + text_columns(out->str + before);
        i += is_text ? (gsize)g_utf8_skip[(guchar)text[i]] : 1;
    }
    return g_string_free(out, FALSE);
}

char *text_clean(const struct style *style, const char *text) {
    return text_clean_part(style, text, strlen(text));
}

char *text_slice(const char *text, int first, int columns) {
    GString *out = g_string_new(NULL);
    int column = 0;
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        int width = g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
        if (column >= first && column + width <= first + columns)
            g_string_append_unichar(out, c);
        column += width;
    }
    return g_string_free(out, FALSE);
}

char *text_cut(const struct style *style, const char *text, int columns) {
    g_autofree char *flat = g_strdup(text);
    g_strchomp(flat);
    g_strdelimit(flat, "\n", ' ');
    if (text_columns(flat) <= columns)
        return g_steal_pointer(&flat);
    const char *more = style->unicode ? "…" : "...";
    g_autofree char *kept = text_slice(flat, 0, columns - text_columns(more));
    g_strchomp(kept);
    return g_strconcat(kept, more, NULL);
}

// How many bytes of TEXT go on the next line: as many words as fit, else as
// many characters as fit, and always one at least.
static gsize line_length(const char *text, int columns) {
    int column = 0;
    const char *blank = NULL;
    const char *p = text;
    bool word_seen = false;
    for (; *p != '\0'; p = g_utf8_next_char(p)) {
        if (*p == ' ' && word_seen)
            blank = p;
        if (*p != ' ')
            word_seen = true;
        gunichar c = g_utf8_get_char(p);
        column += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
        if (column > columns)
            break;
    }
    if (*p == '\0')
        return (gsize)(p - text);
    if (blank != NULL)
        return (gsize)(blank - text);
    return (gsize)((p > text ? p : g_utf8_next_char(p)) - text);
}

GPtrArray *text_wrap(const char *text, int columns) {
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) paragraphs = g_strsplit(text, "\n", -1);
    for (int i = 0; paragraphs[i] != NULL; i++) {
        const char *rest = g_strchomp(paragraphs[i]);
        do {
            gsize length = line_length(rest, MAX(columns, 1));
            g_ptr_array_add(lines, g_strndup(rest, length));
            rest += length;
            rest += strspn(rest, " ");
        } while (*rest != '\0');
    }
    return lines;
}
