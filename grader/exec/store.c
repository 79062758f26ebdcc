// SPDX-License-Identifier: MIT
#include "exec/store.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define VERSION 1 // of the file: another one counts as not there

static const char *const end_names[] = {
    [OUTCOME_NOT_RUN] = "not_run",     [OUTCOME_EXITED] = "exited",
    [OUTCOME_SIGNALLED] = "signalled", [OUTCOME_DEADLINE] = "deadline",
    [OUTCOME_OUTPUT] = "output",       [OUTCOME_TROUBLE] = "trouble",
};

// --- Writing ---------------------------------------------------------------

static void add_integer(JsonBuilder *builder, const char *name, gint64 value) {
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, value);
}

static void add_string(JsonBuilder *builder, const char *name,
                       const char *value) {
    if (value == NULL)
        return;
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, value);
}

static void add_records(JsonBuilder *builder, const GPtrArray *records) {
    json_builder_set_member_name(builder, "records");
    json_builder_begin_array(builder);
    for (guint i = 0; i < records->len; i++) {
        const struct record *record = g_ptr_array_index(records, i);
        json_builder_begin_object(builder);
        add_integer(builder, "type", record->type);
        add_integer(builder, "test", record->test);
        add_integer(builder, "pid", record->pid);
        json_builder_set_member_name(builder, "fields");
        json_builder_begin_array(builder);
        for (char **field = record->fields; *field != NULL; field++)
            json_builder_add_string_value(builder, *field);
        json_builder_end_array(builder);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(a, b);
}

// Sorted, so that equal outcomes are equal files.
static void add_files(JsonBuilder *builder, GHashTable *files) {
    json_builder_set_member_name(builder, "files");
    json_builder_begin_object(builder);
    g_autoptr(GList) names =
        g_list_sort(g_hash_table_get_keys(files), compare_names);
    for (GList *name = names; name != NULL; name = name->next)
        add_string(builder, name->data, g_hash_table_lookup(files, name->data));
    json_builder_end_object(builder);
}

char *store_to_json(const struct outcome *outcome) {
    g_autoptr(JsonBuilder) builder = json_builder_new_immutable();
    json_builder_begin_object(builder);
    add_integer(builder, "version", VERSION);
    add_string(builder, "end", end_names[outcome->end]);
    add_integer(builder, "code", outcome->code);
    add_integer(builder, "wall_ms", outcome->wall_ms);
    add_integer(builder, "cpu_ms", outcome->cpu_ms);
    add_integer(builder, "peak_kb", outcome->peak_kb);
    json_builder_set_member_name(builder, "output_capped");
    json_builder_add_boolean_value(builder, outcome->output_capped);
    add_string(builder, "output", outcome->output);
    add_integer(builder, "records_dropped", outcome->records_dropped);
    add_string(builder, "trouble", outcome->trouble);
    add_records(builder, outcome->records);
    add_files(builder, outcome->files);
    json_builder_end_object(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_generator_set_root(generator, root);
    json_generator_set_pretty(generator, TRUE);
    json_generator_set_indent(generator, 1);
    return json_generator_to_data(generator, NULL);
}

// --- Reading ---------------------------------------------------------------
// A damaged file may hold anything: every member is looked at before it is
// taken, and the first wrong one spoils the whole.

static JsonNode *member(JsonObject *object, const char *name, JsonNodeType type,
                        bool *good) {
    JsonNode *node = json_object_get_member(object, name);
    if (node == NULL || JSON_NODE_TYPE(node) != type) {
        *good = false;
        return NULL;
    }
    return node;
}

static gint64 read_integer(JsonObject *object, const char *name, bool *good) {
    JsonNode *node = member(object, name, JSON_NODE_VALUE, good);
    if (node == NULL || json_node_get_value_type(node) != G_TYPE_INT64) {
        *good = false;
        return 0;
    }
    return json_node_get_int(node);
}

static bool read_truth(JsonObject *object, const char *name, bool *good) {
    JsonNode *node = member(object, name, JSON_NODE_VALUE, good);
    if (node == NULL || json_node_get_value_type(node) != G_TYPE_BOOLEAN) {
        *good = false;
        return false;
    }
    return json_node_get_boolean(node);
}

static const char *node_text(JsonNode *node, bool *good) {
    if (node == NULL || JSON_NODE_TYPE(node) != JSON_NODE_VALUE ||
        json_node_get_value_type(node) != G_TYPE_STRING) {
        *good = false;
        return "";
    }
    return json_node_get_string(node);
}

static const char *read_string(JsonObject *object, const char *name,
                               bool *good) {
    return node_text(member(object, name, JSON_NODE_VALUE, good), good);
}

static enum outcome_end read_end(JsonObject *object, bool *good) {
    const char *name = read_string(object, "end", good);
    for (size_t i = 0; i < G_N_ELEMENTS(end_names); i++)
        if (strcmp(name, end_names[i]) == 0)
            return (enum outcome_end)i;
    *good = false;
    return OUTCOME_TROUBLE;
}

static void read_record(JsonNode *node, struct outcome *outcome, bool *good) {
    if (!JSON_NODE_HOLDS_OBJECT(node)) {
        *good = false;
        return;
    }
    JsonObject *object = json_node_get_object(node);
    gint64 type = read_integer(object, "type", good);
    gint64 test = read_integer(object, "test", good);
    gint64 pid = read_integer(object, "pid", good);
    JsonNode *list = member(object, "fields", JSON_NODE_ARRAY, good);
    if (!*good || type < RECORD_HELLO || type > RECORD_BYE) {
        *good = false;
        return;
    }
    JsonArray *array = json_node_get_array(list);
    guint count = json_array_get_length(array);
    GStrv fields = g_new0(char *, count + 1);
    for (guint i = 0; i < count; i++)
        fields[i] = g_strdup(node_text(json_array_get_element(array, i), good));
    outcome_take_record(outcome, (enum record_type)type, (int)test, pid,
                        fields);
}

static void read_records(JsonObject *object, struct outcome *outcome,
                         bool *good) {
    JsonNode *list = member(object, "records", JSON_NODE_ARRAY, good);
    if (list == NULL)
        return;
    JsonArray *array = json_node_get_array(list);
    for (guint i = 0; *good && i < json_array_get_length(array); i++)
        read_record(json_array_get_element(array, i), outcome, good);
}

static void read_files(JsonObject *object, struct outcome *outcome,
                       bool *good) {
    JsonNode *node = member(object, "files", JSON_NODE_OBJECT, good);
    if (node == NULL)
        return;
    JsonObjectIter iter;
    const char *name;
    JsonNode *text;
    json_object_iter_init(&iter, json_node_get_object(node));
    while (json_object_iter_next(&iter, &name, &text))
        g_hash_table_insert(outcome->files, g_strdup(name),
                            g_strdup(node_text(text, good)));
}

static void read_outcome(JsonObject *object, struct outcome *outcome,
                         bool *good) {
    outcome->end = read_end(object, good);
    outcome->code = (int)read_integer(object, "code", good);
    outcome->wall_ms = read_integer(object, "wall_ms", good);
    outcome->cpu_ms = read_integer(object, "cpu_ms", good);
    outcome->peak_kb = read_integer(object, "peak_kb", good);
    outcome->records_dropped =
        (int)read_integer(object, "records_dropped", good);
    outcome->output_capped = read_truth(object, "output_capped", good);
    g_free(outcome->output);
    outcome->output = g_strdup(read_string(object, "output", good));
    if (json_object_has_member(object, "trouble"))
        outcome->trouble = g_strdup(read_string(object, "trouble", good));
    read_records(object, outcome, good);
    read_files(object, outcome, good);
}

struct outcome *store_from_json(const char *text, gssize size) {
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    if (!json_parser_load_from_data(parser, text, size, NULL))
        return NULL;
    JsonNode *root = json_parser_get_root(parser);
    if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root))
        return NULL;
    JsonObject *object = json_node_get_object(root);
    bool good = true;
    if (read_integer(object, "version", &good) != VERSION)
        return NULL;
    struct outcome *outcome = outcome_new();
    read_outcome(object, outcome, &good);
    if (good)
        return outcome;
    outcome_free(outcome);
    return NULL;
}

// --- Files -----------------------------------------------------------------

static char *key_path(const char *folder, const char *key) {
    g_assert(strlen(key) > 2 && strspn(key, "0123456789abcdef") == strlen(key));
    return g_strdup_printf("%s/%.2s/%s.json", folder, key, key);
}

struct outcome *store_load(const char *folder, const char *key) {
    g_autofree char *path = key_path(folder, key);
    g_autofree char *text = NULL;
    gsize size;
    if (!g_file_get_contents(path, &text, &size, NULL))
        return NULL;
    struct outcome *outcome = store_from_json(text, (gssize)size);
    if (outcome != NULL)
        outcome->cached = true;
    return outcome;
}

bool store_save(const char *folder, const char *key,
                const struct outcome *outcome, GError **error) {
    g_autofree char *path = key_path(folder, key);
    g_autofree char *parent = g_path_get_dirname(path);
    if (g_mkdir_with_parents(parent, 0777) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "make '%s': %s", parent, g_strerror(errno));
        return false;
    }
    g_autofree char *text = store_to_json(outcome);
    // No fsync, which would hold up the other jobs: a file that a power cut
    // has damaged counts as not there.
    g_autofree char *new = g_strdup_printf("%s.%d.new", path, (int)getpid());
    if (!g_file_set_contents_full(new, text, -1, G_FILE_SET_CONTENTS_NONE, 0666,
                                  error))
        return false;
    if (g_rename(new, path) == 0)
        return true;
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                "rename '%s': %s", new, g_strerror(errno));
    (void)g_unlink(new);
    return false;
}

bool store_is_worth_saving(const struct outcome *outcome) {
    switch (outcome->end) {
    case OUTCOME_NOT_RUN:
    case OUTCOME_TROUBLE:
        return false;
    case OUTCOME_SIGNALLED: // the kernel, short of memory, kills with KILL
        return outcome->code != SIGKILL;
    case OUTCOME_EXITED:
    case OUTCOME_DEADLINE:
    case OUTCOME_OUTPUT:
        return true;
    }
    g_assert_not_reached();
}
