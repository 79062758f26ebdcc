// SPDX-License-Identifier: MIT
#include "book/ini.h"

#include <string.h>

#include "book/book.h"

void ini_set_value_error(const struct ini *ini, const char *key, GError **error,
                         const char *format, ...) {
    g_autofree char *value =
        g_key_file_get_value(ini->keys, ini->group, key, NULL);
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *rest = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, BOOK_ERROR, BOOK_ERROR_VALUE, "%s, [%s] %s = %s: %s",
                ini->path, ini->group, key, value ? value : "", rest);
}

static bool is_there(const struct ini *ini, const char *key) {
    return g_key_file_has_key(ini->keys, ini->group, key, NULL);
}

static bool must_be_there(const struct ini *ini, const char *key,
                          GError **error) {
    if (is_there(ini, key))
        return true;
    g_set_error(error, BOOK_ERROR, BOOK_ERROR_KEY,
                "%s, [%s]: the key '%s' is missing", ini->path, ini->group,
                key);
    return false;
}

bool ini_check_keys(const struct ini *ini, const char *const *allowed,
                    GError **error) {
    g_auto(GStrv) keys =
        g_key_file_get_keys(ini->keys, ini->group, NULL, NULL);
    for (int i = 0; keys[i] != NULL; i++) {
        if (g_strv_contains(allowed, keys[i]))
            continue;
        g_autofree char *list = g_strjoinv(", ", (GStrv)allowed);
        g_set_error(error, BOOK_ERROR, BOOK_ERROR_KEY,
                    "%s, [%s]: unknown key '%s'; allowed are %s", ini->path,
                    ini->group, keys[i], list);
        return false;
    }
    return true;
}

bool ini_get_number(const struct ini *ini, const char *key, int low, int high,
                    int *number, GError **error) {
    if (!must_be_there(ini, key, error))
        return false;
    g_autofree char *value =
        g_key_file_get_value(ini->keys, ini->group, key, NULL);
    gint64 parsed = 0;
    if (!g_ascii_string_to_signed(value, 10, low, high, &parsed, NULL)) {
        ini_set_value_error(ini, key, error,
                            "a whole number from %d to %d is allowed", low,
                            high);
        return false;
    }
    *number = (int)parsed;
    return true;
}

bool ini_get_text(const struct ini *ini, const char *key, char **text,
                  GError **error) {
    if (!must_be_there(ini, key, error))
        return false;
    g_autofree char *value =
        g_key_file_get_string(ini->keys, ini->group, key, NULL);
    if (value == NULL || *g_strstrip(value) == '\0') {
        ini_set_value_error(ini, key, error,
                            "a line of UTF-8 text is wanted here");
        return false;
    }
    *text = g_steal_pointer(&value);
    return true;
}

bool ini_get_flag(const struct ini *ini, const char *key, bool *flag,
                  GError **error) {
    if (!is_there(ini, key))
        return true;
    g_autofree char *value =
        g_key_file_get_value(ini->keys, ini->group, key, NULL);
    bool yes = g_str_equal(value, "true");
    if (!yes && !g_str_equal(value, "false")) {
        ini_set_value_error(ini, key, error, "true or false is allowed");
        return false;
    }
    *flag = yes;
    return true;
}

static bool is_identifier(const char *word) {
    if (!g_ascii_isalpha(*word) && *word != '_')
        return false;
    for (const char *c = word; *c != '\0'; c++)
        if (!g_ascii_isalnum(*c) && *c != '_')
            return false;
    return true;
}

static bool word_is_allowed(const struct ini *ini, const char *key,
                            const char *const *allowed, const char *word,
                            GError **error) {
    if (allowed == NULL && !is_identifier(word)) {
        ini_set_value_error(ini, key, error,
                            "'%s' is no name; names between semicolons are "
                            "allowed",
                            word);
        return false;
    }
    if (allowed != NULL && !g_strv_contains(allowed, word)) {
        g_autofree char *list = g_strjoinv(", ", (GStrv)allowed);
        ini_set_value_error(ini, key, error, "'%s' is unknown; allowed are %s",
                            word, list);
        return false;
    }
    return true;
}

bool ini_get_words(const struct ini *ini, const char *key,
                   const char *const *allowed, GStrv *words, GError **error) {
    g_autofree char *value =
        g_key_file_get_value(ini->keys, ini->group, key, NULL);
    g_auto(GStrv) pieces = g_strsplit(value ? value : "", ";", -1);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; pieces[i] != NULL; i++) {
        const char *word = g_strstrip(pieces[i]);
        if (*word == '\0')
            continue;
        if (!word_is_allowed(ini, key, allowed, word, error))
            return false;
        if (g_ptr_array_find_with_equal_func(found, word, g_str_equal, NULL)) {
            ini_set_value_error(ini, key, error, "'%s' stands there twice",
                                word);
            return false;
        }
        g_ptr_array_add(found, g_strdup(word));
    }
    g_ptr_array_add(found, NULL);
    *words = (GStrv)g_ptr_array_steal(found, NULL);
    return true;
}
