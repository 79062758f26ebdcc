// SPDX-License-Identifier: MIT
// Keeps what the tools and the program itself said, word for word, for whoever
// wants to read more than the findings: build/reports/<label>/<stage>.txt.
#pragma once

#include <glib.h>

#include "model/outcome.h"
#include "model/stage.h"

// One thing to keep.
struct raw_part {
    enum stage stage;
    const struct outcome *outcome; // not owned
};

// Writes PARTS (COUNT of them), stage by stage; what was there is replaced.
// Returns the folder, relative to ROOT and owned by the caller; NULL if nothing
// could be written (a full disk costs nobody the verdict).
char *raw_write(const char *root, const char *label,
                const struct raw_part *parts, guint count);
