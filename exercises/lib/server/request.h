// SPDX-License-Identifier: MIT
// One request: how its answer is held back as its rule asks, and then given.
//
//  1. requests_start() with the script; the libmicrohttpd daemon's handlers
//     are request_handle() and request_completed().
//  2. After each round of the daemon, requests_release() lets go of those whose
//     time has come; requests_pause_ms() says how long to sleep at most.
#pragma once

#include <microhttpd.h>
#include <stdbool.h>

#include "lib/server/client.h"
#include "lib/server/script.h"
#include "lib/server/shared.h"

void requests_start(const struct script *script, struct server_page *page,
                    pid_t client);

// True if a request was let go of: the daemon has work to do.
bool requests_release(void);

// Milliseconds until requests_release() wants to be called again, -1: not
// before a request arrives.
int requests_pause_ms(void);

enum MHD_Result request_handle(void *unused, struct MHD_Connection *connection,
                               const char *url, const char *method,
                               const char *version, const char *data,
                               size_t *data_size, void **slot);
void request_completed(void *unused, struct MHD_Connection *connection,
                       void **slot, enum MHD_RequestTerminationCode how);
