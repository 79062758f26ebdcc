// SPDX-License-Identifier: MIT
#include "book/chapter.h"

#include <string.h>

#include "book/book.h"
#include "book/ini.h"
#include "model/stage.h"

#define CHAPTER_GROUP "chapter"

static const char *const chapter_keys[] = {"number", "title", NULL};
static const char *const exercise_keys[] = {
    "number", "title", "stars", "minutes",  "needs", "stages",
    "api",    "allow", "libs",  "memcheck", NULL};
static const char *const allowed_groups[] = {"processes", "curl", "sockets",
                                             "contexts",  "exec", NULL};
static const char *const allowed_libs[] = {"curl", "m", NULL};

char *chapter_ini_path(const char *folder) {
    return g_build_filename("exercises", folder, "chapter.ini", NULL);
}

static bool read_stages(const struct ini *ini, struct exercise *exercise,
                        GError **error) {
    const char *names[STAGE_COUNT + 1] = {NULL};
    for (int i = 0; i < STAGE_COUNT; i++)
        names[i] = stage_name((enum stage)i);
    g_auto(GStrv) words = NULL;
    if (!ini_get_words(ini, "stages", names, &words, error))
        return false;
    for (int i = 0; words[i] != NULL; i++) {
        enum stage stage = STAGE_BUILD;
        stage_from_name(words[i], &stage);
        exercise->stages[stage] = true;
    }
    if (exercise->stages[STAGE_BUILD] && exercise->stages[STAGE_TESTS])
        return true;
    ini_set_value_error(ini, "stages", error,
                        "build and tests must be among them");
    return false;
}

static bool read_api(const struct ini *ini, struct exercise *exercise,
                     GError **error) {
    if (!ini_get_words(ini, "api", NULL, &exercise->api, error))
        return false;
    if (exercise->api[0] != NULL)
        return true;
    ini_set_value_error(ini, "api", error,
                        "name the functions that the answer must define");
    return false;
}

static bool read_keys(const struct ini *ini, struct exercise *exercise,
                      GError **error) {
    return ini_check_keys(ini, exercise_keys, error) &&
           ini_get_number(ini, "number", 1, 99, &exercise->number, error) &&
           ini_get_text(ini, "title", &exercise->title, error) &&
           ini_get_number(ini, "stars", 1, 5, &exercise->stars, error) &&
           ini_get_number(ini, "minutes", 1, 600, &exercise->minutes, error) &&
           ini_get_words(ini, "needs", NULL, &exercise->needs, error) &&
           read_stages(ini, exercise, error) &&
           read_api(ini, exercise, error) &&
           ini_get_words(ini, "allow", allowed_groups, &exercise->allow,
                         error) &&
           ini_get_words(ini, "libs", allowed_libs, &exercise->libs, error) &&
           ini_get_flag(ini, "memcheck", &exercise->memcheck, error);
}

// TOP/<chapter's folder>/BELOW/<id>ENDING.
static char *path_of(const struct exercise *exercise, const char *top,
                     const char *below, const char *ending) {
    g_autofree char *name = g_strconcat(exercise->id, ending, NULL);
    return g_build_filename(top, exercise->chapter->folder, below, name, NULL);
}

static void set_paths(struct exercise *exercise) {
    exercise->answer = path_of(exercise, "exercises", "", ".c");
    exercise->visible_header = path_of(exercise, "exercises", "", ".h");
    exercise->task = path_of(exercise, "exercises", "", ".md");
    exercise->header = path_of(exercise, "exercises", ".hidden", ".h");
    exercise->stub = path_of(exercise, "exercises", ".hidden", ".stub.c");
    exercise->suite = path_of(exercise, "exercises", ".hidden", "_suite.c");
    exercise->hints = path_of(exercise, "exercises", ".hidden", ".hints.md");
    exercise->solution = path_of(exercise, "solutions", "", ".c");
    exercise->solution_text = path_of(exercise, "solutions", "", ".md");
    exercise->variants = path_of(exercise, "tests/variants", "", "");
}

static bool check_id(const char *path, const char *id, GError **error) {
    if (g_regex_match_simple("^[a-z][a-z0-9_]*$", id, 0, 0))
        return true;
    g_set_error(error, BOOK_ERROR, BOOK_ERROR_VALUE,
                "%s, [%s]: this is no id; lower-case letters, digits and _ are "
                "allowed, a letter first",
                path, id);
    return false;
}

static struct exercise *read_exercise(const struct ini *ini,
                                      const struct chapter *chapter,
                                      GError **error) {
    struct exercise *exercise = g_new0(struct exercise, 1);
    exercise->chapter = chapter;
    exercise->id = g_strdup(ini->group);
    if (!check_id(ini->path, ini->group, error) ||
        !read_keys(ini, exercise, error)) {
        exercise_free(exercise);
        return NULL;
    }
    set_paths(exercise);
    return exercise;
}

static gint by_number(gconstpointer a, gconstpointer b) {
    const struct exercise *const *left = a;
    const struct exercise *const *right = b;
    return (*left)->number - (*right)->number;
}

static bool numbers_differ(const struct chapter *chapter, const char *path,
                           GError **error) {
    for (guint i = 1; i < chapter->exercises->len; i++) {
        const struct exercise *a = chapter->exercises->pdata[i - 1];
        const struct exercise *b = chapter->exercises->pdata[i];
        if (a->number != b->number)
            continue;
        g_set_error(error, BOOK_ERROR, BOOK_ERROR_VALUE,
                    "%s: [%s] and [%s] both have number = %d", path, a->id,
                    b->id, a->number);
        return false;
    }
    return true;
}

static bool read_exercises(GKeyFile *keys, const char *path,
                           struct chapter *chapter, GError **error) {
    g_auto(GStrv) groups = g_key_file_get_groups(keys, NULL);
    for (int i = 0; groups[i] != NULL; i++) {
        if (g_str_equal(groups[i], CHAPTER_GROUP))
            continue;
        struct ini ini = {keys, path, groups[i]};
        struct exercise *exercise = read_exercise(&ini, chapter, error);
        if (exercise == NULL)
            return false;
        g_ptr_array_add(chapter->exercises, exercise);
    }
    g_ptr_array_sort(chapter->exercises, by_number);
    return numbers_differ(chapter, path, error);
}

static bool read_chapter(const struct ini *ini, struct chapter *chapter,
                         GError **error) {
    if (!g_key_file_has_group(ini->keys, CHAPTER_GROUP)) {
        g_set_error(error, BOOK_ERROR, BOOK_ERROR_KEY,
                    "%s: the group [" CHAPTER_GROUP "] is missing", ini->path);
        return false;
    }
    if (!ini_check_keys(ini, chapter_keys, error) ||
        !ini_get_number(ini, "number", 1, 99, &chapter->number, error) ||
        !ini_get_text(ini, "title", &chapter->title, error))
        return false;
    g_autofree char *start = g_strdup_printf("%02d-", chapter->number);
    if (g_str_has_prefix(chapter->folder, start))
        return true;
    ini_set_value_error(ini, "number", error,
                        "the folder's name must start with it, as in '%s…'",
                        start);
    return false;
}

// What LINE opens or sets, with the group it is in: "[group]" or "[group] key";
// NULL for comments and blank lines. Owned by the caller.
static char *name_in_line(const char *line, char **group) {
    g_autofree char *start = g_strstrip(g_strdup(line));
    if (*start == '[') {
        g_free(*group);
        *group = g_strdup(start);
        return g_steal_pointer(&start);
    }
    char *equals = strchr(start, '=');
    if (*start == '#' || equals == NULL)
        return NULL;
    *equals = '\0';
    return g_strdup_printf("%s %s", *group, g_strchomp(start));
}

// GKeyFile quietly merges groups of the same name, and keeps the last of two
// equal keys; here both are mistakes.
static bool nothing_twice(const char *path, const char *text, GError **error) {
    g_autoptr(GHashTable) seen =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *group = g_strdup("");
    for (int i = 0; lines[i] != NULL; i++) {
        char *name = name_in_line(lines[i], &group);
        if (name == NULL || !g_hash_table_contains(seen, name)) {
            if (name != NULL)
                g_hash_table_add(seen, name);
            continue;
        }
        g_set_error(error, BOOK_ERROR, BOOK_ERROR_KEY,
                    "%s, line %d: %s is there twice; once is allowed", path,
                    i + 1, name);
        g_free(name);
        return false;
    }
    return true;
}

static GKeyFile *read_keys_of(const char *root, const char *path,
                              GError **error) {
    g_autofree char *absolute = g_build_filename(root, path, NULL);
    g_autofree char *text = NULL;
    gsize length = 0;
    g_autoptr(GError) cause = NULL;
    if (!g_file_get_contents(absolute, &text, &length, &cause)) {
        g_set_error(error, BOOK_ERROR, BOOK_ERROR_READ, "read '%s': %s", path,
                    cause->message);
        return NULL;
    }
    g_autoptr(GKeyFile) keys = g_key_file_new();
    if (!g_key_file_load_from_data(keys, text, length, G_KEY_FILE_NONE,
                                   &cause)) {
        g_set_error(error, BOOK_ERROR, BOOK_ERROR_READ, "%s: %s", path,
                    cause->message);
        return NULL;
    }
    return nothing_twice(path, text, error) ? g_steal_pointer(&keys) : NULL;
}

struct chapter *chapter_load(const char *root, const char *folder,
                             GError **error) {
    g_autofree char *path = chapter_ini_path(folder);
    g_autoptr(GKeyFile) keys = read_keys_of(root, path, error);
    if (keys == NULL)
        return NULL;
    struct chapter *chapter = g_new0(struct chapter, 1);
    chapter->folder = g_strdup(folder);
    chapter->exercises =
        g_ptr_array_new_with_free_func((GDestroyNotify)exercise_free);
    struct ini ini = {keys, path, CHAPTER_GROUP};
    if (read_chapter(&ini, chapter, error) &&
        read_exercises(keys, path, chapter, error))
        return chapter;
    chapter_free(chapter);
    return NULL;
}
