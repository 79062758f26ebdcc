// SPDX-License-Identifier: MIT
#include "lib/server/script.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *memory) {
    if (memory == NULL)
        abort();
    return memory;
}

// --- Bodies ------------------------------------------------------------------

// Undoes \n, \0 and \\ in place; the new length.
static size_t unescape(char *text) {
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        char c = *from;
        if (c == '\\' && from[1] != '\0') {
            c = *++from;
            c = c == 'n' ? '\n' : c == '0' ? '\0' : c;
        }
        *to++ = c;
    }
    *to = '\0';
    return (size_t)(to - text);
}

// A page of SIZE bytes whose only heading stands near its end.
static void make_page(struct rule *rule, size_t size, const char *title) {
    static const char head[] = "<!doctype html>\n<title>page</title>\n";
    static const char filler[] = "<p>nothing to see here</p>\n";
    size_t room = strlen(title) + sizeof "<h1></h1>\n";
    size_t least = sizeof head + room;
    size = size < least ? least : size;
    rule->body = must(malloc(size + 1));
    memset(rule->body, '\n', size + 1);
    size_t at = sizeof head - 1;
    memcpy(rule->body, head, at);
    while (at + sizeof filler - 1 + room < size) {
        memcpy(rule->body + at, filler, sizeof filler - 1);
        at += sizeof filler - 1;
    }
    at += (size_t)sprintf(rule->body + at, "<h1>%s</h1>", title);
    rule->body[at] = '\n'; // sprintf's NUL
    rule->length = size;
}

// --- One line ----------------------------------------------------------------

// Cuts the next word off *LINE: up to a blank, or a "quoted value" after `=`.
static char *next_word(char **line) {
    char *word = *line + strspn(*line, " \t");
    if (*word == '\0')
        return NULL;
    char *end = word + strcspn(word, " \t=");
    if (strncmp(word, "body=", 5) == 0) {
        end = word + strlen(word); // the rest of the line
    } else if (*end == '=' && end[1] == '"') {
        char *quote = strchr(end + 2, '"');
        if (quote == NULL)
            return NULL;
        memmove(end + 1, end + 2, (size_t)(quote - end - 2));
        quote[-1] = '\0';
        end = quote;
    } else {
        end += strcspn(end, " \t");
    }
    *line = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word;
}

static bool number(const char *text, long *value) {
    char *end;
    *value = strtol(text, &end, 10);
    return isdigit((unsigned char)*text) && *end == '\0';
}

// An option whose value is a number.
static bool set_number(struct rule *rule, const char *name, long value) {
    if (strcmp(name, "latency") == 0)
        rule->latency_ms = value;
    else if (strcmp(name, "rendezvous") == 0)
        rule->rendezvous = (int)value;
    else if (strcmp(name, "settle") == 0)
        rule->settle = (int)value;
    else if (strcmp(name, "split") == 0)
        rule->split = (size_t)value;
    else if (strcmp(name, "cut") == 0)
        rule->is_cut = true, rule->cut = (size_t)value;
    else
        return false;
    return true;
}

static bool parse_options(char *line, struct rule *rule) {
    const char *title = "page";
    long size = 0, value;
    for (char *word; (word = next_word(&line)) != NULL;) {
        char *equals = strchr(word, '=');
        char *text = equals == NULL ? word + strlen(word) : equals + 1;
        if (equals != NULL)
            *equals = '\0';
        if (strcmp(word, "never") == 0 && equals == NULL)
            rule->never = true;
        else if (strcmp(word, "settle") == 0 && equals == NULL)
            rule->settle = 1;
        else if (strcmp(word, "location") == 0)
            rule->location = must(strdup(text));
        else if (strcmp(word, "title") == 0)
            title = text;
        else if (strcmp(word, "body") == 0)
            rule->body = must(strdup(text)),
            rule->length = unescape(rule->body);
        else if (!number(text, &value))
            return false;
        else if (strcmp(word, "size") == 0)
            size = value;
        else if (!set_number(rule, word, value))
            return false;
    }
    if (rule->body == NULL && size > 0)
        make_page(rule, (size_t)size, title);
    return line[strspn(line, " \t")] == '\0';
}

static bool parse_line(char *line, struct rule *rule) {
    long status;
    char *path = next_word(&line);
    char *code = next_word(&line);
    *rule = (struct rule){0};
    if (path == NULL || *path != '/' || code == NULL ||
        !number(code, &status) || status < 200 || status > 599)
        return false;
    rule->path = must(strdup(path));
    rule->status = (unsigned)status;
    if (!parse_options(line, rule))
        return false;
    if (rule->body == NULL)
        rule->body = must(strdup(""));
    return true;
}

// --- The whole script --------------------------------------------------------

bool script_parse(const char *text, size_t length, struct script *script,
                  const char **why) {
    static char message[120];
    char *copy = must(strndup(text, length)), *rest = copy;
    *script = (struct script){0};
    for (int number = 1; rest != NULL; number++) {
        char *line = strsep(&rest, "\n");
        line += strspn(line, " \t");
        if (*line == '\0' || *line == '#')
            continue;
        script->rules = must(reallocarray(
            script->rules, script->count + 1, sizeof *script->rules));
        if (!parse_line(line, &script->rules[script->count++])) {
            snprintf(message, sizeof message,
                     "line %d of the script cannot be read", number);
            *why = message;
            return false;
        }
    }
    free(copy);
    return true;
}

const struct rule *script_find(const struct script *script, const char *path) {
    static const struct rule unknown = {
        .status = 404, .body = "<h1>Not Found</h1>\n", .length = 19};
    for (size_t i = 0; i < script->count; i++)
        if (strcmp(script->rules[i].path, path) == 0)
            return &script->rules[i];
    return &unknown;
}
