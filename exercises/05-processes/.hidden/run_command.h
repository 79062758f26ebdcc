// SPDX-License-Identifier: MIT
// Runs another program: feeds its standard input, collects what it writes, and
// ends it when its time is up.
#pragma once

#include <stddef.h>

// What became of the program. OUT and ERR are made by run_command, each
// with one more byte, a 0, behind its last: they can be printed as they are.
// run_free() frees them.
struct run {
    int exit_code;   // 0 … 255; -1 if a signal ended it
    int term_signal; // that signal; 0 if it ended by itself
    char *out;       // what it wrote to its standard output …
    char *err;       // … and to its standard error; "" if nothing
    size_t out_len;  // bytes, without that 0
    size_t err_len;
};

// Starts ARGV[0], a path or a name that is looked up in PATH as execvp() does,
// with the arguments ARGV (NULL after the last) and the caller's environment.
// No shell comes in between. Its standard input brings the IN_LEN bytes at IN
// and then ends; its standard output and standard error are collected. IN may
// be NULL if IN_LEN is 0.
//
// The call is over when the program has ended and all that it wrote is there.
// It may take its input late, in part or not at all, and write much or little,
// in any order: none of that is an error, and nobody waits for ever. Most of
// all it does not need the input to end first before it writes, nor the other
// way round.
//
// TIMEOUT_MS > 0 is the longest that the whole call may take, in milliseconds,
// however busily the program reads and writes meanwhile; -1 means no limit. If
// the program, or what it writes, has not ended by then, it is killed with
// SIGKILL and reaped. What it wrote until then is kept, also what is still in a
// pipe.
//
// Returns
//    0          the program ran and ended; R tells how. A program that fails
//               (exit code 1, 127 …) or dies of a signal is no error of
//               run_command's;
//   -ENOENT,    there is no such program; it must not be executed; and so on:
//   -EACCES …   what exec said;
//   -ETIMEDOUT  time was up. R tells of the killed program: term_signal is
//               SIGKILL, out and err are what it had written;
//   -errno      something else was not to be had: -EAGAIN for fork() or
//               pthread_create(), -EMFILE for pipe() and the like, -ENOMEM for
//               memory. If the program has been started, it is killed and
//               reaped.
// Whatever R held before is overwritten in every case. With an error other than
// -ETIMEDOUT, out and err are NULL, both lengths are 0 and the rest means
// nothing.
//
// In every case nothing is left when it returns: no child, no zombie, no
// thread, no descriptor. The program is the only child that is ever waited for:
// the caller may have others. What the caller has printed and not yet flushed is
// not written by a child, nor does one run the caller's exit handlers.
//
// Several threads may call run_command at the same time, and no call waits for
// another one's program. Each program has descriptors 0, 1 and 2 and none of
// those that run_command makes, for its own or for another call. (What the
// caller has open itself, and not marked close-on-exec, is the caller's affair:
// it may be passed on or not.)
//
// It does not end the caller if the program stops reading (SIGPIPE). The
// program starts with the signals blocked and ignored that the caller has
// blocked and ignored, no more and no fewer, and when run_command returns the
// caller's own handlers and its mask are as they were.
//
// While nothing happens it sleeps: it looks again at most about once a
// millisecond. Any call may be interrupted by a signal (EINTR); reads and
// writes may move fewer bytes than asked for.
//
// The program ends by itself or when killed; it leaves no processes of its own
// behind that hold what it wrote to open. Files may be used, in /tmp, if they
// are gone afterwards.
int run_command(char *const argv[], const void *in, size_t in_len,
                long timeout_ms, struct run *r);

// Frees out and err and makes them NULL. R is what run_command filled, whatever
// that returned; a second call does nothing.
void run_free(struct run *r);
