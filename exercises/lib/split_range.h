// SPDX-License-Identifier: MIT
// Cuts a range of work into parts without gaps and without overlaps.
#pragma once

// Half open: lo, lo + 1, …, hi - 1. Empty if lo == hi. As (lo, hi], the way
// do_math() counts, it serves as well: what matters is that neighbours share
// a border.
struct span {
    long lo, hi;
};

// Cuts [lo, hi) into exactly PARTS spans: out[0] begins at LO, each begins
// where the one before it ends, and the last ends at HI. Their sizes differ by
// at most one, larger ones first; so if there are more parts than numbers, the
// last ones are empty. Works for every LO and HI, from LONG_MIN to LONG_MAX.
//
// OUT is the caller's, with room for PARTS spans.
// Returns 0, or -EINVAL if hi < lo or parts < 1; OUT is untouched then.
int split_range(long lo, long hi, int parts, struct span *out);
