// SPDX-License-Identifier: MIT
#include "report/card.h"

#include <string.h>

#include "report/quote.h"
#include "report/text.h"

#define LABEL 9       // columns of "Explain  "
#define MAIN_LINES 25 // of the main finding, at 80 columns
#define ALSO_LINES 6  // of other findings; the JSON has them all
#define PLACES_MOST 6

// The most lines that a text may take; what is longer ends with "…".
#define TEST_LINES 2
#define SCENE_LINES 3
#define FOUND_LINES 5
#define PROSE_LINES 4

const char *card_mark(const struct style *style, enum verdict_value value) {
    static const char *const marks[][2] = {
        [VERDICT_PASS] = {"+", "✓"},        [VERDICT_FAIL] = {"x", "✗"},
        [VERDICT_BLOCKED] = {"-", "–"},     [VERDICT_UNDECIDED] = {"?", "?"},
        [VERDICT_NOT_STARTED] = {" ", " "}, [VERDICT_TROUBLE] = {"!", "!"},
        [VERDICT_NONE] = {" ", " "},
    };
    return marks[value][style->unicode];
}

enum style_tone card_tone(enum verdict_value value) {
    switch (value) {
    case VERDICT_PASS:
        return TONE_GOOD;
    case VERDICT_FAIL:
        return TONE_BAD;
    case VERDICT_UNDECIDED:
    case VERDICT_TROUBLE:
        return TONE_UNSURE;
    case VERDICT_BLOCKED:
    case VERDICT_NOT_STARTED:
    case VERDICT_NONE:
        break;
    }
    return TONE_PLAIN;
}

static bool stage_has_word(const struct stage_verdict *stage) {
    return stage->reason != NULL && stage->value != VERDICT_NONE;
}

bool card_is_telling(const struct verdict *verdict) {
    if (verdict->value != VERDICT_PASS && verdict->value != VERDICT_NOT_STARTED)
        return true;
    if (verdict->findings->len > 0 || verdict->notes->len > 0)
        return true;
    for (int i = 0; i < STAGE_COUNT; i++) {
        if (stage_has_word(&verdict->stages[i]))
            return true;
    }
    return false;
}

static void add_blank(GPtrArray *lines) {
    g_ptr_array_add(lines, g_strdup(""));
}

static void add_lines(GPtrArray *lines, const GPtrArray *more) {
    for (guint i = 0; i < more->len; i++)
        g_ptr_array_add(lines, g_strdup(more->pdata[i]));
}

// LABEL, then TEXT beside it, wrapped to at most MOST lines.
static void add_labelled(GPtrArray *lines, const struct style *style,
                         const char *label, const char *text, guint most) {
    g_autofree char *clean = text_clean(style, text);
    int room = style->width - LABEL;
    g_autoptr(GPtrArray) wrapped = text_wrap(g_strstrip(clean), room);
    for (guint i = 0; i < MIN(wrapped->len, most); i++) {
        const char *piece = wrapped->pdata[i];
        g_autofree char *last = NULL;
        if (i + 1 == most && wrapped->len > most) {
            g_autofree char *longer =
                g_strconcat(piece, " ", wrapped->pdata[i + 1], NULL);
            piece = last = text_cut(style, longer, room);
        }
        GString *row = g_string_new(NULL);
        g_autofree char *padded = g_strdup_printf("%-*s", LABEL, label);
        style_append(style, row, TONE_STRONG, i == 0 ? padded : "");
        g_string_append_printf(row, "%*s%s", i == 0 ? 0 : LABEL, "", piece);
        g_ptr_array_add(lines, g_strchomp(g_string_free(row, FALSE)));
    }
}

// --- The parts --------------------------------------------------------------

static const char *verdict_word(enum verdict_value value) {
    switch (value) {
    case VERDICT_PASS:
        return "PASS";
    case VERDICT_FAIL:
        return "FAIL";
    case VERDICT_BLOCKED:
        return "BLOCKED";
    case VERDICT_NOT_STARTED:
        return "NOT STARTED";
    default:
        return "TROUBLE";
    }
}

static void add_headline(GPtrArray *lines, const struct style *style,
                         const struct verdict *verdict) {
    const struct exercise *exercise = verdict->exercise;
    const char *word = verdict_word(verdict->value);
    const char *mark = card_mark(style, verdict->value);
    g_autofree char *badge = g_strdup_printf("%s %s", mark, word);
    g_strstrip(badge);
    g_autofree char *name = g_strdup_printf(
        "%d.%d %s", exercise->chapter->number, exercise->number, exercise->id);
    g_autofree char *clean = text_clean(style, exercise->title);
    int room = style->width - text_columns(badge) - text_columns(name) - 4;
    g_autofree char *title = text_cut(style, clean, room);
    GString *row = g_string_new(NULL);
    style_append(style, row, card_tone(verdict->value), badge);
    g_string_append(row, "  ");
    style_append(style, row, TONE_STRONG, name);
    g_string_append_printf(row, "  %s", title);
    g_ptr_array_add(lines, g_strchomp(g_string_free(row, FALSE)));
}

static void add_found(GPtrArray *lines, const struct style *style,
                      const struct finding *finding) {
    g_autofree char *text = g_strdup_printf(
        "%s: %s", finding_kind_name(finding->kind), finding->message);
    if (finding->test != NULL)
        add_labelled(lines, style, "Test", finding->test, TEST_LINES);
    if (finding->scene != NULL)
        add_labelled(lines, style, "Scene", finding->scene, SCENE_LINES);
    add_labelled(lines, style, "Found", text, FOUND_LINES);
}

static void add_advice_on(GPtrArray *lines, const struct style *style,
                          const struct verdict *verdict,
                          const struct finding *finding) {
    g_autofree char *explain = g_strdup_printf(
        "make explain KIND=%s", finding_kind_name(finding->kind));
    if (finding->why != NULL)
        add_labelled(lines, style, "Why", finding->why, PROSE_LINES);
    if (finding->next != NULL)
        add_labelled(lines, style, "Next", finding->next, PROSE_LINES);
    if (finding->again != NULL)
        add_labelled(lines, style, "Again", finding->again, 2);
    if (finding->story != NULL) {
        g_autofree char *replay = g_strdup_printf(
            "make replay EX=%s steps through it", verdict->exercise->id);
        add_labelled(lines, style, "Replay", replay, 1);
    }
    add_labelled(lines, style, "Explain", explain, 1);
    if (verdict->report != NULL)
        add_labelled(lines, style, "Report", verdict->report, 2);
}

// True if an earlier place quotes the same line: once is enough.
static bool is_quoted_already(const GPtrArray *places, guint index) {
    const struct place *place = places->pdata[index];
    for (guint i = 0; i < index; i++) {
        const struct place *other = places->pdata[i];
        if (other->line == place->line && other->column == place->column &&
            g_strcmp0(other->file, place->file) == 0)
            return true;
    }
    return false;
}

// All places of FINDING, from most to least detail as DETAILS says.
static GPtrArray *quote_places(const struct style *style,
                               const struct verdict *verdict,
                               const GPtrArray *places,
                               const enum quote_detail *details, guint count) {
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < count; i++)
        quote_place(lines, style, verdict, places->pdata[i], details[i]);
    if (count < places->len)
        g_ptr_array_add(lines, g_strdup_printf("and %u more places: "
                                               "--json FILE writes them all",
                                               places->len - count));
    return lines;
}

// The places in at most ROOM lines. Details go one at a time, the last place's
// first: the most telling places stand first.
static GPtrArray *fit_places(const struct style *style,
                             const struct verdict *verdict,
                             const GPtrArray *places, int room) {
    enum quote_detail details[PLACES_MOST];
    guint count = MIN(places->len, PLACES_MOST);
    for (guint i = 0; i < count; i++)
        details[i] = is_quoted_already(places, i) ? QUOTE_NAME : QUOTE_AROUND;
    for (;;) {
        GPtrArray *lines = quote_places(style, verdict, places, details, count);
        if ((int)lines->len <= room || count <= 1)
            return lines;
        g_ptr_array_unref(lines);
        guint richest = 0;
        for (guint i = 0; i < count; i++) {
            if (details[i] >= details[richest])
                richest = i;
        }
        if (details[richest] == QUOTE_NAME)
            count--;
        else
            details[richest]--;
    }
}

// The steps that led to it, which quote the source themselves.
static GPtrArray *story_lines(const struct style *style, const char *story) {
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) rows = g_strsplit(story, "\n", -1);
    for (char **row = rows; *row != NULL; row++) {
        g_autofree char *clean = text_clean(style, *row);
        if (clean[0] != '\0')
            g_ptr_array_add(lines, text_cut(style, clean, style->width));
    }
    return lines;
}

static void add_main_finding(GPtrArray *lines, const struct style *style,
                             const struct verdict *verdict,
                             const struct finding *finding) {
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) after = g_ptr_array_new_with_free_func(g_free);
    add_found(found, style, finding);
    add_advice_on(after, style, verdict, finding);
    // Narrower lines are more lines.
    int budget = MAIN_LINES * MAX(80, style->width) / style->width;
    int blanks = finding->places->len > 0 ? 3 : 2;
    int room = budget - (int)lines->len - (int)found->len - (int)after->len;
    g_autoptr(GPtrArray) places =
        finding->story != NULL
            ? story_lines(style, finding->story)
            : fit_places(style, verdict, finding->places, room - blanks);
    bool airy = (int)places->len + blanks <= room;
    if (airy)
        add_blank(lines);
    add_lines(lines, found);
    if (airy && places->len > 0)
        add_blank(lines);
    add_lines(lines, places);
    if (airy)
        add_blank(lines);
    add_lines(lines, after);
}

// True if both are one mistake, seen by two stages: told once is enough.
static bool is_same(const struct finding *a, const struct finding *b) {
    if (a->kind != b->kind)
        return false;
    if (a->places->len == 0 || b->places->len == 0)
        return g_strcmp0(a->message, b->message) == 0;
    const struct place *p = a->places->pdata[0];
    const struct place *q = b->places->pdata[0];
    return p->line == q->line && g_strcmp0(p->file, q->file) == 0;
}

static bool is_told_before(const struct verdict *verdict, guint index,
                           const struct finding *main) {
    const struct finding *finding = verdict->findings->pdata[index];
    if (main != NULL && is_same(finding, main))
        return true;
    for (guint i = 0; i < index; i++) {
        if (is_same(finding, verdict->findings->pdata[i]))
            return true;
    }
    return false;
}

// "data-race (races, line 34): message"
static void add_also(GPtrArray *lines, const struct style *style,
                     const struct verdict *verdict,
                     const struct finding *main) {
    guint shown = 0;
    guint others = 0;
    for (guint i = 0; i < verdict->findings->len; i++) {
        const struct finding *finding = verdict->findings->pdata[i];
        if (is_told_before(verdict, i, main) || ++others > ALSO_LINES)
            continue;
        const struct place *place =
            finding->places->len > 0 ? finding->places->pdata[0] : NULL;
        g_autofree char *where = place != NULL && place->line > 0
                                     ? g_strdup_printf(", line %d", place->line)
                                     : g_strdup("");
        g_autofree char *text = g_strdup_printf(
            "%s (%s%s): %s", finding_kind_name(finding->kind),
            stage_name(finding->stage), where, finding->message);
        const char *label = main != NULL ? "Also" : "Found";
        add_labelled(lines, style, shown++ == 0 ? label : "", text,
                     main != NULL ? 1 : PROSE_LINES);
    }
    if (others > ALSO_LINES) {
        g_autofree char *more = g_strdup_printf(
            "and %u more: --json FILE writes them all", others - ALSO_LINES);
        add_labelled(lines, style, "", more, 1);
    }
}

// Why stages have no plain yes or no; stages that share a reason share a line.
static void add_stage_reasons(GPtrArray *lines, const struct style *style,
                              const struct verdict *verdict) {
    for (int i = 0; i < STAGE_COUNT; i++) {
        const struct stage_verdict *stage = &verdict->stages[i];
        const struct stage_verdict *before = i > 0 ? stage - 1 : stage;
        if (!stage_has_word(stage) ||
            (i > 0 && before->value == stage->value &&
             g_strcmp0(before->reason, stage->reason) == 0))
            continue;
        GString *text = g_string_new(stage_name((enum stage)i));
        for (int k = i + 1; k < STAGE_COUNT; k++) {
            const struct stage_verdict *next = &verdict->stages[k];
            if (next->value != stage->value ||
                g_strcmp0(next->reason, stage->reason) != 0)
                break;
            g_string_append_printf(text, ", %s", stage_name((enum stage)k));
        }
        g_string_append_printf(text, ": %s", stage->reason);
        const char *label = stage->value == VERDICT_BLOCKED     ? "Not run"
                            : stage->value == VERDICT_UNDECIDED ? "Unsure"
                            : stage->value == VERDICT_TROUBLE   ? "Trouble"
                                                                : "Passed";
        add_labelled(lines, style, label, text->str, PROSE_LINES);
        g_string_free(text, TRUE);
    }
}

void card_write(GString *out, const struct style *style,
                const struct verdict *verdict) {
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    const struct finding *main = verdict_main_finding(verdict);
    if (main == NULL && verdict->value == VERDICT_FAIL &&
        verdict->findings->len > 0)
        main = verdict->findings->pdata[0];
    add_headline(lines, style, verdict);
    if (main != NULL)
        add_main_finding(lines, style, verdict, main);
    else if (verdict->value == VERDICT_TROUBLE)
        add_labelled(lines, style, "",
                     "The grader could not finish its own work. That says "
                     "nothing about your answer, and does not count.",
                     PROSE_LINES);
    add_also(lines, style, verdict, main);
    add_stage_reasons(lines, style, verdict);
    for (guint i = 0; i < verdict->notes->len; i++)
        add_labelled(lines, style, "Note", verdict->notes->pdata[i],
                     PROSE_LINES);
    for (guint i = 0; i < lines->len; i++)
        g_string_append_printf(out, "%s\n", (char *)lines->pdata[i]);
}
