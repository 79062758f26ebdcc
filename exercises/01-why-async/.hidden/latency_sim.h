// SPDX-License-Identifier: MIT
// A server with one worker, on paper: who gets the answer when, if the worker
// waits for every request, and if it turns to another one meanwhile.
//
// A request is a list of segments. In each of them it first uses the worker for
// some milliseconds, and then waits for something else, a database perhaps. It
// is complete when the wait of its last segment is over. Its *response time* is
// the time from its arrival until then.
//
// The worker does one thing at a time and does not break off: once it has taken
// a segment it does all of its cpu_ms. Whatever happens at a moment (a request
// arrives, a wait is over, a segment is done) has happened when the worker
// chooses at that moment.
#pragma once

struct seg {
    long cpu_ms;  // with the worker; may be 0: it has its turn then, and is
                  // done at once
    long wait_ms; // after that; may be 0
};

struct req {
    long arrive_ms;         // from 0 on, in any order
    const struct seg *segs; // 1 or more
    int nsegs;
};

// The synchronous server: the worker takes a request, does all of its segments
// and waits through all of its waits. Only when the request is complete it takes
// the next: the one that arrived first; of several, that with the lowest index.
//
// response[i] becomes the response time of r[i], in milliseconds. RESPONSE is
// the caller's, with room for N; may be NULL if n is 0. All times, added up, are
// below 1,000,000,000.
//
// Returns 0; -EINVAL if n is below 0, a time is below 0 or a request has no
// segment; -ENOMEM if memory is short. After an error RESPONSE is untouched,
// and nothing stays allocated.
int sim_sync(const struct req *r, int n, long *response);

// The asynchronous server: while a request waits, the worker does others. A
// request is *ready* from its arrival on, and again from the end of each wait
// that is not its last. A free worker takes the segment of the request that has
// been ready longest; of several, that with the lowest index.
//
// As above; and *idle_ms becomes the time in which the worker did nothing, from
// time 0 until the last request was complete; 0 if n is 0. It is untouched
// after an error.
int sim_async(const struct req *r, int n, long *response, long *idle_ms);
