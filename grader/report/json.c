// SPDX-License-Identifier: MIT
#include "report/json.h"

#include <json-glib/json-glib.h>

#include "model/verdict.h"

#define FORMAT_VERSION 1

static void add_string(JsonBuilder *builder, const char *key,
                       const char *value) {
    json_builder_set_member_name(builder, key);
    if (value == NULL) {
        json_builder_add_null_value(builder);
        return;
    }
    g_autofree char *valid = g_utf8_make_valid(value, -1);
    json_builder_add_string_value(builder, valid);
}

static void add_int(JsonBuilder *builder, const char *key, int64_t value) {
    json_builder_set_member_name(builder, key);
    json_builder_add_int_value(builder, value);
}

static void add_bool(JsonBuilder *builder, const char *key, bool value) {
    json_builder_set_member_name(builder, key);
    json_builder_add_boolean_value(builder, value);
}

static void begin_array(JsonBuilder *builder, const char *key) {
    json_builder_set_member_name(builder, key);
    json_builder_begin_array(builder);
}

static void add_stages(JsonBuilder *builder, const struct verdict *verdict) {
    begin_array(builder, "stages");
    for (int i = 0; i < STAGE_COUNT; i++) {
        const struct stage_verdict *stage = &verdict->stages[i];
        if (stage->value == VERDICT_NONE)
            continue;
        json_builder_begin_object(builder);
        add_string(builder, "name", stage_name((enum stage)i));
        add_string(builder, "verdict", verdict_value_name(stage->value));
        add_string(builder, "reason", stage->reason);
        add_int(builder, "wall_ms", stage->wall_ms);
        add_int(builder, "cpu_ms", stage->cpu_ms);
        add_bool(builder, "cached", stage->cached);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void add_places(JsonBuilder *builder, const GPtrArray *places) {
    begin_array(builder, "places");
    for (guint i = 0; i < places->len; i++) {
        const struct place *place = places->pdata[i];
        json_builder_begin_object(builder);
        add_string(builder, "file", place->file);
        add_int(builder, "line", place->line);
        add_int(builder, "column", place->column);
        add_string(builder, "function", place->function);
        add_string(builder, "thread", place->thread);
        add_string(builder, "role", place->role);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void add_finding(JsonBuilder *builder, const struct verdict *verdict,
                        const struct finding *finding) {
    const struct place *first =
        finding->places->len > 0 ? finding->places->pdata[0] : NULL;
    g_autofree char *answer = g_path_get_basename(verdict->exercise->answer);
    json_builder_begin_object(builder);
    add_string(builder, "kind", finding_kind_name(finding->kind));
    add_string(builder, "stage", stage_name(finding->stage));
    add_bool(builder, "main", finding->main);
    add_string(builder, "file", first != NULL ? first->file : answer);
    add_int(builder, "line", first != NULL ? first->line : 0);
    add_string(builder, "test", finding->test);
    add_string(builder, "scene", finding->scene);
    add_string(builder, "message", finding->message);
    add_places(builder, finding->places);
    add_string(builder, "why", finding->why);
    add_string(builder, "next", finding->next);
    add_string(builder, "evidence", finding->evidence);
    add_string(builder, "again", finding->again);
    json_builder_end_object(builder);
}

static void add_verdict(JsonBuilder *builder, const struct verdict *verdict) {
    const struct exercise *exercise = verdict->exercise;
    json_builder_begin_object(builder);
    add_string(builder, "id", exercise->id);
    add_string(builder, "chapter", exercise->chapter->folder);
    g_autofree char *number =
        g_strdup_printf("%d.%d", exercise->chapter->number, exercise->number);
    add_string(builder, "number", number);
    add_string(builder, "title", exercise->title);
    add_string(builder, "path", verdict->path);
    add_string(builder, "verdict", verdict_value_name(verdict->value));
    add_stages(builder, verdict);
    begin_array(builder, "findings");
    for (guint i = 0; i < verdict->findings->len; i++)
        add_finding(builder, verdict, verdict->findings->pdata[i]);
    json_builder_end_array(builder);
    begin_array(builder, "notes");
    for (guint i = 0; i < verdict->notes->len; i++) {
        g_autofree char *valid =
            g_utf8_make_valid(verdict->notes->pdata[i], -1);
        json_builder_add_string_value(builder, valid);
    }
    json_builder_end_array(builder);
    add_string(builder, "report", verdict->report);
    json_builder_end_object(builder);
}

void json_report_write(GString *out, const GPtrArray *verdicts) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_object(builder);
    add_int(builder, "version", FORMAT_VERSION);
    begin_array(builder, "exercises");
    for (guint i = 0; i < verdicts->len; i++)
        add_verdict(builder, verdicts->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);

    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_generator_set_root(generator, root);
    json_generator_set_pretty(generator, TRUE);
    g_autofree char *text = json_generator_to_data(generator, NULL);
    g_string_append_printf(out, "%s\n", text);
}
