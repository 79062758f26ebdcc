// SPDX-License-Identifier: MIT
// The records that a program under test sends to the grader, over a private
// SOCK_SEQPACKET descriptor, one record a packet. No libraries: this header is
// shared by the harness and by the grader.
//
// A packet is: struct record_header, then `fields` times a uint32_t length and
// that many bytes (no NUL at the end). All integers are in host order.
//
// A location is one field, "function|file|line|column" (empty or 0 where
// unknown; the file is a base name).
#pragma once

#include <stdint.h>

#define RECORD_MAGIC 0x4c4b5331u // "LKS1"
#define RECORD_MAX 190000        // bytes in a packet, header included

enum record_type {
    RECORD_HELLO = 1, // runner: tool, number of tests
    RECORD_BEGIN,     // runner: name, the sentence that the test demands,
                      //         kind of finding if it fails
    RECORD_FAIL,      // test: kind, file, line, message
    RECORD_NOTE,      // test: what it is about to do
    RECORD_DONE,      // test: after its last assertion and the canaries
    RECORD_STRAY,     // a process that is not the test's reached the suite
    RECORD_THREAD_LEFT, // test: where created, start function; neither joined
                        // nor detached when the test was over
    RECORD_REPORT,    // runner: tool ("tsan", "asan", "valgrind"), "1" if every
                      // canary was reported else "0", the report's text with
                      // the canaries' own reports taken out
    RECORD_WAITING,   // runner, one a thread of a test that hangs: see below
    RECORD_LEFT_PROCESS, // runner: "zombie" or "running", pid; left behind
    RECORD_EXIT,      // runner: how ("exited", "signalled", "stuck", "cpu",
                      // "wall", "stopped", "memory"), code, cpu ms, wall ms
    RECORD_MEASURE,   // speed: name, number, unit …; see speed.c
    RECORD_END,       // runner: the test's process is gone, its report read
    RECORD_BYE        // runner: every test has had its END
};

// RECORD_WAITING's fields:
//  0 thread's name: "main thread", "T1", "child 2 main thread" …
//  1 its start function, "" for a main thread
//  2 location of its creation, "" for a main thread
//  3 what it does: "lock", "cond", "sem", "join", "read", "barrier", "rwlock",
//    "gauge", "waitpid", "sleep", "poll", "running", "stopped", "ended", …
//  4 the object waited for: a key that is equal for equal objects ("" if none)
//  5 location of that call
//  6 detail for people: "pipe whose write end is still open in: …" or ""
//  7.. the locks it holds: key, location of the acquisition, in pairs
// A thread that has ended while holding a lock is reported too ("ended").

struct record_header {
    uint32_t magic;
    uint16_t type;
    uint16_t fields;
    int32_t test;
    int32_t pid;
    uint64_t token; // drawn by the runner for each test
};
