// SPDX-License-Identifier: MIT
// Verdicts for the tests of report/, read from tests/golden/report/*.case: an
// INI part, a line "---", and the answer's source.
//
// A place is written "text @ function @ thread @ role", where text is what
// stands at the place in the source (the first line that holds it), or
// "!file:line" for a place outside of it.
//
// GOLDEN_UPDATE=1 in the environment writes the expected texts anew.
#pragma once

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "judge/explain.h"
#include "model/verdict.h"

#define FIXTURES "tests/golden/report/"

struct fixture {
    struct chapter *chapter;
    struct exercise *exercise;
    struct verdict *verdict;
};

static inline char *fixture_get(GKeyFile *ini, const char *group,
                                const char *key) {
    char *text = g_key_file_get_value(ini, group, key, NULL);
    if (text != NULL && text[0] == '\0')
        g_clear_pointer(&text, g_free);
    return text;
}

static inline const char *fixture_part(GStrv parts, guint index) {
    if (index >= g_strv_length(parts))
        return NULL;
    const char *part = g_strstrip(parts[index]);
    return part[0] != '\0' ? part : NULL;
}

static inline void fixture_add_place(struct finding *finding,
                                     const struct verdict *verdict,
                                     const char *text) {
    g_auto(GStrv) parts = g_strsplit(text, "@", -1);
    const char *at = fixture_part(parts, 0);
    g_autofree char *file = g_path_get_basename(verdict->exercise->answer);
    int line = 1;
    int column = 0;
    if (at[0] == '!') {
        const char *colon = strrchr(at, ':');
        g_free(g_steal_pointer(&file));
        file = g_strndup(at + 1, (gsize)(colon - at - 1));
        line = atoi(colon + 1);
    } else {
        const char *found = strstr(verdict->source, at);
        ck_assert_msg(found != NULL, "'%s' is not in the source", at);
        const char *start = verdict->source;
        for (const char *p = start; p < found; p++) {
            if (*p == '\n') {
                line++;
                start = p + 1;
            }
        }
        column = (int)(found - start) + 1;
    }
    finding_add_place(finding, file, line, column, fixture_part(parts, 1),
                      fixture_part(parts, 2), fixture_part(parts, 3));
}

static inline void fixture_add_finding(struct verdict *verdict, GKeyFile *ini,
                                       const char *group) {
    g_autofree char *kind_name = fixture_get(ini, group, "kind");
    g_autofree char *stage_name_ = fixture_get(ini, group, "stage");
    g_autofree char *message = fixture_get(ini, group, "message");
    enum finding_kind kind = FINDING_ADVICE;
    enum stage stage = STAGE_BUILD;
    ck_assert(finding_kind_from_name(kind_name, &kind));
    ck_assert(stage_from_name(stage_name_, &stage));
    struct finding *finding = finding_new(kind, stage, "%s", message);
    finding->main = g_str_equal(group, "main");
    finding->test = fixture_get(ini, group, "test");
    finding->scene = fixture_get(ini, group, "scene");
    finding->why = fixture_get(ini, group, "why");
    finding->next = fixture_get(ini, group, "next");
    if (finding->why == NULL)
        finding->why = g_strdup(explain_why(kind));
    if (finding->next == NULL)
        finding->next = g_strdup(explain_next(kind));
    finding->again = g_strdup_printf("make grade EX=%s", verdict->exercise->id);
    for (int i = 1;; i++) {
        g_autofree char *key = g_strdup_printf("place%d", i);
        g_autofree char *place = fixture_get(ini, group, key);
        if (place == NULL)
            break;
        fixture_add_place(finding, verdict, place);
    }
    g_ptr_array_add(verdict->findings, finding);
}

static inline enum verdict_value fixture_value(const char *name) {
    for (int i = 0; i <= VERDICT_NONE; i++) {
        if (g_str_equal(name, verdict_value_name((enum verdict_value)i)))
            return (enum verdict_value)i;
    }
    ck_abort_msg("'%s' is no verdict", name);
}

static inline void fixture_set_stages(struct verdict *verdict, GKeyFile *ini) {
    g_autofree char *text = fixture_get(ini, "verdict", "stages");
    g_auto(GStrv) items = g_strsplit(text, ";", -1);
    for (int i = 0; items[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit(items[i], " ", 2);
        enum stage stage = STAGE_BUILD;
        ck_assert(stage_from_name(words[0], &stage));
        struct stage_verdict *result = &verdict->stages[stage];
        result->value = fixture_value(words[1]);
        result->wall_ms = 400 + 100 * (int)stage;
        result->cpu_ms = 300;
        if (result->value != VERDICT_PASS && result->value != VERDICT_FAIL)
            result->reason = fixture_get(ini, "verdict", "reason");
    }
}

static inline struct fixture fixture_new(const char *id, int chapter,
                                         const char *folder, int number,
                                         const char *title) {
    struct fixture f;
    f.chapter = g_new0(struct chapter, 1);
    f.chapter->number = chapter;
    f.chapter->folder = g_strdup(folder);
    f.chapter->title = g_strdup(folder);
    f.chapter->exercises = g_ptr_array_new();
    f.exercise = g_new0(struct exercise, 1);
    f.exercise->chapter = f.chapter;
    f.exercise->number = number;
    f.exercise->id = g_strdup(id);
    f.exercise->title = g_strdup(title);
    f.exercise->stars = 2;
    f.exercise->minutes = 40;
    f.exercise->answer = g_strdup_printf("exercises/%s/%s.c", folder, id);
    f.exercise->solution_text =
        g_strdup_printf("solutions/%s/%s.md", folder, id);
    f.verdict = verdict_new(f.exercise);
    f.verdict->path = g_strdup(f.exercise->answer);
    f.verdict->report = g_strdup_printf("build/reports/%s/", id);
    return f;
}

static inline void fixture_free(struct fixture *f) {
    verdict_free(f->verdict);
    exercise_free(f->exercise);
    chapter_free(f->chapter);
}

// NAME: "data-race", without folder and ending.
static inline struct fixture fixture_load(const char *name) {
    g_autofree char *path = g_strconcat(FIXTURES, name, ".case", NULL);
    g_autofree char *text = NULL;
    ck_assert_msg(g_file_get_contents(path, &text, NULL, NULL), "read %s",
                  path);
    char *cut = strstr(text, "\n---\n");
    ck_assert_msg(cut != NULL, "%s has no line ---", path);
    *cut = '\0';
    g_autoptr(GKeyFile) ini = g_key_file_new();
    ck_assert(
        g_key_file_load_from_data(ini, text, (gsize)-1, G_KEY_FILE_NONE, NULL));
    g_autofree char *id = fixture_get(ini, "exercise", "id");
    g_autofree char *folder = fixture_get(ini, "exercise", "folder");
    g_autofree char *title = fixture_get(ini, "exercise", "title");
    struct fixture f = fixture_new(
        id, g_key_file_get_integer(ini, "exercise", "chapter", NULL), folder,
        g_key_file_get_integer(ini, "exercise", "number", NULL), title);
    f.verdict->source = g_strdup(cut + strlen("\n---\n"));
    g_autofree char *value = fixture_get(ini, "verdict", "value");
    f.verdict->value = value != NULL ? fixture_value(value) : VERDICT_FAIL;
    fixture_set_stages(f.verdict, ini);
    g_auto(GStrv) groups = g_key_file_get_groups(ini, NULL);
    for (int i = 0; groups[i] != NULL; i++) {
        if (g_str_has_prefix(groups[i], "main") ||
            g_str_has_prefix(groups[i], "also"))
            fixture_add_finding(f.verdict, ini, groups[i]);
    }
    return f;
}

// Compares TEXT with tests/golden/report/NAME.
static inline void fixture_expect(const char *name, const char *text) {
    g_autofree char *path = g_strconcat(FIXTURES, name, NULL);
    if (getenv("GOLDEN_UPDATE") != NULL)
        ck_assert(g_file_set_contents(path, text, -1, NULL));
    g_autofree char *expected = NULL;
    ck_assert_msg(g_file_get_contents(path, &expected, NULL, NULL),
                  "%s is missing; GOLDEN_UPDATE=1 writes it", path);
    ck_assert_msg(g_str_equal(expected, text),
                  "not what %s holds; it is now:\n%s", path, text);
}

static inline int fixture_run(Suite *suite) {
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
