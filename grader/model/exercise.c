// SPDX-License-Identifier: MIT
#include "model/exercise.h"

void exercise_free(struct exercise *exercise) {
    if (exercise == NULL)
        return;
    g_free(exercise->id);
    g_free(exercise->title);
    g_strfreev(exercise->needs);
    g_strfreev(exercise->api);
    g_strfreev(exercise->allow);
    g_strfreev(exercise->libs);
    g_free(exercise->answer);
    g_free(exercise->header);
    g_free(exercise->visible_header);
    g_free(exercise->stub);
    g_free(exercise->suite);
    g_free(exercise->hints);
    g_free(exercise->task);
    g_free(exercise->solution);
    g_free(exercise->solution_text);
    g_free(exercise->variants);
    g_free(exercise);
}

void chapter_free(struct chapter *chapter) {
    if (chapter == NULL)
        return;
    g_free(chapter->folder);
    g_free(chapter->title);
    g_ptr_array_unref(chapter->exercises);
    g_free(chapter);
}

void book_free(struct book *book) {
    if (book == NULL)
        return;
    g_free(book->root);
    g_ptr_array_unref(book->chapters);
    g_free(book);
}

const struct exercise *book_find(const struct book *book, const char *id) {
    for (guint c = 0; c < book->chapters->len; c++) {
        const struct chapter *chapter = book->chapters->pdata[c];
        for (guint e = 0; e < chapter->exercises->len; e++) {
            const struct exercise *exercise = chapter->exercises->pdata[e];
            if (g_str_equal(exercise->id, id))
                return exercise;
        }
    }
    return NULL;
}
