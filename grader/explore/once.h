// SPDX-License-Identifier: MIT
#pragma once

void once_call(const void *control, void (*function)(void), const void *pc);
