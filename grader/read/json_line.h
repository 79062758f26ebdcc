// SPDX-License-Identifier: MIT
// One line of JSON from a program that may have been cut short, or may lie:
// what is missing or of another type comes out as the default.
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

// The object that LINE is, or NULL. It lives until PARSER reads the next line.
JsonObject *json_line_parse(JsonParser *parser, const char *line);

// Valid until the next line, without control characters of its own making.
const char *json_line_string(JsonObject *object, const char *key);
int64_t json_line_number(JsonObject *object, const char *key, int64_t missing);
// Within int; MISSING if it is not.
int json_line_int(JsonObject *object, const char *key, int missing);
bool json_line_truth(JsonObject *object, const char *key);
// NULL: none.
JsonArray *json_line_array(JsonObject *object, const char *key);
// "0x4011d2" or a number; 0 if missing.
uint64_t json_line_address(JsonObject *object, const char *key);
uint64_t json_line_element_address(JsonArray *array, guint index);
