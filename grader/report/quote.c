// SPDX-License-Identifier: MIT
#include "report/quote.h"

#include <stdlib.h>
#include <string.h>

#include "report/text.h"

#define GUTTER 7 // "  34 | "

// Bytes of a line that are looked at: a file without newlines is one line.
#define LINE_MOST 4096

// A part of a line, in bytes.
struct span {
    gsize start;
    gsize length;
};

static bool in_answer(const struct verdict *verdict,
                      const struct place *place) {
    g_autofree char *compiled_as =
        g_path_get_basename(verdict->exercise->answer);
    return place->file != NULL && g_str_equal(place->file, compiled_as);
}

// The line NUMBER (from 1) of TEXT without its end, or NULL.
static char *nth_line(const char *text, int number) {
    if (text == NULL || number < 1)
        return NULL;
    for (int i = 1; i < number; i++) {
        text = strchr(text, '\n');
        if (text == NULL)
            return NULL;
        text++;
    }
    if (*text == '\0')
        return NULL;
    const char *end = strchr(text, '\n');
    gsize length = end != NULL ? (gsize)(end - text) : strlen(text);
    char *line = g_strndup(text, MIN(length, LINE_MOST));
    return g_strchomp(line);
}

static bool is_word(char c) {
    return g_ascii_isalnum(c) || c == '_' || (c & 0x80) != 0;
}

// Finds EXPRESSION in LINE as whole words; the occurrence that holds COLUMN, or
// the nearest to it.
static bool find_expression(const char *line, const char *expression,
                            int column, struct span *span) {
    gsize length = strlen(expression);
    gsize wanted = column > 0 ? (gsize)column - 1 : 0;
    gsize best = G_MAXSIZE;
    for (const char *p = strstr(line, expression); p != NULL;
         p = strstr(p + 1, expression)) {
        bool cut_before = p > line && is_word(p[-1]) && is_word(p[0]);
        bool cut_after = is_word(p[length - 1]) && is_word(p[length]);
        gsize start = (gsize)(p - line);
        gsize distance = wanted < start ? start - wanted
                         : wanted < start + length
                             ? 0
                             : wanted - start - length + 1;
        if (!cut_before && !cut_after && distance < best) {
            best = distance;
            *span = (struct span){start, length};
        }
    }
    return best != G_MAXSIZE;
}

// From the bracket at P to behind the one that closes it, or 0 if none does.
static gsize bracket_length(const char *p) {
    int depth = 0;
    for (gsize i = 0; p[i] != '\0'; i++) {
        depth += p[i] == '(' || p[i] == '[';
        depth -= p[i] == ')' || p[i] == ']';
        if (depth == 0)
            return i + 1;
    }
    return 0;
}

// The length of the next part of an expression at P, 0 at its end. A bracket
// is one only behind a name (INSIDE).
static gsize part_length(const char *p, bool inside) {
    gsize word = 0;
    while (is_word(p[word]))
        word++;
    if (word > 0 || !inside)
        return word;
    if (*p == '(' || *p == '[')
        return bracket_length(p);
    if (*p == '.' && is_word(p[1]))
        return 1;
    return g_str_has_prefix(p, "->") && is_word(p[2]) ? 2 : 0;
}

// What begins at COLUMN: a name with its members, indices and arguments, or
// one character.
static struct span span_at(const char *line, int column) {
    gsize length = strlen(line);
    gsize start = MIN((gsize)column - 1, length > 0 ? length - 1 : 0);
    while (start > 0 && ((guchar)line[start] & 0xc0) == 0x80)
        start--;
    gsize end = start;
    for (gsize step = 1; step > 0; end += step)
        step = part_length(line + end, end > start);
    return (struct span){start, MAX(end - start, 1)};
}

static struct span whole_line(const char *line) {
    gsize start = strspn(line, " \t");
    return (struct span){start, strlen(line) - start};
}

static struct span find_span(const char *line, const struct place *place) {
    struct span span;
    const char *role = place->role != NULL ? place->role : "";
    g_auto(GStrv) parts = g_strsplit(role, "`", -1);
    for (guint i = 1; i + 1 < g_strv_length(parts); i += 2) {
        if (parts[i][0] != '\0' &&
            find_expression(line, parts[i], place->column, &span))
            return span;
    }
    if (place->column > 0 && (gsize)place->column <= strlen(line))
        return span_at(line, place->column);
    return whole_line(line);
}

// --- The lines --------------------------------------------------------------

static void add_source(GPtrArray *lines, const struct style *style,
                       const char *line, int number, int shift) {
    g_autofree char *clean = text_clean(style, line);
    g_autofree char *rest = text_slice(clean, shift, G_MAXINT / 2);
    g_autofree char *shown = text_cut(style, rest, style->width - GUTTER);
    char *row = g_strdup_printf("%4d | %s", number, shown);
    g_ptr_array_add(lines, g_strchomp(row));
}

// The marks with the role beside them, or below them where it does not fit.
// Marks get as short as LEAST to make room for it.
static void add_marks(GPtrArray *lines, const struct style *style, int column,
                      int columns, int least, const char *role) {
    int room = style->width - GUTTER;
    column = MIN(column, room - 1);
    columns = CLAMP(columns, 1, room - column);
    if (text_columns(role) > room - column - columns - 1)
        columns = MIN(columns, MAX(least, 1));
    g_autofree char *marks = g_strnfill((gsize)columns, '^');
    int beside = room - column - columns - 1;
    bool fits = text_columns(role) <= beside;
    GString *row = g_string_new(NULL);
    g_string_append_printf(row, "     | %*s", column, "");
    style_append(style, row, TONE_BAD, marks);
    if (fits && role[0] != '\0')
        g_string_append_printf(row, " %s", role);
    g_ptr_array_add(lines, g_string_free(row, FALSE));
    if (fits)
        return;
    int indent = MIN(column, MAX(0, room - text_columns(role)));
    g_autoptr(GPtrArray) wrapped = text_wrap(role, room - indent);
    for (guint i = 0; i < wrapped->len; i++)
        g_ptr_array_add(lines, g_strdup_printf("     | %*s%s", indent, "",
                                               (char *)wrapped->pdata[i]));
}

static void add_excerpt(GPtrArray *lines, const struct style *style,
                        const char *source, const struct place *place,
                        const char *role, bool around) {
    g_autofree char *line = nth_line(source, place->line);
    g_autofree char *before = nth_line(source, place->line - 1);
    g_autofree char *after = nth_line(source, place->line + 1);
    struct span span = find_span(line, place);
    g_autofree char *left = text_clean_part(style, line, span.start);
    g_autofree char *upto =
        text_clean_part(style, line, span.start + span.length);
    int column = text_columns(left);
    int columns = text_columns(upto) - column;
    // A line that is too long is shown from where its marks come into view.
    int shift = column + MIN(columns, 20) > style->width - GUTTER
                    ? MAX(0, column - 20)
                    : 0;
    if (around && before != NULL)
        add_source(lines, style, before, place->line - 1, shift);
    add_source(lines, style, line, place->line, shift);
    gsize name = 0;
    while (name < span.length && is_word(line[span.start + name]))
        name++;
    add_marks(lines, style, column - shift, columns, (int)name, role);
    if (around && after != NULL)
        add_source(lines, style, after, place->line + 1, shift);
}

// "exercises/…/bank_global.c:34:5", so that an editor can jump there.
// A place without its source takes the short name: the card has the long one.
static char *place_name(const struct style *style,
                        const struct verdict *verdict,
                        const struct place *place, bool brief) {
    const char *file = place->file != NULL ? place->file : "?";
    if (!brief && in_answer(verdict, place) && verdict->path != NULL)
        file = verdict->path;
    g_autofree char *clean = text_clean(style, file);
    if (text_columns(clean) > style->width - 24) {
        g_autofree char *base = g_path_get_basename(clean);
        g_free(g_steal_pointer(&clean));
        clean = text_cut(style, base, style->width - 24);
    }
    if (place->line <= 0)
        return g_steal_pointer(&clean);
    if (place->column <= 0)
        return g_strdup_printf("%s:%d", clean, place->line);
    return g_strdup_printf("%s:%d:%d", clean, place->line, place->column);
}

// "T1 in bank_transfer", either part or both may be missing.
static char *actor(const struct style *style, const struct place *place) {
    g_autofree char *thread =
        text_clean(style, place->thread != NULL ? place->thread : "");
    g_autofree char *function =
        text_clean(style, place->function != NULL ? place->function : "");
    return g_strconcat(thread, thread[0] != '\0' && function[0] ? " " : "",
                       function[0] != '\0' ? "in " : "", function, NULL);
}

static void add_heading(GPtrArray *lines, const struct style *style,
                        const char *name, const char *who, const char *role) {
    g_autofree char *rest = g_strconcat(
        who, who[0] != '\0' && role[0] != '\0' ? ": " : "", role, NULL);
    GString *heading = g_string_new(NULL);
    style_append(style, heading, TONE_STRONG, name);
    int room = style->width - text_columns(name) - 2;
    if (text_columns(rest) <= room) {
        if (rest[0] != '\0')
            g_string_append_printf(heading, "  %s", rest);
        g_ptr_array_add(lines, g_string_free(heading, FALSE));
        return;
    }
    g_ptr_array_add(lines, g_string_free(heading, FALSE));
    g_autoptr(GPtrArray) wrapped = text_wrap(rest, style->width - GUTTER);
    for (guint i = 0; i < wrapped->len; i++)
        g_ptr_array_add(
            lines, g_strdup_printf("       %s", (char *)wrapped->pdata[i]));
}

void quote_place(GPtrArray *lines, const struct style *style,
                 const struct verdict *verdict, const struct place *place,
                 enum quote_detail detail) {
    g_autofree char *name =
        place_name(style, verdict, place, detail == QUOTE_NAME);
    g_autofree char *who = actor(style, place);
    g_autofree char *role =
        text_clean(style, place->role != NULL ? place->role : "");
    g_strdelimit(role, "\n", ' ');
    g_autofree char *line = in_answer(verdict, place)
                                ? nth_line(verdict->source, place->line)
                                : NULL;
    if (line == NULL || line[0] == '\0' || detail == QUOTE_NAME) {
        add_heading(lines, style, name, who, role);
        return;
    }
    add_heading(lines, style, name, who, "");
    add_excerpt(lines, style, verdict->source, place, role,
                detail == QUOTE_AROUND);
}
