// SPDX-License-Identifier: MIT
#include "book/progress.h"

#include <errno.h>
#include <string.h>

#include "book/book.h"

static char *state_path(const struct book *book,
                        const struct exercise *exercise) {
    g_autofree char *name = g_strconcat(exercise->id, ".ini", NULL);
    return g_build_filename(book->root, "build", "state", name, NULL);
}

// The record of EXERCISE; empty if there is none or it cannot be read.
static GKeyFile *read_state(const struct book *book,
                            const struct exercise *exercise) {
    g_autofree char *path = state_path(book, exercise);
    GKeyFile *state = g_key_file_new();
    g_key_file_load_from_file(state, path, G_KEY_FILE_NONE, NULL);
    return state;
}

static bool write_state(const struct book *book,
                        const struct exercise *exercise, GKeyFile *state,
                        GError **error) {
    g_autofree char *path = state_path(book, exercise);
    g_autofree char *folder = g_path_get_dirname(path);
    if (g_mkdir_with_parents(folder, 0777) != 0) {
        g_set_error(error, BOOK_ERROR, BOOK_ERROR_READ,
                    "make the folder 'build/state': %s", g_strerror(errno));
        return false;
    }
    return g_key_file_save_to_file(state, path, error);
}

// The bytes of a regular file, or NULL.
static GBytes *read_file(const char *path) {
    char *text = NULL;
    gsize length = 0;
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
        !g_file_get_contents(path, &text, &length, NULL))
        return NULL;
    return g_bytes_new_take(text, length);
}

char *progress_hash_file(const char *path) {
    g_autoptr(GBytes) bytes = read_file(path);
    if (bytes == NULL)
        return NULL;
    return g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
}

bool progress_is_stub(const struct book *book, const struct exercise *exercise,
                      const char *path) {
    g_autofree char *stub_path =
        g_build_filename(book->root, exercise->stub, NULL);
    g_autoptr(GBytes) stub = read_file(stub_path);
    g_autoptr(GBytes) answer = read_file(path);
    return stub != NULL && answer != NULL && g_bytes_equal(stub, answer);
}

static enum progress_state last_verdict(const struct book *book,
                                        const struct exercise *exercise,
                                        const char *hash) {
    g_autoptr(GKeyFile) state = read_state(book, exercise);
    g_autofree char *graded =
        g_key_file_get_string(state, "last", "answer", NULL);
    g_autofree char *value =
        g_key_file_get_string(state, "last", "verdict", NULL);
    if (g_strcmp0(graded, hash) != 0)
        return PROGRESS_CHANGED;
    bool passed =
        g_strcmp0(value, verdict_value_name(VERDICT_PASS)) == 0;
    return passed ? PROGRESS_PASSED : PROGRESS_FAILED;
}

enum progress_state progress_state(const struct book *book,
                                   const struct exercise *exercise) {
    g_autofree char *answer =
        g_build_filename(book->root, exercise->answer, NULL);
    g_autofree char *hash = progress_hash_file(answer);
    if (hash == NULL)
        return PROGRESS_MISSING;
    if (progress_is_stub(book, exercise, answer))
        return PROGRESS_NOT_STARTED;
    return last_verdict(book, exercise, hash);
}

const char *progress_state_name(enum progress_state state) {
    static const char *const names[] = {
        [PROGRESS_NOT_STARTED] = "not started",
        [PROGRESS_CHANGED] = "changed",
        [PROGRESS_PASSED] = "passed",
        [PROGRESS_FAILED] = "failed",
        [PROGRESS_MISSING] = "missing",
    };
    return names[state];
}

bool progress_save(const struct book *book, const struct exercise *exercise,
                   enum verdict_value value, const char *answer_sha256,
                   GError **error) {
    if (value == VERDICT_BLOCKED)
        value = VERDICT_FAIL;
    if (value != VERDICT_PASS && value != VERDICT_FAIL)
        return true;
    g_autoptr(GKeyFile) state = read_state(book, exercise);
    g_key_file_set_string(state, "last", "verdict", verdict_value_name(value));
    g_key_file_set_string(state, "last", "answer", answer_sha256);
    return write_state(book, exercise, state, error);
}

static bool is_ready(const struct book *book, const struct exercise *exercise) {
    for (int i = 0; exercise->needs[i] != NULL; i++)
        if (progress_state(book, book_find(book, exercise->needs[i])) !=
            PROGRESS_PASSED)
            return false;
    return true;
}

// Whether A is to be done before B, which may be NULL: what can be done at once
// before what needs something else first, then the easier one.
static bool is_before(const struct book *book, const struct exercise *a,
                      const struct exercise *b) {
    if (b == NULL)
        return true;
    bool ready = is_ready(book, a);
    return ready != is_ready(book, b) ? ready : a->stars < b->stars;
}

const struct exercise *progress_next(const struct book *book) {
    const struct exercise *untouched = NULL;
    for (guint c = 0; c < book->chapters->len; c++) {
        const struct chapter *chapter = book->chapters->pdata[c];
        for (guint e = 0; e < chapter->exercises->len; e++) {
            const struct exercise *exercise = chapter->exercises->pdata[e];
            enum progress_state state = progress_state(book, exercise);
            if (state == PROGRESS_CHANGED || state == PROGRESS_FAILED)
                return exercise;
            if (state != PROGRESS_PASSED &&
                is_before(book, exercise, untouched))
                untouched = exercise;
        }
    }
    return untouched;
}

int progress_hints(const struct book *book, const struct exercise *exercise) {
    g_autoptr(GKeyFile) state = read_state(book, exercise);
    return g_key_file_get_integer(state, "hints", "shown", NULL);
}

bool progress_save_hints(const struct book *book,
                         const struct exercise *exercise, int shown,
                         GError **error) {
    g_autoptr(GKeyFile) state = read_state(book, exercise);
    g_key_file_set_integer(state, "hints", "shown", shown);
    return write_state(book, exercise, state, error);
}
