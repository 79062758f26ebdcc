// SPDX-License-Identifier: MIT
#include "report/map.h"

#include "report/text.h"

#define STARS_MOST 5
#define MINUTES_COLUMNS 8 // " 100 min"

struct map {
    const struct style *style;
    const struct book *book;
    const enum map_state *states;
    int name_columns; // of "4.2 bank_global"
};

static char *row_name(const struct exercise *exercise) {
    return g_strdup_printf("%d.%d %s", exercise->chapter->number,
                           exercise->number, exercise->id);
}

static int widest_name(const struct book *book) {
    int widest = 0;
    for (guint c = 0; c < book->chapters->len; c++) {
        const struct chapter *chapter = book->chapters->pdata[c];
        for (guint e = 0; e < chapter->exercises->len; e++) {
            g_autofree char *name = row_name(chapter->exercises->pdata[e]);
            widest = MAX(widest, text_columns(name));
        }
    }
    return widest;
}

// False if ID is no exercise of the book: what is not there cannot be solved
// first.
static bool is_open(const struct map *map, const char *id) {
    int index = 0;
    for (guint c = 0; c < map->book->chapters->len; c++) {
        const struct chapter *chapter = map->book->chapters->pdata[c];
        for (guint e = 0; e < chapter->exercises->len; e++, index++) {
            const struct exercise *exercise = chapter->exercises->pdata[e];
            if (g_str_equal(exercise->id, id))
                return map->states[index] != MAP_SOLVED;
        }
    }
    return false;
}

// "after bank_global, fork_map", or "" if nothing is in the way.
static char *blocked_by(const struct map *map,
                        const struct exercise *exercise) {
    GString *text = g_string_new(NULL);
    for (int i = 0; exercise->needs != NULL && exercise->needs[i] != NULL;
         i++) {
        if (is_open(map, exercise->needs[i]))
            g_string_append_printf(text, "%s%s",
                                   text->len > 0 ? ", " : "after ",
                                   exercise->needs[i]);
    }
    return g_string_free(text, FALSE);
}

static const char *state_mark(const struct map *map, enum map_state state) {
    bool unicode = map->style->unicode;
    switch (state) {
    case MAP_SOLVED:
        return unicode ? "✓" : "+";
    case MAP_STARTED:
        return unicode ? "…" : ".";
    case MAP_NOT_STARTED:
        break;
    }
    return " ";
}

static char *stars(const struct map *map, int count) {
    GString *text = g_string_new(NULL);
    for (int i = 0; i < count && i < STARS_MOST; i++)
        g_string_append(text, map->style->unicode ? "★" : "*");
    return g_string_free(text, FALSE);
}

static void append_padded(GString *out, const char *text, int columns) {
    g_string_append_printf(out, "%s%*s", text,
                           MAX(0, columns - text_columns(text)), "");
}

static void append_exercise(GString *out, const struct map *map,
                            const struct exercise *exercise,
                            enum map_state state) {
    g_autofree char *name = row_name(exercise);
    g_autofree char *blocked =
        state == MAP_NOT_STARTED ? blocked_by(map, exercise) : g_strdup("");
    g_autofree char *clean = text_clean(map->style, exercise->title);
    int room = map->style->width - map->name_columns - STARS_MOST -
               MINUTES_COLUMNS - 5;
    g_autofree char *title = text_cut(map->style, clean, room);
    g_autofree char *marks = stars(map, exercise->stars);
    style_append(map->style, out, state == MAP_SOLVED ? TONE_GOOD : TONE_STRONG,
                 state_mark(map, state));
    g_string_append_c(out, ' ');
    append_padded(out, name, map->name_columns + 2);
    append_padded(out, title, room + 1);
    append_padded(out, marks, STARS_MOST);
    g_string_append_printf(out, "%4d min\n", exercise->minutes);
    if (blocked[0] != '\0')
        g_string_append_printf(out, "  %*s%s\n", map->name_columns + 2, "",
                               blocked);
}

static void append_legend(GString *out, const struct map *map, int solved,
                          int total) {
    g_string_append_printf(
        out, "\n%d of %d solved. %s solved  %s begun  blank: not started\n",
        solved, total, state_mark(map, MAP_SOLVED),
        state_mark(map, MAP_STARTED));
}

void map_write(GString *out, const struct style *style, const struct book *book,
               const enum map_state *states, int only) {
    struct map map = {style, book, states, widest_name(book)};
    int index = 0;
    int solved = 0;
    int total = 0;
    for (guint c = 0; c < book->chapters->len; c++) {
        const struct chapter *chapter = book->chapters->pdata[c];
        bool shown = only == 0 || chapter->number == only;
        g_autofree char *heading =
            g_strdup_printf("%d  %s", chapter->number, chapter->title);
        g_autofree char *clean = text_clean(style, heading);
        if (shown) {
            g_string_append(out, total > 0 ? "\n" : "");
            style_append(style, out, TONE_STRONG, clean);
            g_string_append_c(out, '\n');
        }
        for (guint e = 0; e < chapter->exercises->len; e++, index++) {
            if (!shown)
                continue;
            total++;
            solved += states[index] == MAP_SOLVED;
            append_exercise(out, &map, chapter->exercises->pdata[e],
                            states[index]);
        }
    }
    append_legend(out, &map, solved, total);
}
