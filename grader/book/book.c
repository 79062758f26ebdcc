// SPDX-License-Identifier: MIT
#include "book/book.h"

#include <string.h>

#include "book/chapter.h"

G_DEFINE_QUARK(lockstep - book - error, book_error)

static bool is_root(const char *folder) {
    g_autofree char *exercises = g_build_filename(folder, "exercises", NULL);
    g_autofree char *grader = g_build_filename(folder, "grader", NULL);
    return g_file_test(exercises, G_FILE_TEST_IS_DIR) &&
           g_file_test(grader, G_FILE_TEST_IS_DIR);
}

char *book_find_root(const char *start, GError **error) {
    g_autofree char *folder = g_canonicalize_filename(start, NULL);
    while (!is_root(folder)) {
        char *parent = g_path_get_dirname(folder);
        bool at_top = g_str_equal(parent, folder);
        g_free(folder);
        folder = parent;
        if (!at_top)
            continue;
        g_set_error(error, BOOK_ERROR, BOOK_ERROR_NO_ROOT,
                    "'%s' is not inside a Lockstep workbook; call lockstep "
                    "in the folder that holds exercises/ and grader/, or below",
                    start);
        return NULL;
    }
    return g_steal_pointer(&folder);
}

// Chapters are the folders called NN-name; exercises/lib is none.
static bool is_chapter_name(const char *name) {
    return g_ascii_isdigit(name[0]) && g_ascii_isdigit(name[1]) &&
           name[2] == '-';
}

static gint by_name(gconstpointer a, gconstpointer b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *chapter_folders(const char *root, GError **error) {
    g_autofree char *path = g_build_filename(root, "exercises", NULL);
    g_autoptr(GError) cause = NULL;
    g_autoptr(GDir) folder = g_dir_open(path, 0, &cause);
    if (folder == NULL) {
        g_set_error(error, BOOK_ERROR, BOOK_ERROR_READ, "read 'exercises': %s",
                    cause->message);
        return NULL;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name = g_dir_read_name(folder); name != NULL;
         name = g_dir_read_name(folder))
        if (is_chapter_name(name))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, by_name);
    return names;
}

static bool refuse(const struct exercise *exercise, GError **error,
                   const char *format, ...) G_GNUC_PRINTF(3, 4);

static bool refuse(const struct exercise *exercise, GError **error,
                   const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *path = chapter_ini_path(exercise->chapter->folder);
    g_set_error(error, BOOK_ERROR, BOOK_ERROR_VALUE, "%s, [%s]%s", path,
                exercise->id, what);
    return false;
}

// Whether what EXERCISE needs comes before it; so needs can make no circle.
// SEEN maps the ids before it to their exercises.
static bool check_needs(const struct book *book,
                        const struct exercise *exercise, GHashTable *seen,
                        GError **error) {
    for (int i = 0; exercise->needs[i] != NULL; i++) {
        const char *id = exercise->needs[i];
        if (g_hash_table_contains(seen, id))
            continue;
        return refuse(exercise, error,
                      book_find(book, id) != NULL
                          ? " needs = %s: only exercises before this one are "
                            "allowed"
                          : " needs = %s: there is no such exercise; ids of "
                            "exercises before this one are allowed",
                      id);
    }
    return true;
}

static bool check_exercise(const struct book *book, struct exercise *exercise,
                           GHashTable *seen, GError **error) {
    const struct exercise *twin = g_hash_table_lookup(seen, exercise->id);
    if (twin != NULL)
        return refuse(
            exercise, error,
            ": this id is taken by an exercise of chapter %s; ids are "
            "unique in the workbook",
            twin->chapter->folder);
    if (!check_needs(book, exercise, seen, error))
        return false;
    g_hash_table_insert(seen, exercise->id, exercise);
    return true;
}

static bool check_book(const struct book *book, GError **error) {
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint c = 0; c < book->chapters->len; c++) {
        const struct chapter *chapter = book->chapters->pdata[c];
        for (guint e = 0; e < chapter->exercises->len; e++)
            if (!check_exercise(book, chapter->exercises->pdata[e], seen,
                                error))
                return false;
    }
    return true;
}

struct book *book_load(const char *root, GError **error) {
    g_autoptr(GPtrArray) folders = chapter_folders(root, error);
    if (folders == NULL)
        return NULL;
    g_autoptr(book_auto) book = g_new0(struct book, 1);
    book->root = g_canonicalize_filename(root, NULL);
    book->chapters =
        g_ptr_array_new_with_free_func((GDestroyNotify)chapter_free);
    for (guint i = 0; i < folders->len; i++) {
        struct chapter *chapter = chapter_load(root, folders->pdata[i], error);
        if (chapter == NULL)
            return NULL;
        g_ptr_array_add(book->chapters, chapter);
    }
    return check_book(book, error) ? g_steal_pointer(&book) : NULL;
}

bool book_check_files(const struct book *book, const struct exercise *exercise,
                      GError **error) {
    const char *const files[] = {exercise->header, exercise->stub,
                                 exercise->suite, exercise->hints,
                                 exercise->task};
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(book->root, files[i], NULL);
        if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
            continue;
        g_set_error(error, BOOK_ERROR, BOOK_ERROR_FILE,
                    "exercise '%s': '%s' is missing; `git checkout -- %s` "
                    "brings it back",
                    exercise->id, files[i], files[i]);
        return false;
    }
    return true;
}
