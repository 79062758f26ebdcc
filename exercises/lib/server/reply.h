// SPDX-License-Identifier: MIT
// The answer that a rule describes, as a libmicrohttpd response.
#pragma once

#include <microhttpd.h>

#include "lib/server/script.h"

// Queues the answer on CONNECTION. With `split`, each piece is a chunk of its
// own (Transfer-Encoding: chunked): so a client sees pieces of exactly that
// size however the packets travel. With `cut`, the connection is closed in the
// middle of a body whose length had been announced.
enum MHD_Result reply_send(struct MHD_Connection *connection,
                           const struct rule *rule);
