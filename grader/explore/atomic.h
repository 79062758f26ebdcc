// SPDX-License-Identifier: MIT
// Atomic operations with C11's orders: a load that is not seq_cst may see an
// older store where no happens-before forbids it.
// Sources: C11 5.1.2.4 and 7.17; the store histories follow Relacy and
// tsan11 (Lidbury and Donaldson, POPL 2017).
#pragma once

#include <stddef.h>

// A plain store to an atomic object (its initialisation): history begins anew.
void atomic_forget(const void *address, size_t size);
