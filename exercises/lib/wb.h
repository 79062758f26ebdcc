// SPDX-License-Identifier: MIT
// The workbench: what tests and exercises measure and provoke with. None of it
// decides by the clock: a gauge gives up when nobody is left who could still
// arrive, not when time is up.
//
// Nothing here creates a happens-before edge that ThreadSanitizer sees, so
// using it in a test hides no race.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

// --- Gauges: how many are inside at once ------------------------------------
// Usable across the threads and the child processes of one test.
typedef struct wb_gauge wb_gauge;
// WANT >= 1. Never NULL; freed with the test if not before.
wb_gauge *wb_gauge_new(int want);
// Goes in, and blocks until WANT have been inside at the same time (from then
// on it never blocks) or until nobody is left who could still arrive: every
// other thread and child of the test waits for something without end.
void wb_gauge_enter(wb_gauge *gauge);
void wb_gauge_leave(wb_gauge *gauge);
// Most that were ever inside at the same time.
int wb_gauge_peak(const wb_gauge *gauge);
// How often it was entered.
int wb_gauge_entered(const wb_gauge *gauge);
void wb_gauge_free(wb_gauge *gauge);

// --- Clocks ------------------------------------------------------------------
long wb_now_ms(void);      // CLOCK_MONOTONIC, milliseconds
double wb_cpu_ms(void);    // CPU time of this process, all threads
void wb_sleep_ms(long ms); // sleeps the whole time; not counted as the answer's

// --- Threads and processes of the answer and of the test ---------------------
int wb_threads_peak(void); // most live threads made by pthread_create at once
int wb_threads_created(void); // how many were made in this test
int wb_threads_live(void);    // of those, still running
// CURRICULUM's name for wb_threads_peak().
int wb_peak_threads(void);
// Forgets the peak and the counts of calls so far.
void wb_reset_counts(void);
// Blocks until COUNT other threads of this process are blocked in a lock, a
// wait, a join or a read; false if that cannot happen any more (they ended, or
// kept running for 2 s of CPU time). Retries by itself; never sleeps blindly.
bool wb_wait_blocked(int count);
// Blocks until *FLAG is set: true. False if COUNT other threads are found
// blocked again and again instead: then nobody has woken the one who would set
// it. No clock decides: who was woken and may not run yet is not blocked. FLAG
// is only glanced at, in relaxed order.
bool wb_wakes_up(const atomic_bool *flag, int count);
// Child processes of this process now: running and zombies.
int wb_children(void);
// Open descriptors of this process now.
int wb_open_fds(void);
// Mappings of shared memory that this process has now: anonymous ones, memory
// files, POSIX shared memory.
int wb_shared_mappings(void);
// How many mutexes, condition variables and semaphores the answer has made in
// shared memory, but for one process only (no PTHREAD_PROCESS_SHARED).
int wb_private_locks(void);
// How often the answer has sent a signal to a process that was not there any
// more: it had been waited for, and its number may be somebody else's.
int wb_stray_signals(void);

// --- Calls of the answer: counts and injected faults -------------------------
// Only calls written in the learner's file count (not libc's, not the suite's).
enum wb_call {
    WB_PTHREAD_CREATE,
    WB_PTHREAD_JOIN,
    WB_MUTEX_LOCK, // any kind of lock; trying for one, too
    WB_MUTEX_INIT,
    WB_COND_WAIT, // cond_wait and its timed kin
    WB_COND_INIT,
    WB_SEM_INIT,
    WB_SEM_WAIT, // sem_wait and its timed kin; interruptible
    WB_MALLOC,   // malloc, calloc, realloc, strdup …
    WB_FORK,     // fork, posix_spawn
    WB_PIPE,     // pipe, socketpair, memfd_create, eventfd and the like
    WB_MMAP,
    WB_READ,      // read, recv
    WB_WRITE,     // write, send
    WB_WAITPID,   // wait, waitpid, waitid
    WB_SLEEP,     // sleep, usleep, nanosleep, sched_yield, thrd_yield
    WB_POLL,      // poll, select, epoll_wait, curl_multi_wait/poll
    WB_CURL_INIT, // curl_easy_init
    WB_CURL_MULTI_INIT,
    WB_CURL_PERFORM,   // curl_multi_perform, curl_multi_socket_action
    WB_RECURSIVE_LOCK, // locks of a mutex of the recursive type; never fails
    WB_CALL_COUNT
};
long wb_calls(enum wb_call call);
// The K-th such call from now (1 = the next) fails as it does when the system
// is short of it: EAGAIN for threads and forks, ENOMEM for memory, EMFILE for
// pipes, NULL for curl. -1: every such call fails from now on. 0 takes it back.
void wb_fail_call(enum wb_call call, int k);
// True if the failure ordered last has happened.
bool wb_failed(enum wb_call call);
// From now on HOOK runs after each CALL of the answer's that has not failed, in
// the thread that made it, with what it returned: a place to hold that thread
// while others move. Children inherit it. NULL takes the order back. Only for
// WB_PIPE, WB_FORK (in the parent) and WB_WAITPID.
void wb_after_call(enum wb_call call, void (*hook)(long result));
// From now on half of the answer's reads, writes, polls, sem_waits and waits
// for a child fail with EINTR: for each kind by itself the first, and of any
// three in a row at least one and at most two.
void wb_interrupt_calls(bool on);
// From now on the answer's reads and writes on pipes and stream sockets move at
// most BYTES at a time, where the system itself may do so; 0 takes it back.
void wb_short_io(size_t bytes);
// From now on the answer's waits with a time limit (of condition variables,
// semaphores, poll and its kin) that would last longer than MS end after MS as
// if something else had woken them: a condition's for no reason, the others
// with EINTR. After WB_CUTS of them no more. 0 takes the order back. A cut wait
// has lasted MS at least: who has waited T in all was cut no more than T / MS
// times, however busy the machine is.
enum { WB_CUTS = 60 };
void wb_cut_waits(long ms);
int wb_waits_cut(void); // so many since the order

// --- The test server: HTTP on loopback, in a process of its own --------------
// SCRIPT has one line a path: the path, the status, and options:
//   /150 302 location=/final latency=50
//   /a   200 latency=100 body=<h1>A</h1>
//   /big 200 size=1048576 title="Big page" split=7   (a page of that size)
//   /hang 200 never                                  (never answers)
// `body=` takes the rest of the line; \n, \0 and \\ in it are escapes. `size=N`
// makes a page of N bytes whose only heading, `title=`, is near its end.
// `split=N` sends the body in pieces of N bytes (chunks, so a client sees
// exactly those); `cut=N` closes the connection after N bytes of it.
// Holding an answer back, never holding up the others:
//   latency=MS    it is given MS milliseconds after the request arrived;
//   rendezvous=N  once N requests are open at once, or the client has certainly
//                 opened all that it will: then no answer waits any more;
//   settle        as soon as the client sleeps: then it has opened all that it
//                 wants just now. One answer at a time, the oldest request's;
//   settle=K      likewise, the largest K first: the order of the answers is
//                 that, and each is read before the next is given.
// The client is the process that called wb_server_start(): whether it sleeps
// is read in /proc, and no clock decides (lib/server/client.h). Unknown paths
// get 404. An empty line, and one that begins with #, says nothing.
struct wb_server;
// Never NULL: a server that cannot start ends the test. To be called by the
// test's main thread: the server dies with the thread that started it.
struct wb_server *wb_server_start(const char *script);
int wb_server_port(const struct wb_server *server);
int wb_server_peak(
    const struct wb_server *server); // most requests open at once
int wb_server_seen(const struct wb_server *server);   // requests that arrived
int wb_server_served(const struct wb_server *server); // requests answered
// How often `settle` gave an answer while exactly OPEN requests (at most 64)
// were open, that one among them.
int wb_server_settled(const struct wb_server *server, int open);
// True if, while `settle` held answers back, the client used 150 ms of CPU time
// instead of sleeping. Nothing is held back by settle from then on.
bool wb_server_found_busy(const struct wb_server *server);
void wb_server_stop(struct wb_server *server);
