// SPDX-License-Identifier: MIT
// Asks many servers at once, and waits for all the answers together: with one
// thread.
#pragma once

// FDS are N connected stream sockets, all different, in blocking mode. Sends
// REQ on each of them (without the 0 at its end; at most 1,000 bytes, for which
// each socket has room, but one call of send may take only a part of them), and
// then collects what comes back. A reply is text: there is no 0 in it. It ends
// where the other side ends its stream; it is at most 63 bytes long. It may
// come in pieces, at any time, in any order.
//
// When REQ has been sent and the other side of fds[i] has ended its stream in
// time, done[i] is 1 and reply[i] the whole reply, with a 0 behind it.
// Otherwise done[i] is 0, and reply[i] is any text with a 0 behind it: the time
// was up, or the connection is broken, be it that REQ could not be sent (which
// must not raise SIGPIPE) or that reading failed. One that is silent or broken
// does not hold up or harm the others.
//
// TIMEOUT_MS is for the whole call, from its beginning, however much arrives
// meanwhile: with 0 it asks, but does not wait at all; a negative number means
// no limit. It returns as soon as every socket is done or broken, and sleeps
// while there is nothing to read: it does not look again and again.
//
// No thread and no process is made. The sockets stay open, in both directions,
// and in blocking mode. There may be thousands of them, and a descriptor may
// have any number from 0 on. A signal that is caught meanwhile changes nothing.
//
// Returns how many are done, from 0 to N; or -errno if memory was short or it
// could not wait (poll, or what it uses instead, failed with anything else than
// EINTR): DONE and REPLY may hold anything then. N may be 0.
int fetch_all(const int *fds, int n, const char *req, char (*reply)[64],
              unsigned char *done, int timeout_ms);
