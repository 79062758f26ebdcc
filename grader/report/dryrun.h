// SPDX-License-Identifier: MIT
// What `lockstep grade --dry-run` prints: every job of a plan, in order, with
// what it waits for, its limits and its commands, quoted for a shell.
#pragma once

#include <glib.h>

#include "model/job.h"
#include "report/style.h"

void dryrun_write(GString *out, const struct style *style,
                  const struct plan *plan);
