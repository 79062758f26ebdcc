// SPDX-License-Identifier: MIT
// The server's script: which path is answered how. The syntax is described in
// lib/wb.h, beside wb_server_start().
//
// script_parse() makes a script, script_find() looks a path up in it. Rules
// belong to the script; nothing is ever freed, the process ends first.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct rule {
    char *path;
    unsigned status;   // of HTTP
    char *location;    // of a redirect; NULL: none
    char *body;        // never NULL, `length` bytes, may hold NUL bytes
    size_t length;
    size_t split;      // bytes a chunk; 0: in one piece, with Content-Length
    size_t cut;        // bytes after which the connection is closed
    bool is_cut;
    long latency_ms;   // waits so long before the answer
    int rendezvous;    // answers once so many requests are open; 0: at once
    int settle;        // answers once the client sleeps, highest first; 0: no
    bool never;
};

struct script {
    struct rule *rules;
    size_t count;
};

// Reads TEXT. On an error: false, and *WHY says which line and what; it points
// to static memory.
bool script_parse(const char *text, size_t length, struct script *script,
                  const char **why);

// The rule for PATH, or a rule that answers 404.
const struct rule *script_find(const struct script *script, const char *path);
