// SPDX-License-Identifier: MIT
// Cuts a range of work into parts, without gaps and without overlaps.
#pragma once

// The numbers lo, lo + 1, …, hi - 1: half open. HI itself is not in it, so
// neighbours share a border, and lo == hi is empty.
struct span {
    long lo, hi;
};

// Cuts [lo, hi) into exactly PARTS spans, out[0] … out[parts - 1], in order:
// out[0] begins at LO, each begins where the one before it ends, the last one
// ends at HI. Their sizes differ by at most one, and larger ones come first; so
// if there are more parts than numbers, the last ones are empty.
//
// LO and HI may be anything from LONG_MIN to LONG_MAX, both at once too. OUT is
// the caller's, with room for PARTS spans.
//
// Returns 0, or -EINVAL if hi < lo or parts < 1: OUT is untouched then.
int split_range(long lo, long hi, int parts, struct span *out);

// Cuts [lo, hi) into as many spans of GRAIN numbers each as fit, and one
// smaller one at the end for what is left over, if anything is. They are in
// order and without gaps as above; none of them is empty. LO and HI as above.
//
// OUT is the caller's, with room for CAP spans; may be NULL if CAP is 0.
//
// Returns how many spans there are (0 if lo == hi),
//   -EINVAL  if hi < lo, grain < 1 or cap < 0;
//   -ENOSPC  if there would be more than CAP.
// After an error OUT is untouched. The time that a call takes grows with the
// number of spans that it writes, not with the size of the range.
int split_grain(long lo, long hi, long grain, struct span *out, int cap);
