// SPDX-License-Identifier: MIT
// Turns code addresses of this program into function, file and line, through
// one llvm-symbolizer that is started when the first question is asked: a run
// in which nothing goes wrong never pays for it.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The location of a call, given its return address, as the field
// "function|file|line|column" of record_types.h: the innermost frame that is
// not inlined library code. BUFFER is returned; empty if unknown or SITE is 0.
const char *symbols_site(uintptr_t site, char *buffer, size_t size);
// The same for the address of an instruction.
const char *symbols_address(uintptr_t address, char *buffer, size_t size);
// The name of the function at ADDRESS, or "".
const char *symbols_function(uintptr_t address, char *buffer, size_t size);

// A sanitizer's report with its frames "{module+0xoffset}" and its nameless
// globals made readable: the form the tools give themselves when they
// symbolize. The caller frees it.
char *symbols_rewrite(const char *report);

// Where this program is loaded: address - base is what a report prints.
uintptr_t symbols_base(void);

// Ends the symbolizer, if any; the descriptors to it are closed in a test.
void symbols_stop(void);
void symbols_forget_in_child(void);
