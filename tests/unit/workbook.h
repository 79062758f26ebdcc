// SPDX-License-Identifier: MIT
// A small workbook in a temporary folder, for tests of book/.
#pragma once

#include <check.h>
#include <ftw.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>

// Writes ROOT/PATH with TEXT, and the folders above it.
static inline void workbook_write(const char *root, const char *path,
                                  const char *text) {
    g_autofree char *whole = g_build_filename(root, path, NULL);
    g_autofree char *folder = g_path_get_dirname(whole);
    ck_assert_int_eq(g_mkdir_with_parents(folder, 0777), 0);
    ck_assert(g_file_set_contents(whole, text, -1, NULL));
}

// Its root, absolute, with exercises/ and grader/; owned by the caller.
static inline char *workbook_new(void) {
    char *root = g_dir_make_tmp("lockstep-XXXXXX", NULL);
    ck_assert_ptr_nonnull(root);
    workbook_write(root, "grader/keep", "");
    workbook_write(root, "exercises/lib/keep", "");
    return root;
}

static inline int workbook_remove_one(const char *path, const struct stat *info,
                                      int type, struct FTW *where) {
    (void)info, (void)type, (void)where;
    return remove(path);
}

static inline void workbook_remove(const char *root) {
    nftw(root, workbook_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
