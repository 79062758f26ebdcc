// SPDX-License-Identifier: MIT
#include "report/story.h"

#include <string.h>

#include "report/story_end.h"
#include "report/story_rows.h"
#include "report/story_words.h"
#include "report/text.h"

enum {
    LINES_MOST = 25,
    END_MOST = 8,      // lines of the closing paragraph
    ROWS_LEAST = 6,    // whatever the paragraph takes
    LANES_MOST = 4,    // threads side by side
    MARKS = 4,         // columns of "> ! "
    SOURCE_LEAST = 18, // a shorter piece of source tells nothing
    SOURCE_MOST = 40,
    PITCH_LEAST = 8,
    PITCH_MOST = 26
};

// Where everything stands, in columns.
struct layout {
    const struct style *style;
    const struct trace *trace;
    GPtrArray *rows;
    int threads[LANES_MOST]; // ids, in the order of their lanes
    int lanes;               // 0: a name before each step
    int place;               // columns of the line's number
    int source;              // of the source; 0: none
    int pitch;               // of a lane
    bool files;
};

// --- Lanes -------------------------------------------------------------------

static int lane_of(const struct layout *layout, int thread) {
    for (int i = 0; i < layout->lanes; i++)
        if (layout->threads[i] == thread)
            return i;
    return 0;
}

static void find_lanes(struct layout *layout) {
    layout->lanes = 0;
    for (guint i = 0; i < layout->rows->len; i++) {
        const struct story_row *row = layout->rows->pdata[i];
        int at = 0;
        while (at < layout->lanes && layout->threads[at] < row->thread)
            at++;
        if (at < layout->lanes && layout->threads[at] == row->thread)
            continue;
        if (layout->lanes == LANES_MOST) {
            layout->lanes = 0; // too many
            return;
        }
        memmove(layout->threads + at + 1, layout->threads + at,
                (size_t)(layout->lanes - at) * sizeof(int));
        layout->threads[at] = row->thread;
        layout->lanes++;
    }
}

// The text of ROW as it is shown, the thread's name before it if there are no
// lanes. The caller frees it.
static char *row_text(const struct layout *layout,
                      const struct story_row *row) {
    g_autofree char *clean = text_clean(layout->style, row->text);
    return layout->lanes > 0
               ? g_steal_pointer(&clean)
               : g_strdup_printf("%-4s %s",
                                 trace_thread_name(layout->trace, row->thread),
                                 clean);
}

// Columns that the lanes take when they stand PITCH apart.
static int lanes_width(const struct layout *layout, int pitch) {
    int most = 0;
    for (guint i = 0; i < layout->rows->len; i++) {
        const struct story_row *row = layout->rows->pdata[i];
        g_autofree char *text = row_text(layout, row);
        most = MAX(most,
                   lane_of(layout, row->thread) * pitch + text_columns(text));
    }
    return most;
}

static char *row_place(const struct layout *layout,
                       const struct story_row *row) {
    if (row->place.line <= 0)
        return g_strdup("");
    if (!layout->files)
        return g_strdup_printf("%d", row->place.line);
    g_autofree char *base = g_path_get_basename(row->place.file);
    g_autofree char *cut = text_cut(layout->style, base, 12);
    return g_strdup_printf("%s:%d", cut, row->place.line);
}

// Columns that the longest piece of source wants.
static int source_width(const struct layout *layout) {
    int most = 0;
    for (guint i = 0; i < layout->rows->len; i++) {
        const struct story_row *row = layout->rows->pdata[i];
        const char *text =
            trace_line(layout->trace, row->place.file, row->place.line);
        g_autofree char *stripped = g_strstrip(g_strdup(text ? text : ""));
        most = MAX(most, (int)g_utf8_strlen(stripped, -1));
    }
    return MIN(most, SOURCE_MOST);
}

// "T1 mover": the name, and what it runs. The caller frees it.
static char *lane_name(const struct layout *layout, int lane) {
    int id = layout->threads[lane];
    const struct trace_thread *thread = trace_thread(layout->trace, id);
    const char *name = trace_thread_name(layout->trace, id);
    g_autofree char *full =
        thread != NULL && thread->function != NULL
            ? g_strdup_printf("%s %s", name, thread->function)
            : g_strdup(name);
    return text_clean(layout->style, full);
}

// What a lane must have so that its name fits, within reason.
static int heading_width(const struct layout *layout) {
    int most = PITCH_LEAST;
    for (int i = 0; i + 1 < layout->lanes; i++) {
        g_autofree char *name = lane_name(layout, i);
        most = MAX(most, text_columns(name) + 1);
    }
    return MIN(most, 2 * PITCH_LEAST);
}

// As much source as there is room for beside the lanes, then lanes as wide as
// they can be; no source rather than a stump of it.
static void find_columns(struct layout *layout) {
    int room = layout->style->width - MARKS;
    layout->place = 4;
    for (guint i = 0; i < layout->rows->len; i++) {
        g_autofree char *place = row_place(layout, layout->rows->pdata[i]);
        layout->place = MAX(layout->place, text_columns(place));
    }
    room -= layout->place + 2;
    int wanted = source_width(layout);
    int narrowest = heading_width(layout);
    for (int least = wanted; least >= MIN(SOURCE_LEAST, wanted); least--)
        for (layout->pitch = PITCH_MOST; layout->pitch >= narrowest;
             layout->pitch--) {
            layout->source = least;
            if (room - lanes_width(layout, layout->pitch) - 2 >= least)
                return;
        }
    layout->source = 0;
    for (layout->pitch = PITCH_MOST; layout->pitch > 2; layout->pitch--)
        if (lanes_width(layout, layout->pitch) <= room)
            return;
}

// --- Lines -------------------------------------------------------------------

static void append_padded(GString *line, const char *text, int columns) {
    g_string_append_printf(line, "%s%*s", text,
                           MAX(0, columns - text_columns(text)), "");
}

static char *row_source(const struct layout *layout,
                        const struct story_row *row) {
    const char *text =
        trace_line(layout->trace, row->place.file, row->place.line);
    g_autofree char *clean =
        text_clean(layout->style, text != NULL ? text : "");
    return text_cut(layout->style, g_strstrip(clean), layout->source);
}

static void append_row(GString *out, const struct layout *layout,
                       const struct story_row *row) {
    GString *line = g_string_new(NULL);
    g_string_append_printf(line, "%c%c%c ", row->gap ? ':' : ' ',
                           row->preempted ? '>' : ' ',
                           row->no_return ? '!' : ' ');
    g_autofree char *place = row_place(layout, row);
    g_string_append_printf(line, "%*s  ", layout->place, place);
    if (layout->source > 0) {
        g_autofree char *source = row_source(layout, row);
        append_padded(line, source, layout->source + 2);
    }
    int indent = lane_of(layout, row->thread) * layout->pitch;
    g_string_append_printf(line, "%*s", indent, "");
    g_autofree char *text = row_text(layout, row);
    int room = layout->style->width - text_columns(line->str);
    g_autofree char *cut = text_cut(layout->style, text, MAX(room, 4));
    bool bad = row->no_return || row->step == -1 ||
               row->step == layout->trace->race_first ||
               row->step == layout->trace->race_second;
    style_append(layout->style, line, bad ? TONE_BAD : TONE_PLAIN, cut);
    g_string_append_printf(out, "%s\n", g_strchomp(line->str));
    g_string_free(line, TRUE);
}

// "T1 mover": the name, and what it runs where there is room.
static void append_heading(GString *out, const struct layout *layout) {
    GString *line = g_string_new(NULL);
    g_string_append_printf(line, "%*s%*s  ", MARKS, "", layout->place, "line");
    if (layout->source > 0)
        append_padded(line, "", layout->source + 2);
    for (int i = 0; i < layout->lanes; i++) {
        const char *name = trace_thread_name(layout->trace, layout->threads[i]);
        g_autofree char *clean = lane_name(layout, i);
        int room = i + 1 < layout->lanes
                       ? layout->pitch - 1
                       : layout->style->width - text_columns(line->str);
        const char *shown = text_columns(clean) <= room ? clean : name;
        append_padded(line, shown, i + 1 < layout->lanes ? layout->pitch : 0);
    }
    g_strchomp(line->str);
    style_append(layout->style, out, TONE_STRONG, line->str);
    g_string_append_c(out, '\n');
    g_string_free(line, TRUE);
}

static char *legend(const struct layout *layout) {
    bool interrupted = false;
    bool inevitable = false;
    bool gaps = false;
    for (guint i = 0; i < layout->rows->len; i++) {
        const struct story_row *row = layout->rows->pdata[i];
        interrupted |= row->preempted;
        inevitable |= row->no_return;
        gaps |= row->gap;
    }
    GString *text = g_string_new(NULL);
    if (interrupted)
        g_string_append(text, "> interrupted just before   ");
    if (inevitable)
        g_string_append(text, "! from here on inevitable   ");
    if (gaps)
        g_string_append(text, ": steps left out");
    return g_strchomp(g_string_free(text, FALSE));
}

static void append_table(GString *out, const struct style *style,
                         const struct trace *trace, guint most) {
    struct layout layout = {
        .style = style, .trace = trace, .files = story_has_files(trace)};
    layout.rows = story_rows(trace, most);
    find_lanes(&layout);
    find_columns(&layout);
    if (layout.rows->len > 0)
        append_heading(out, &layout);
    for (guint i = 0; i < layout.rows->len; i++)
        append_row(out, &layout, layout.rows->pdata[i]);
    g_autofree char *marks = legend(&layout);
    g_autofree char *cut = text_cut(style, marks, style->width - MARKS);
    if (marks[0] != '\0')
        g_string_append_printf(out, "%*s%s\n", MARKS, "", cut);
    g_ptr_array_unref(layout.rows);
}

// --- The whole ---------------------------------------------------------------

// "deadlock", "data-race", with the program's own words.
static char *headline(const struct trace *trace) {
    GString *text =
        g_string_new(trace->kind != NULL ? trace->kind : "a failure");
    if (trace->scenario != NULL)
        g_string_append_printf(text, " in the scenario \"%s\"",
                               trace->scenario);
    if (trace->message != NULL && trace->message[0] != '\0')
        g_string_append_printf(text, ": %s", trace->message);
    if (trace->file != NULL && trace->line > 0) {
        g_autofree char *base = g_path_get_basename(trace->file);
        g_string_append_printf(text, " (%s:%d)", base, trace->line);
    }
    return g_string_free(text, FALSE);
}

static GPtrArray *wrapped(const struct style *style, const char *text,
                          guint most) {
    g_autofree char *clean = text_clean(style, text);
    GPtrArray *lines = text_wrap(g_strstrip(clean), style->width);
    if (lines->len <= most)
        return lines;
    g_autofree char *longer =
        g_strconcat(lines->pdata[most - 1], " ", lines->pdata[most], NULL);
    g_ptr_array_set_size(lines, (gint)most);
    g_free(lines->pdata[most - 1]);
    lines->pdata[most - 1] = text_cut(style, longer, style->width);
    return lines;
}

void story_write_steps(GString *out, const struct style *style,
                       const struct trace *trace, guint most) {
    if (trace->found)
        append_table(out, style, trace, most);
}

void story_write(GString *out, const struct style *style,
                 const struct trace *trace) {
    if (!trace->found)
        return;
    g_autofree char *head = headline(trace);
    g_autofree char *end = story_end(trace);
    g_autoptr(GPtrArray) head_lines = wrapped(style, head, 2);
    g_autoptr(GPtrArray) end_lines =
        wrapped(style, end, END_MOST * MAX(80, style->width) / style->width);
    // Blank lines, the heading and the legend.
    int rows = LINES_MOST * MAX(80, style->width) / style->width - 4 -
               (int)head_lines->len - (int)end_lines->len;
    for (guint i = 0; i < head_lines->len; i++) {
        style_append(style, out, TONE_BAD, head_lines->pdata[i]);
        g_string_append_c(out, '\n');
    }
    g_string_append_c(out, '\n');
    append_table(out, style, trace, (guint)MAX(rows, ROWS_LEAST));
    g_string_append_c(out, '\n');
    for (guint i = 0; i < end_lines->len; i++)
        g_string_append_printf(out, "%s\n", (char *)end_lines->pdata[i]);
}
