// SPDX-License-Identifier: MIT
// Writes what output.h describes.
#pragma once

#include <stdio.h>

#include "explore/search.h"

void write_begin(FILE *out, const char *scenario);
// The shrunk failing schedule that `shared` holds.
void write_trace(FILE *out);
// CONFIRMED: the failure repeated itself.
void write_result(FILE *out, const struct search *search, int confirmed,
                  const char *strategy);
