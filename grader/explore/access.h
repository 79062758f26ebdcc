// SPDX-License-Identifier: MIT
// Plain accesses to memory.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// The running thread is about to read or write these bytes.
void access_range(const void *address, size_t size, bool is_write,
                  const void *pc);
