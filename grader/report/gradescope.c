// SPDX-License-Identifier: MIT
#include "report/gradescope.h"

#include <json-glib/json-glib.h>

#include "model/verdict.h"
#include "report/card.h"
#include "report/style.h"

static void add_string(JsonBuilder *builder, const char *key,
                       const char *value) {
    json_builder_set_member_name(builder, key);
    json_builder_add_string_value(builder, value);
}

static void add_number(JsonBuilder *builder, const char *key, double value) {
    json_builder_set_member_name(builder, key);
    json_builder_add_double_value(builder, value);
}

static void add_tags(JsonBuilder *builder, const struct verdict *verdict) {
    const struct finding *main = verdict_main_finding(verdict);
    json_builder_set_member_name(builder, "tags");
    json_builder_begin_array(builder);
    json_builder_add_string_value(builder, verdict->exercise->chapter->folder);
    if (main != NULL)
        json_builder_add_string_value(builder, finding_kind_name(main->kind));
    json_builder_end_array(builder);
}

static void add_test(JsonBuilder *builder, const struct verdict *verdict) {
    const struct exercise *exercise = verdict->exercise;
    bool passed = verdict->value == VERDICT_PASS;
    struct style style;
    style_plain(&style);
    GString *card = g_string_new(NULL);
    card_write(card, &style, verdict);
    g_autofree char *number =
        g_strdup_printf("%d.%d", exercise->chapter->number, exercise->number);
    g_autofree char *name =
        g_strdup_printf("%s: %s", exercise->id, exercise->title);
    json_builder_begin_object(builder);
    if (verdict->value != VERDICT_TROUBLE) {
        add_number(builder, "score", passed ? exercise->stars : 0);
        add_number(builder, "max_score", exercise->stars);
        add_string(builder, "status", passed ? "passed" : "failed");
    }
    add_string(builder, "name", name);
    add_string(builder, "number", number);
    add_string(builder, "output", card->str);
    add_string(builder, "output_format", "text");
    add_tags(builder, verdict);
    json_builder_end_object(builder);
    g_string_free(card, TRUE);
}

static double total_score(const GPtrArray *verdicts) {
    double score = 0;
    for (guint i = 0; i < verdicts->len; i++) {
        const struct verdict *verdict = verdicts->pdata[i];
        if (verdict->value == VERDICT_PASS)
            score += verdict->exercise->stars;
    }
    return score;
}

void gradescope_write(GString *out, const GPtrArray *verdicts,
                      int64_t wall_ms) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    add_number(builder, "score", total_score(verdicts));
    add_number(builder, "execution_time", (double)wall_ms / 1000);
    json_builder_set_member_name(builder, "tests");
    json_builder_begin_array(builder);
    for (guint i = 0; i < verdicts->len; i++)
        add_test(builder, verdicts->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);

    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_generator_set_root(generator, root);
    json_generator_set_pretty(generator, TRUE);
    g_autofree char *text = json_generator_to_data(generator, NULL);
    g_string_append_printf(out, "%s\n", text);
}
