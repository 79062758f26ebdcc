// SPDX-License-Identifier: MIT
#include "report/exploration.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "report/story.h"
#include "report/text.h"
#include "report/trace_lines.h"

const struct trace *exploration_main(const GPtrArray *traces) {
    const struct trace *unsure = NULL;
    const struct trace *last = NULL;
    for (guint i = 0; i < traces->len; i++) {
        const struct trace *trace = traces->pdata[i];
        if (trace->found)
            return trace;
        if (unsure == NULL && (!trace->finished || trace->inconclusive))
            unsure = trace;
        last = trace;
    }
    return unsure != NULL ? unsure : last;
}

// --- For people --------------------------------------------------------------

static void append_prose(GString *out, const struct style *style,
                         const char *text) {
    g_autofree char *clean = text_clean(style, text);
    g_autoptr(GPtrArray) lines = text_wrap(clean, style->width);
    for (guint i = 0; i < lines->len; i++)
        g_string_append_printf(out, "%s\n", (char *)lines->pdata[i]);
}

// "1,000 schedules", "1 schedule". The caller frees it.
static char *count_of(int64_t number, const char *noun) {
    g_autofree char *digits =
        g_strdup_printf("%" G_GINT64_FORMAT, MAX(number, 0));
    GString *text = g_string_new(NULL);
    gsize length = strlen(digits);
    for (gsize i = 0; i < length; i++) {
        g_string_append_c(text, digits[i]);
        if (i + 1 < length && (length - i - 1) % 3 == 0)
            g_string_append_c(text, ',');
    }
    g_string_append_printf(text, " %s%s", noun, number == 1 ? "" : "s");
    return g_string_free(text, FALSE);
}

static void append_uncontrolled(GString *out, const struct style *style,
                                const struct trace *trace) {
    if (trace->uncontrolled->len == 0)
        return;
    GString *text = g_string_new("Not under the explorer's control: ");
    for (guint i = 0; i < trace->uncontrolled->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
                               (char *)trace->uncontrolled->pdata[i]);
    g_string_append(text, ". What depends on that was left to chance.");
    append_prose(out, style, text->str);
    g_string_free(text, TRUE);
}

// What a pass means, and no more.
static void append_pass(GString *out, const struct style *style,
                        const struct trace *trace) {
    g_autofree char *run = count_of(trace->schedules_run, "schedule");
    g_autofree char *all = count_of(trace->interleavings, "interleaving");
    g_autofree char *bound = count_of(trace->bound, "preemption");
    style_append(style, out, TONE_GOOD, "Nothing found");
    g_string_append_printf(out, " in %s.\n", run);
    g_autofree char *text =
        !trace->complete
            ? g_strdup("This is a sample of the program's interleavings: one "
                       "that was not tried may still fail.")
        : trace->bound < 0
            ? g_strdup_printf("These are all there are: all %s pass, for this "
                              "input.",
                              all)
            : g_strdup_printf("Among them all %s with at most %s: each passes, "
                              "for this input. Of those with more "
                              "preemptions only a sample was tried.",
                              all, bound);
    append_prose(out, style, text);
}

static void append_found(GString *out, const struct style *style,
                         const struct trace *trace, const char *again) {
    g_autofree char *steps = count_of(trace->steps, "step");
    g_autofree char *switches = count_of(trace->preemptions, "preemption");
    GString *text = g_string_new(NULL);
    story_write(out, style, trace);
    g_string_append_printf(text, "Found by schedule %d", trace->schedule);
    if (trace->preemptions >= 0)
        g_string_append_printf(text, "; it takes %s in %s", switches, steps);
    g_string_append_c(text, '.');
    g_string_append_c(out, '\n');
    append_prose(out, style, text->str);
    g_string_free(text, TRUE);
    g_string_append_printf(
        out, "Again:   %s --strategy %s --seed %" G_GUINT64_FORMAT "\n", again,
        trace->strategy != NULL ? trace->strategy : "portfolio", trace->seed);
    if (trace->kind != NULL)
        g_string_append_printf(out, "Explain: lockstep explain %s\n",
                               trace->kind);
}

void exploration_write(GString *out, const struct style *style,
                       const struct trace *trace, const char *again) {
    if (trace->found) {
        append_found(out, style, trace, again);
    } else if (!trace->finished || trace->inconclusive != NULL) {
        g_autofree char *text =
            g_strdup_printf("No verdict: %s.", trace->inconclusive != NULL
                                                   ? trace->inconclusive
                                                   : "the search broke off");
        append_prose(out, style, text);
    } else {
        append_pass(out, style, trace);
    }
    append_uncontrolled(out, style, trace);
}

// --- For programs ------------------------------------------------------------

static void add_text(JsonBuilder *builder, const char *key, const char *text) {
    json_builder_set_member_name(builder, key);
    if (text == NULL)
        json_builder_add_null_value(builder);
    else
        json_builder_add_string_value(builder, text);
}

static void add_number(JsonBuilder *builder, const char *key, int64_t number) {
    json_builder_set_member_name(builder, key);
    json_builder_add_int_value(builder, number);
}

static void add_truth(JsonBuilder *builder, const char *key, bool truth) {
    json_builder_set_member_name(builder, key);
    json_builder_add_boolean_value(builder, truth);
}

static void add_found(JsonBuilder *builder, const struct trace *trace) {
    add_text(builder, "kind", trace->kind);
    add_text(builder, "message", trace->message);
    json_builder_set_member_name(builder, "schedule");
    if (trace->found)
        json_builder_add_int_value(builder, trace->schedule);
    else
        json_builder_add_null_value(builder);
    add_number(builder, "seed", (int64_t)trace->seed);
    add_text(builder, "strategy", trace->strategy);
}

static JsonNode *build(const struct trace *trace) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    add_truth(builder, "found", trace->found);
    add_found(builder, trace);
    add_number(builder, "schedules_run", trace->schedules_run);
    add_truth(builder, "complete", trace->complete);
    add_number(builder, "bound", trace->bound);
    add_number(builder, "interleavings", trace->interleavings);
    json_builder_set_member_name(builder, "uncontrolled");
    json_builder_begin_array(builder);
    for (guint i = 0; i < trace->uncontrolled->len; i++)
        json_builder_add_string_value(builder, trace->uncontrolled->pdata[i]);
    json_builder_end_array(builder);
    add_text(builder, "inconclusive", trace->inconclusive);
    json_builder_set_member_name(builder, "trace");
    json_builder_begin_array(builder);
    if (trace->found)
        trace_lines_build(builder, trace);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    return json_builder_get_root(builder);
}

void exploration_write_json(GString *out, const struct trace *trace) {
    g_autoptr(JsonNode) root = build(trace);
    g_autofree char *text = json_to_string(root, TRUE);
    g_string_append_printf(out, "%s\n", text);
}
