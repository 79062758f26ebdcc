// SPDX-License-Identifier: MIT
#include "read/json_line.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MOST = 1 << 20 };

JsonObject *json_line_parse(JsonParser *parser, const char *line) {
    if (strlen(line) > LINE_MOST || !g_utf8_validate(line, -1, NULL) ||
        !json_parser_load_from_data(parser, line, -1, NULL))
        return NULL;
    JsonNode *root = json_parser_get_root(parser);
    return root != NULL && JSON_NODE_HOLDS_OBJECT(root)
               ? json_node_get_object(root)
               : NULL;
}

static JsonNode *value_of(JsonObject *object, const char *key) {
    JsonNode *node = json_object_get_member(object, key);
    return node != NULL && JSON_NODE_HOLDS_VALUE(node) ? node : NULL;
}

const char *json_line_string(JsonObject *object, const char *key) {
    JsonNode *node = value_of(object, key);
    return node != NULL && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

int64_t json_line_number(JsonObject *object, const char *key, int64_t missing) {
    JsonNode *node = value_of(object, key);
    return node != NULL && json_node_get_value_type(node) == G_TYPE_INT64
               ? json_node_get_int(node)
               : missing;
}

int json_line_int(JsonObject *object, const char *key, int missing) {
    int64_t number = json_line_number(object, key, missing);
    return number < G_MININT || number > G_MAXINT ? missing : (int)number;
}

bool json_line_truth(JsonObject *object, const char *key) {
    JsonNode *node = value_of(object, key);
    return node != NULL && json_node_get_value_type(node) == G_TYPE_BOOLEAN &&
           json_node_get_boolean(node);
}

JsonArray *json_line_array(JsonObject *object, const char *key) {
    JsonNode *node = json_object_get_member(object, key);
    return node != NULL && JSON_NODE_HOLDS_ARRAY(node)
               ? json_node_get_array(node)
               : NULL;
}

static uint64_t address_of(JsonNode *node) {
    if (node == NULL || !JSON_NODE_HOLDS_VALUE(node))
        return 0;
    if (json_node_get_value_type(node) == G_TYPE_STRING)
        return g_ascii_strtoull(json_node_get_string(node), NULL, 0);
    return json_node_get_value_type(node) == G_TYPE_INT64
               ? (uint64_t)json_node_get_int(node)
               : 0;
}

uint64_t json_line_address(JsonObject *object, const char *key) {
    return address_of(json_object_get_member(object, key));
}

uint64_t json_line_element_address(JsonArray *array, guint index) {
    return address_of(json_array_get_element(array, index));
}
