// SPDX-License-Identifier: MIT
// Reads one chapter.ini into a struct chapter with its exercises.
#pragma once

#include <glib.h>

#include "model/exercise.h"

// The chapter in ROOT/exercises/FOLDER, its exercises in the order of their
// numbers; NULL with an error that names the file and the key. Whether the
// names in `needs` exist is for the caller, who has all chapters.
struct chapter *chapter_load(const char *root, const char *folder,
                             GError **error);

// "exercises/FOLDER/chapter.ini". Owned by the caller.
char *chapter_ini_path(const char *folder);
