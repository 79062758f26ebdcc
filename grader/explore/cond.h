// SPDX-License-Identifier: MIT
#pragma once

#include <stdint.h>

int cond_wait(const void *cond, const void *mutex, int64_t deadline,
              const void *pc);
int cond_signal(const void *cond, const void *pc);
int cond_broadcast(const void *cond, const void *pc);
int cond_destroy(const void *cond, const void *pc);
