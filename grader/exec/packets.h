// SPDX-License-Identifier: MIT
// Receives what a program under test tells over its record descriptor
// (harness/record_types.h). The sender may be hostile: nothing here trusts a
// length, and what is kept is bounded.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/outcome.h"

struct packets {
    int64_t bytes; // received so far, kept or not
    int count;
    uint64_t token; // of the test that has begun and not ended; 0: none
    int test;       // that test
};

enum packets_result {
    PACKETS_LATER,  // nothing more there now
    PACKETS_CLOSED, // no sender left
    PACKETS_FLOOD   // more than any honest program sends
};

// Reads packets from FD into OUTCOME's records until there are none left or
// MOST have been read; never blocks. A packet that is not well formed is
// dropped and counted in records_dropped; so is one that does not carry the
// token of the test that is running, which only the harness knows: an answer
// can write to the descriptor too.
enum packets_result packets_receive(struct packets *packets, int fd, int most,
                                    struct outcome *outcome);

// Parses one packet into OUTCOME; false if it is malformed.
bool packets_parse(const unsigned char *packet, size_t size,
                   struct outcome *outcome);
