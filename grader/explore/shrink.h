// SPDX-License-Identifier: MIT
// Makes a failing schedule short: what is left of its preemptions and other
// choices is needed for the failure.
// Method: delta debugging (Zeller and Hildebrandt, TSE 2002).
#pragma once

#include <stdbool.h>

// Repeats the schedule of SLOT, then shortens it; afterwards `shared` holds its
// events and results[0] how it ended. False if it does not repeat itself.
bool shrink(unsigned slot, unsigned scenario);
