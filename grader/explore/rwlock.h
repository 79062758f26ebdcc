// SPDX-License-Identifier: MIT
#pragma once

#include "explore/objects.h"

// Whether readers of LOCK have to wait because WRITER waits for it.
bool rwlock_puts_first(const struct object *lock, const struct thread *writer);
