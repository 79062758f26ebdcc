// SPDX-License-Identifier: MIT
// How it works. A request whose rule holds it back is suspended and put on a
// list, in the order of arrival. requests_release() looks at the list: time
// for `latency`, the peak for `rendezvous`, the client's sleep for `settle`;
// it resumes what may go, and the daemon calls request_handle() again, which
// then answers.
//
// A rendezvous is given up for good once the client has certainly opened all
// that it will: then nothing is held back by rendezvous or settle any more.
#include "lib/server/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "lib/server/reply.h"

enum { SHORT_NAP = 1, CERTAINTY = 10 }; // patience of client_mood()

struct request {
    struct MHD_Connection *connection;
    const struct rule *rule;
    struct request *next; // on the list of those held back
    long arrived_ms;
    bool open;    // counted in page->open
    bool held;    // on the list
    bool decided; // may be answered now
    bool gone;    // the client has closed the connection
};

static struct {
    const struct script *script;
    struct server_page *page;
    struct client client;
    struct request *held; // oldest first
    long looked_ms;       // when the client was looked at last
    bool given_up;        // no rendezvous and no settle any more
} all;

void requests_start(const struct script *script, struct server_page *page,
                    pid_t client) {
    all.script = script;
    all.page = page;
    all.client.pid = client;
}

static long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// --- Counting ----------------------------------------------------------------

static void count_in(struct request *request) {
    int open = atomic_fetch_add(&all.page->open, 1) + 1;
    request->open = true;
    atomic_fetch_add(&all.page->seen, 1);
    if (open > atomic_load(&all.page->peak))
        atomic_store(&all.page->peak, open);
}

static void count_out(struct request *request) {
    if (request->open)
        atomic_fetch_sub(&all.page->open, 1);
    request->open = false;
}

// --- The list of those held back ---------------------------------------------

static void hold(struct request *request) {
    struct request **end = &all.held;
    while (*end != NULL)
        end = &(*end)->next;
    *end = request;
    request->held = true;
    MHD_suspend_connection(request->connection);
}

static void unlist(struct request *request) {
    for (struct request **at = &all.held; *at != NULL; at = &(*at)->next) {
        if (*at == request) {
            *at = request->next;
            request->held = false;
            return;
        }
    }
}

static void let_go(struct request *request) {
    unlist(request);
    request->decided = true;
    MHD_resume_connection(request->connection);
    client_heard(&all.client);
}

// The daemon does not watch a suspended connection: a client that has given up
// waiting must not be counted as open any longer.
static bool hung_up(const struct request *request) {
    char byte;
    int fd = MHD_get_connection_info(request->connection,
                                     MHD_CONNECTION_INFO_CONNECTION_FD)
                 ->connect_fd;
    ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

static bool drop_hung_up(void) {
    bool dropped = false;
    for (struct request *request = all.held, *next; request != NULL;
         request = next) {
        next = request->next;
        if (!hung_up(request))
            continue;
        request->gone = dropped = true;
        count_out(request);
        let_go(request);
    }
    return dropped;
}

// --- What holds a request back -----------------------------------------------

static bool waits_for_time(const struct request *request, long now) {
    return now - request->arrived_ms < request->rule->latency_ms;
}

static bool waits_for_others(const struct request *request) {
    return !all.given_up &&
           atomic_load(&all.page->peak) < request->rule->rendezvous;
}

static bool waits_for_calm(const struct request *request) {
    return !all.given_up && request->rule->settle > 0;
}

static bool is_held_back(const struct request *request, long now) {
    return request->rule->never || waits_for_time(request, now) ||
           waits_for_others(request) || waits_for_calm(request);
}

// Of those that only wait for the client to sleep, the one to go first.
static struct request *next_settled(long now) {
    struct request *best = NULL;
    for (struct request *r = all.held; r != NULL; r = r->next) {
        if (r->rule->never || waits_for_time(r, now) || waits_for_others(r))
            continue;
        if (best == NULL || r->rule->settle > best->rule->settle)
            best = r;
    }
    return best;
}

// --- Letting go --------------------------------------------------------------

static bool any_held(bool (*waits)(const struct request *)) {
    for (const struct request *r = all.held; r != NULL; r = r->next)
        if (!r->rule->never && waits(r))
            return true;
    return false;
}

// What follows from the client's sleep, or from its never sleeping.
static void look_at_client(long now) {
    if (now - all.looked_ms < CLIENT_LOOK_MS)
        return;
    all.looked_ms = now;
    bool settle = any_held(waits_for_calm);
    if (!settle && !any_held(waits_for_others))
        return;
    client_look(&all.client);
    if (client_mood(&all.client, CERTAINTY) != CLIENT_ACTIVE)
        all.given_up = true;
    enum client_mood mood = client_mood(&all.client, SHORT_NAP);
    if (settle && mood == CLIENT_BUSY) {
        atomic_store(&all.page->busy, 1);
        all.given_up = true;
    }
    struct request *next = next_settled(now);
    if (next == NULL || mood != CLIENT_ASLEEP)
        return;
    int open = atomic_load(&all.page->open);
    if (open > SERVER_MOST_OPEN)
        open = SERVER_MOST_OPEN;
    atomic_fetch_add(&all.page->settled[open], 1);
    let_go(next);
}

bool requests_release(void) {
    struct request *before = all.held;
    long now = now_ms();
    bool released = false;
    if (before == NULL)
        return false;
    released |= drop_hung_up();
    look_at_client(now);
    released |= all.held != before;
    for (struct request *r = all.held, *next; r != NULL; r = next) {
        next = r->next;
        if (is_held_back(r, now))
            continue;
        let_go(r);
        released = true;
    }
    return released;
}

int requests_pause_ms(void) {
    return all.held == NULL ? -1 : CLIENT_LOOK_MS;
}

// --- The daemon's handlers ---------------------------------------------------

static enum MHD_Result arrive(struct MHD_Connection *connection,
                              const char *url, void **slot) {
    struct request *request = calloc(1, sizeof *request);
    if (request == NULL)
        return MHD_NO;
    drop_hung_up();
    request->connection = connection;
    request->rule = script_find(all.script, url);
    request->arrived_ms = now_ms();
    *slot = request;
    count_in(request);
    client_heard(&all.client);
    return MHD_YES;
}

enum MHD_Result request_handle(void *unused, struct MHD_Connection *connection,
                               const char *url, const char *method,
                               const char *version, const char *data,
                               size_t *data_size, void **slot) {
    (void)unused, (void)method, (void)version, (void)data;
    struct request *request = *slot;
    if (request == NULL)
        return arrive(connection, url, slot);
    if (*data_size > 0) { // a body sent along: read and forgotten
        *data_size = 0;
        return MHD_YES;
    }
    if (!request->decided && is_held_back(request, now_ms())) {
        hold(request);
        return MHD_YES;
    }
    if (request->gone)
        return MHD_NO;
    // Counted before the first byte leaves: a client that has its answer may
    // open the next request at once, and reads the counters when it has all.
    count_out(request);
    atomic_fetch_add(&all.page->served, 1);
    return reply_send(connection, request->rule);
}

void request_completed(void *unused, struct MHD_Connection *connection,
                       void **slot, enum MHD_RequestTerminationCode how) {
    (void)unused, (void)connection, (void)how;
    struct request *request = *slot;
    if (request == NULL)
        return;
    unlist(request);
    count_out(request);
    free(request);
    *slot = NULL;
}
