// SPDX-License-Identifier: MIT
// The system calls that a box refuses: what neither a compiler nor an answer
// needs and what would reach beyond the sandbox.
#pragma once

#include <glib.h>
#include <stdbool.h>

// A new descriptor (O_CLOEXEC, at offset 0) of the compiled BPF program, as
// `bwrap --seccomp` and struct sock_fprog take it. WANTS_JIT: memory may be
// made executable, as valgrind needs it; without it a program cannot write
// itself code. -1 and ERROR if there is no memory or no libseccomp for this
// machine. The two programs are made once and kept for the life of the
// process.
int filter_open(bool wants_jit, GError **error);

// The same program for a child that installs it by itself (no bwrap here).
// Owned by this module; struct sock_fprog of <linux/filter.h>.
struct sock_fprog;
const struct sock_fprog *filter_program(bool wants_jit, GError **error);
