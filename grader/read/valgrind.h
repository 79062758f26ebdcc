// SPDX-License-Identifier: MIT
// Reads the XML that valgrind 3.19 wrote (`--xml=yes`), of helgrind or of
// memcheck, into findings.
//
// helgrind:
//   unlock of a lock not held, destroy of a
//   locked one, condition without its mutex, a
//   thread that ends with a lock, an API call
//   that fails with EINVAL, ESRCH or EBUSY …     api-misuse
//   lock of a lock that it holds already         deadlock
//   Race                                         nothing: see
//                                                docs/adr/0001
//                                                one access is the answer's
//                                                own, and it uses nothing that
//                                                helgrind sees no order in
//                                                (pipes, eventfd, mmap …)
//   LockOrder, a signal without the mutex        advice
// memcheck:
//   Uninit…, a system call given such bytes      uninitialised-read
//   invalid read, write, free, jump, overlap     memory-error
//   leaks                                        nothing: LeakSanitizer's task
//
// An error counts only if a frame of its first stack is in the answer's file;
// a thread that ended by itself with a
// lock always (its stack is libc's). Not counted, since right answers do them:
// EAGAIN, EINTR, ETIMEDOUT, EDEADLK, EPERM of API calls, and "unknown cond
// var".
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "read/context.h"

// Appends to FINDINGS (of struct finding) what TEXT says, at most 40.
void valgrind_read(const struct read_context *context, const char *text,
                   GPtrArray *findings);
