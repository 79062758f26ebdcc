// SPDX-License-Identifier: MIT
// What it means that a signal ended a test's process, for a learner.
#pragma once

// The name of signal NUMBER, "SIGSEGV", or "a signal"; *WORDS says what most
// likely happened, or is "". Static text.
const char *signal_words(int number, const char **words);
