// SPDX-License-Identifier: MIT
// What the test server and the test that started it share: one mapping, made
// by the test (memfd), inherited by the server as descriptor SERVER_PAGE_FD.
// The test writes the script before the server starts; from then on the server
// alone writes, and the test reads the counters whenever it likes.
//
// The other descriptor is the control socket, SERVER_CONTROL_FD. The server
// sends one byte on it once it listens; it exits as soon as its peer is closed.
#pragma once

#include <stdatomic.h>
#include <stddef.h>

enum { SERVER_CONTROL_FD = 3, SERVER_PAGE_FD = 4, SERVER_MOST_OPEN = 64 };

struct server_page {
    atomic_int port;   // on 127.0.0.1; set before the byte is sent
    atomic_int open;   // requests that wait for their answer now
    atomic_int peak;   // most of them at once, ever
    atomic_int seen;   // requests that have arrived
    atomic_int served; // requests whose answer has been handed to the kernel
                       // or is about to be: counted before its first byte
    atomic_int busy;   // 1 if the client was seen computing where it had
                       // nothing to do but sleep
    // Answers that `settle` gave, by how many requests were open just then.
    atomic_int settled[SERVER_MOST_OPEN + 1];
    size_t script_length;
    char script[]; // not terminated
};
