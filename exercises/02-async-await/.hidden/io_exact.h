// SPDX-License-Identifier: MIT
// Reading and writing whole messages on sockets that do not block, inside of a
// loop (lib/lp.h): only the task waits.
//
// Descriptors are stream sockets with O_NONBLOCK set; nobody gives these calls
// pipes or files. They are not closed, shut down or changed, whatever the
// result; and what a call opens for itself it closes again. Several tasks may be
// in these calls at once, also on one socket: one reading, one writing.
//
// DEADLINE is a moment on the loop's clock, lp_now(); < 0: none. A call that is
// not done when the clock shows it gives -ETIMEDOUT, then and not later, also if
// it is a moment of the past. (What can be done without any waiting may still be
// done.) If the task is cancelled during a wait, the result is -ECANCELED. An
// interrupted system call (EINTR) is no error. Any other error is given as
// -errno, also if some bytes have been moved before.
//
// Waiting is lp_wait_fd(), and nothing else: the thread never blocks, and a task
// that waits takes no turns.
#pragma once

#include <stddef.h>
#include <sys/types.h>

// Reads N bytes into BUF, however many pieces they come in. Returns N; fewer only
// if the stream ended before: then as many as came. After an error, how much of
// BUF was filled is not told.
ssize_t io_read_exact(int fd, void *buf, size_t n, long deadline);

// Writes all N bytes of BUF. Returns N. To a peer that is gone: -EPIPE (or
// -ECONNRESET, as the system says); the process does not get a SIGPIPE.
ssize_t io_write_all(int fd, const void *buf, size_t n, long deadline);

// Copies everything from FROM to TO until the stream of FROM ends. What has come
// is passed on before more is waited for. Returns how many bytes were copied.
long long io_relay(int from, int to, long deadline);
