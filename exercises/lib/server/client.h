// SPDX-License-Identifier: MIT
// Looks at the client, the process that started the server, from outside: does
// it sleep, or could it still do something?
//
// A process that has been woken but waits for a CPU is "runnable" in /proc, not
// "sleeping". So a client found asleep in several looks, while nothing of its
// making is left unread, has nothing more to send, however busy the machine is.
// A client that wakes up every few milliseconds to look around, and sends
// nothing, is told by its voluntary context switches; one that never sleeps, by
// the CPU time that it takes. The wall clock decides nothing.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum { CLIENT_LOOK_MS = 10 }; // pause between two looks

enum client_mood {
    CLIENT_ACTIVE, // may still send something
    CLIENT_ASLEEP, // has opened all that it will open just now
    CLIENT_BUSY    // has only computed for a good while
};

struct client {
    pid_t pid;
    int asleep;         // consecutive looks that found it asleep
    long switches;      // of its main thread, when the server last heard of it
    long cpu_ms;        // of all its threads, then
};

// Starts anew: something was received from the client or sent to it.
void client_heard(struct client *client);
// To be called every CLIENT_LOOK_MS.
void client_look(struct client *client);
// The mood by PATIENCE, a factor: 1 for a short nap, 10 for certainty.
enum client_mood client_mood(const struct client *client, int patience);
