// SPDX-License-Identifier: MIT
// The verdicts as JSON, for programs. docs/json-format.md is the format.
#pragma once

#include <glib.h>

// VERDICTS: of struct verdict *. Ends with a newline; always valid UTF-8.
void json_report_write(GString *out, const GPtrArray *verdicts);
