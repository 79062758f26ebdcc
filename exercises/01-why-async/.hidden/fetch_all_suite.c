// SPDX-License-Identifier: MIT
// Tests of fetch_all. The peers stand at the other end of socket pairs. What
// must be in time is there before the call, or the call has no limit; who must
// not be done in time ends its stream seconds later, so that no answer hangs.
// Gauges show how many have been asked at once, a signal holds an answer while
// its peer moves, and whether it sleeps is seen, not timed.
#include "fetch_all.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum {
    MOST = 1200,
    LATE_MS = 3000, // from the call on, until those that are late end
    VERY_LONG_MS = 2000000000
};

struct peer {
    int fd;
    const char *reply;
    wb_gauge *asked; // sat in when the request is there, or NULL
    bool in_pieces;  // one byte, then waits until it has been read
    bool drips;      // a byte every now and then, and ends much too late
    char got[40];    // of the request
    size_t got_length;
    pthread_t thread;
    bool started;
};

static const char *request; // of this test
static struct peer peers[MOST];
static int fds[MOST]; // the answer's ends
static char reply[MOST + 1][64];
static unsigned char done[MOST + 1];
static atomic_bool returned;
static int open_before; // descriptors of the process
static pthread_t caller;

static void connect_peers(int n) {
    request = "GET /";
    caller = pthread_self();
    open_before = wb_open_fds();
    for (int i = 0; i < n; i++) {
        int ends[2];
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        fds[i] = ends[0];
        peers[i] = (struct peer){.fd = ends[1], .reply = "ok"};
    }
    memset(reply, '?', sizeof reply);
    memset(done, 77, sizeof done);
    atomic_store(&returned, false);
}

// --- What peers do -----------------------------------------------------------

// Takes one piece of the request. False at its end.
static bool hear_some(struct peer *self, size_t most, int flags) {
    char piece[1200];
    ssize_t count = recv(self->fd, piece, most, flags);
    for (ssize_t k = 0; k < count; k++, self->got_length++)
        if (self->got_length + 1 < sizeof self->got)
            self->got[self->got_length] = piece[k] == '\0' ? '0' : piece[k];
    return count > 0;
}

static void hear(struct peer *self) {
    size_t due = strlen(request);
    while (self->got_length < due && hear_some(self, due - self->got_length, 0))
        ;
}

static void say(struct peer *self, const char *text, size_t length) {
    ssize_t count = send(self->fd, text, length, MSG_NOSIGNAL);
    (void)count;
}

static void hang_up_now(struct peer *self) {
    int fd = self->fd;
    self->fd = -1; // before anybody can notice
    close(fd);
}

// Whether fetch_all has used more processor time than any that sleeps could.
static bool burns(double cpu_before) {
    return wb_cpu_ms() - cpu_before > suite_size(600, 1500, 6000);
}

// Until fetch_all has returned, or it is late. With a byte of TEXT every 50 ms.
// No longer than it takes to see that fetch_all does not sleep.
static void linger(struct peer *self, const char *text) {
    double cpu = wb_cpu_ms();
    for (int ms = 0; ms < LATE_MS && !atomic_load(&returned) && !burns(cpu);
         ms += 50) {
        say(self, text, strlen(text));
        wb_sleep_ms(50);
    }
}

static void *peer_main(void *arg) {
    struct peer *self = arg;
    hear(self);
    if (self->asked != NULL) {
        wb_gauge_enter(self->asked);
        wb_gauge_leave(self->asked);
    }
    size_t length = strlen(self->reply), first = self->in_pieces ? 1 : length;
    if (self->drips)
        linger(self, ".");
    say(self, self->reply, first);
    for (size_t k = first; k < length; k++) {
        wb_sleep_ms(3);
        say(self, self->reply + k, 1);
    }
    shutdown(self->fd, SHUT_WR);
    return NULL;
}

// Ends its stream when it is much too late.
static void *late_main(void *arg) {
    struct peer *self = arg;
    linger(self, "");
    shutdown(self->fd, SHUT_WR);
    return NULL;
}

static void start(int i, void *(*life)(void *)) {
    peers[i].started = true;
    ck_assert_int_eq(pthread_create(&peers[i].thread, NULL, life, &peers[i]),
                     0);
}

static void peer_start(int i) {
    start(i, peer_main);
}

// A reply that is there before anybody asks.
static void answers_before(int i) {
    say(&peers[i], peers[i].reply, strlen(peers[i].reply));
    shutdown(peers[i].fd, SHUT_WR);
}

// Says TEXT before anybody asks, and does not end in time.
static void does_not_end(int i, const char *text) {
    say(&peers[i], text, strlen(text));
    start(i, late_main);
}

// --- What is expected --------------------------------------------------------

static int fetch(int n, int timeout_ms) {
    int made = wb_threads_created();
    int rc = fetch_all(fds, n, request, reply, done, timeout_ms);
    atomic_store(&returned, true);
    expect(wb_threads_created() == made && wb_children() == 0,
           "fetch_all made %d threads and %d processes: it is to do without",
           wb_threads_created() - made, wb_children());
    return rc;
}

// The request has come, whole, and nothing but it.
static void expect_asked(int i) {
    struct peer *peer = &peers[i];
    if (peer->fd < 0)
        return;
    while (hear_some(peer, 1000, MSG_DONTWAIT))
        ;
    size_t due = strlen(request), shown = sizeof peer->got - 1;
    expect(peer->got_length == due &&
               strncmp(peer->got, request, due < shown ? due : shown) == 0,
           "the peer of fds[%d] got a request of %zu bytes, \"%s\"%s, not of "
           "%zu bytes, \"%.39s\"%s",
           i, peer->got_length, peer->got,
           peer->got_length == due + 1 ? ": the 0 at its end is not sent"
           : peer->got_length > shown  ? " and so on"
                                       : "",
           due, request, due > shown ? " and so on" : "");
}

static void expect_open(int i) {
    int flags = fcntl(fds[i], F_GETFL);
    expect(flags >= 0, "fetch_all closed fds[%d]; they stay open", i);
    expect((flags & O_NONBLOCK) == 0,
           "fetch_all left fds[%d] in non-blocking mode", i);
    expect(peers[i].fd < 0 || send(fds[i], "", 0, MSG_NOSIGNAL) == 0,
           "nothing can be written to fds[%d] any more: fetch_all has shut it "
           "down. It stays open, in both directions",
           i);
}

static void hang_up(int n) {
    for (int i = 0; i < n; i++)
        if (peers[i].started)
            pthread_join(peers[i].thread, NULL);
    for (int i = 0; i < n; i++) {
        expect_open(i);
        close(fds[i]);
        if (peers[i].fd >= 0)
            close(peers[i].fd);
    }
    int more = wb_open_fds() - open_before;
    expect_kind("fd-leak", more <= 0,
                "fetch_all left %d descriptor%s of its own open", more,
                more == 1 ? "" : "s");
}

static void expect_done(int i) {
    expect(done[i] == 1,
           "done[%d] is %d, not 1: the other side had ended its "
           "stream in time",
           i, done[i]);
    reply[i][63] = '\0';
    expect(strcmp(reply[i], peers[i].reply) == 0,
           "reply[%d] is \"%s\", not \"%s\"", i, reply[i], peers[i].reply);
    expect_asked(i);
}

static void expect_not_done(int i, const char *why) {
    expect(done[i] == 0, "done[%d] is %d, not 0: %s", i, done[i], why);
    expect(memchr(reply[i], '\0', 64) != NULL,
           "reply[%d] has no 0 at its end (done[%d] is 0)", i, i);
    expect_asked(i);
}

static void expect_count(int rc, int right) {
    expect(rc == right, "fetch_all returned %d%s%s, not %d", rc,
           rc < 0 ? ": " : "", rc < 0 ? strerror(-rc) : "", right);
}

static void expect_all_done(int n) {
    for (int i = 0; i < n; i++)
        expect_done(i);
}

// --- Everybody answers -------------------------------------------------------

START_TEST(everybody_answers) {
    static const char *const replies[] = {
        "one", "", "a reply of three words", "4",
        "exactly as many bytes as there may be in a reply: sixty-three.."};
    connect_peers(5);
    for (int i = 0; i < 5; i++) {
        peers[i].reply = replies[i];
        peer_start(i);
    }
    expect_count(fetch(5, -1), 5);
    expect_all_done(5);
    expect(done[5] == 77 && reply[5][0] == '?',
           "fetch_all of 5 sockets wrote to done[5] or reply[5]");
    hang_up(5);
}
END_TEST

START_TEST(nobody_to_ask) {
    connect_peers(0);
    expect_count(fetch(0, -1), 0);
    expect_count(fetch(0, 0), 0);
    expect_count(fetch(0, 1000), 0);
    hang_up(0);
}
END_TEST

START_TEST(long_request) {
    static char text[1001];
    for (int i = 0; i < 1000; i++)
        text[i] = (char)('a' + i % 26);
    connect_peers(2);
    request = text;
    answers_before(0);
    answers_before(1);
    expect_count(fetch(2, -1), 2);
    expect_all_done(2);
    hang_up(2);
}
END_TEST

START_TEST(all_are_asked_at_once) {
    enum { N = 10 };
    wb_gauge *asked = wb_gauge_new(N);
    connect_peers(N);
    for (int i = 0; i < N; i++) {
        peers[i].asked = asked;
        peer_start(i);
    }
    expect_count(fetch(N, -1), N);
    int peak = wb_gauge_peak(asked);
    expect_kind("no-overlap", peak == N,
                "of %d peers that answer as soon as all have been asked, only "
                "%d had been asked when fetch_all waited for an answer",
                N, peak);
    expect_all_done(N);
    hang_up(N);
    wb_gauge_free(asked);
}
END_TEST

START_TEST(replies_in_pieces) {
    connect_peers(3);
    for (int i = 0; i < 3; i++) {
        peers[i].reply = i == 1 ? "in many pieces" : "at once";
        peers[i].in_pieces = i == 1;
        peer_start(i);
    }
    expect_count(fetch(3, -1), 3);
    expect_all_done(3);
    hang_up(3);
}
END_TEST

START_TEST(negative_is_no_limit) {
    suite_note("Two peers answer after a moment; timeout_ms is -7");
    connect_peers(2);
    for (int i = 0; i < 2; i++) {
        peers[i].reply = "in many pieces";
        peers[i].in_pieces = true;
        peer_start(i);
    }
    expect_count(fetch(2, -7), 2);
    expect_all_done(2);
    hang_up(2);
}
END_TEST

// --- Somebody does not -------------------------------------------------------

// Time for those that are there, also on a busy machine; still far from
// LATE_MS.
static int short_ms(void) {
    return suite_size(400, 500, 1000);
}

static void one_is_silent(int silent, int timeout_ms) {
    connect_peers(4);
    for (int i = 0; i < 4; i++)
        if (i != silent)
            answers_before(i);
    does_not_end(silent, "");
    long before = wb_now_ms();
    int rc = fetch(4, timeout_ms);
    long took = wb_now_ms() - before;
    expect(done[silent] == 0,
           "done[%d] is %d: its peer said nothing and ended its stream long "
           "after %d ms, and fetch_all with this timeout waited for it",
           silent, done[silent], timeout_ms);
    expect_not_done(silent, "its peer has said nothing");
    for (int i = 0; i < 4; i++)
        if (i != silent)
            expect_done(i);
    expect_count(rc, 3);
    expect(took >= timeout_ms - 5,
           "fetch_all gave up after %ld of %d ms, with one peer still silent",
           took, timeout_ms);
    hang_up(4);
}

START_TEST(a_silent_one_holds_up_nobody) {
    one_is_silent(0, short_ms());
    one_is_silent(3, short_ms());
}
END_TEST

// What of it was seen in no time is left open.
START_TEST(no_time_at_all) {
    connect_peers(3);
    for (int i = 0; i < 2; i++)
        answers_before(i);
    does_not_end(2, "");
    int rc = fetch(3, 0);
    expect_not_done(2, "its peer has said nothing, and there was no time");
    expect(rc == (done[0] == 1) + (done[1] == 1),
           "fetch_all with a timeout of 0 returned %d, with done[] = { %d, %d, "
           "%d }",
           rc, done[0], done[1], done[2]);
    for (int i = 0; i < 2; i++) {
        expect(done[i] <= 1, "done[%d] is %d, neither 0 nor 1", i, done[i]);
        expect_asked(i);
    }
    hang_up(3);
}
END_TEST

START_TEST(half_a_reply) {
    connect_peers(3);
    does_not_end(0, "hal");
    answers_before(1);
    does_not_end(
        2, "sixty-three bytes, which is all that there may be, but no end..");
    int rc = fetch(3, short_ms());
    expect_not_done(0, "its peer had sent \"hal\" and not ended its stream");
    expect_not_done(2, "its peer had sent 63 bytes and not ended its stream");
    expect_done(1);
    expect_count(rc, 1);
    hang_up(3);
}
END_TEST

START_TEST(one_deadline) {
    connect_peers(2);
    peers[0].drips = true;
    peers[0].reply = "";
    answers_before(1);
    peer_start(0);
    long before = wb_now_ms();
    int rc = fetch(2, 300);
    long took = wb_now_ms() - before;
    expect(done[0] == 0,
           "a peer sent a byte every 50 ms, for 3 s, and fetch_all with a "
           "timeout of 300 ms waited for its end: the timeout is for the whole "
           "call, and does not begin anew with every byte");
    expect_not_done(0, "its stream had not ended");
    expect_count(rc, 1);
    expect(took >= 295, "fetch_all gave up after %ld of 300 ms", took);
    expect_done(1);
    hang_up(2);
}
END_TEST

START_TEST(somebody_has_gone) {
    connect_peers(4);
    answers_before(1);
    answers_before(3);
    hang_up_now(&peers[0]);
    hang_up_now(&peers[2]);
    int rc = fetch(4, -1);
    expect_not_done(0, "its peer had gone before it could be asked");
    expect_not_done(2, "its peer had gone before it could be asked");
    expect_done(1);
    expect_done(3);
    expect_count(rc, 2);
    hang_up(4);
}
END_TEST

// To close a socket with something unread in it breaks the connection.
static void *breaker_main(void *arg) {
    struct peer *self = arg;
    struct pollfd asked = {.fd = self->fd, .events = POLLIN};
    while (poll(&asked, 1, -1) != 1)
        ;
    say(self, "hal", 3);
    hang_up_now(self);
    return NULL;
}

START_TEST(connection_breaks) {
    connect_peers(3);
    answers_before(0);
    start(1, breaker_main);
    answers_before(2);
    int rc = fetch(3, -1);
    expect_not_done(1, "its connection broke in the middle of the reply (the "
                       "system says ECONNRESET to who reads on), which is not "
                       "the end of a stream");
    expect_done(0);
    expect_done(2);
    expect_count(rc, 2);
    hang_up(3);
}
END_TEST

// --- Signals -----------------------------------------------------------------

static atomic_bool held, go_on;

// The thread that is in fetch_all stays in here until its peer has moved.
static void hold(int number) {
    int error = errno;
    (void)number;
    atomic_store(&held, true);
    while (!atomic_load(&go_on))
        wb_sleep_ms(1);
    errno = error;
}

static void nothing(int number) {
    (void)number;
}

static void catch_signals(void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler};
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
}

// Answers and is gone, both before the answer sees either.
static void *answers_and_goes(void *arg) {
    struct peer *self = arg;
    hear(self);
    pthread_kill(caller, SIGUSR1);
    for (int ms = 0; ms < 1000 && !atomic_load(&held); ms++)
        wb_sleep_ms(1); // an answer may have blocked the signal
    say(self, self->reply, strlen(self->reply));
    hang_up_now(self);
    atomic_store(&go_on, true);
    return NULL;
}

START_TEST(answered_and_gone) {
    catch_signals(hold);
    connect_peers(1);
    peers[0].reply = "my last words";
    start(0, answers_and_goes);
    int rc = fetch(1, -1);
    expect(done[0] == 1 && strcmp(reply[0], peers[0].reply) == 0,
           "a peer sent its reply and closed its socket before fetch_all "
           "looked (poll reports POLLIN and POLLHUP together then); done[0] is "
           "%d and reply[0] \"%.63s\", not 1 and \"%s\"",
           done[0], reply[0], peers[0].reply);
    expect_count(rc, 1);
    hang_up(1);
}
END_TEST

static bool always_late;

static void *sends_signals(void *arg) {
    (void)arg;
    int ms = 0;
    double cpu = wb_cpu_ms();
    for (; ms < LATE_MS && !atomic_load(&returned) && !burns(cpu); ms += 20) {
        pthread_kill(caller, SIGUSR1);
        wb_sleep_ms(20);
    }
    always_late = ms >= LATE_MS;
    return NULL;
}

START_TEST(signals_keep_coming) {
    pthread_t sender;
    catch_signals(nothing);
    connect_peers(2);
    answers_before(0);
    does_not_end(1, "");
    pthread_create(&sender, NULL, sends_signals, NULL);
    long before = wb_now_ms();
    int rc = fetch(2, 300);
    long took = wb_now_ms() - before;
    pthread_join(sender, NULL);
    expect(!always_late && done[1] != 1,
           "a signal was caught every 20 ms, for 3 s, and fetch_all with a "
           "timeout of 300 ms waited all that time: after an interruption only "
           "the rest of the time is left");
    expect_count(rc, 1);
    expect(took >= 295,
           "fetch_all gave up after %ld of 300 ms, when signals were caught",
           took);
    expect_not_done(1, "its peer has said nothing");
    expect_done(0);
    hang_up(2);
}
END_TEST

START_TEST(calls_are_interrupted) {
    connect_peers(4);
    for (int i = 0; i < 4; i++)
        peer_start(i);
    wb_interrupt_calls(true);
    int rc = fetch(4, -1);
    wb_interrupt_calls(false);
    expect_count(rc, 4);
    expect_all_done(4);
    hang_up(4);
}
END_TEST

// --- Sleeping ----------------------------------------------------------------

static struct {
    bool asleep;
    atomic_bool spins;
    long unread; // bytes of replies when it slept
    long calls;  // in the 300 ms after that
    long cpu_ms;
} seen;

static long calls_so_far(void) {
    return wb_calls(WB_POLL) + wb_calls(WB_READ) + wb_calls(WB_SLEEP);
}

// Of 0 and 3, for which all wait.
static void end_streams(void) {
    say(&peers[0], "ok", 2);
    say(&peers[3], "k", 1);
    shutdown(peers[0].fd, SHUT_WR);
    shutdown(peers[3].fd, SHUT_WR);
}

// Ends the streams early if fetch_all goes round and round, which is counted,
// as a busy machine may give it little time to do so.
static void *counter_main(void *arg) {
    (void)arg;
    while (!atomic_load(&returned) && !atomic_load(&seen.spins)) {
        atomic_store(&seen.spins, calls_so_far() > 1000);
        wb_sleep_ms(5);
    }
    if (atomic_load(&seen.spins))
        end_streams();
    return NULL;
}

// Looks on until fetch_all sleeps, and for a while longer.
static void *observer_main(void *arg) {
    (void)arg;
    seen.asleep = wb_wait_blocked(1) && !atomic_load(&seen.spins);
    for (int i = 0; i < 5; i++) {
        int unread = 0;
        ioctl(fds[i], FIONREAD, &unread);
        seen.unread += unread;
    }
    long before = seen.asleep ? calls_so_far() : 0;
    wb_sleep_ms(seen.asleep ? 300 : 0);
    seen.calls = calls_so_far() - before;
    seen.cpu_ms = (long)wb_cpu_ms();
    end_streams();
    return NULL;
}

static void watched(int timeout_ms, bool one_has_gone) {
    pthread_t observer, counter;
    connect_peers(5);
    answers_before(1);
    if (one_has_gone)
        hang_up_now(&peers[2]);
    else
        answers_before(2);
    say(&peers[3], "o", 1);
    answers_before(4);
    memset(&seen, 0, sizeof seen);
    wb_reset_counts();
    pthread_create(&counter, NULL, counter_main, NULL);
    pthread_create(&observer, NULL, observer_main, NULL);
    int rc = fetch(5, timeout_ms);
    pthread_join(counter, NULL);
    pthread_join(observer, NULL);
    expect_kind("busy-wait", seen.asleep,
                "two peers were silent, and fetch_all with a timeout of %d "
                "never slept: %ld calls of poll, read or sleep, %ld ms of "
                "processor time. Wait in one poll for all that are open, with "
                "the time that is left (-1: no limit). Who is over is always "
                "ready: take it off the list",
                timeout_ms, seen.calls, seen.cpu_ms);
    expect(seen.unread == 0,
           "fetch_all slept although %ld bytes of replies could be read: it "
           "waited for one peer alone (as a read does that poll has not "
           "announced), and not for all that were still open",
           seen.unread);
    expect_kind("busy-wait", seen.calls <= 4,
                "two peers were silent for 300 ms, and fetch_all with a "
                "timeout of %d made %ld calls of poll, read or sleep "
                "meanwhile: it looks again and again. One poll with all the "
                "time that is left (-1 if there is no limit) sleeps until "
                "there is something to read",
                timeout_ms, seen.calls);
    for (int i = 0; i < 5; i++)
        if (i != 2 || !one_has_gone)
            expect_done(i);
    expect_count(rc, one_has_gone ? 4 : 5);
    hang_up(5);
}

START_TEST(waiting_is_sleeping) {
    watched(-1, false);
    watched(VERY_LONG_MS, false);
}
END_TEST

START_TEST(who_has_gone_is_over) {
    suite_note("Of five peers two are silent, and one had gone before it could "
               "be asked");
    watched(-1, true);
}
END_TEST

// --- The system --------------------------------------------------------------

START_TEST(sends_and_reads_are_short) {
    suite_note("Each call of send, write, recv or read moves 2 bytes at most "
               "here");
    connect_peers(3);
    for (int i = 0; i < 3; i++) {
        peers[i].reply = "some words";
        answers_before(i);
    }
    wb_short_io(2);
    int rc = fetch(3, -1);
    wb_short_io(0);
    expect_count(rc, 3);
    expect_all_done(3);
    hang_up(3);
}
END_TEST

// How many descriptors there may be now, at best MOST_FDS.
static int allow_descriptors(int most) {
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < (rlim_t)most)
        most = (int)limit.rlim_max;
    limit.rlim_cur = (rlim_t)most;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    return most;
}

static void move_descriptor(int i, int to) {
    ck_assert_int_eq(dup3(fds[i], to, O_CLOEXEC), to);
    close(fds[i]);
    fds[i] = to;
}

START_TEST(numbers_of_descriptors) {
    suite_note("Of three sockets one is descriptor 0 and one 1500");
    bool many = allow_descriptors(1600) == 1600;
    connect_peers(3);
    move_descriptor(0, STDIN_FILENO);
    if (many)
        move_descriptor(1, 1500);
    for (int i = 0; i < 3; i++)
        peer_start(i);
    expect_count(fetch(3, -1), 3);
    expect_all_done(3);
    hang_up(3);
}
END_TEST

START_TEST(very_many) {
    int n = suite_size(1100, 300, 300);
    int most = allow_descriptors(2 * n + 64);
    if (most < 2 * n + 64)
        n = (most - 64) / 2;
    suite_note("%d sockets, all of which have answered", n);
    connect_peers(n);
    for (int i = 0; i < n; i++)
        answers_before(i);
    expect_count(fetch(n, -1), n);
    expect_all_done(n);
    hang_up(n);
}
END_TEST

START_TEST(cannot_wait) {
    connect_peers(2);
    answers_before(0);
    does_not_end(1, "");
    wb_fail_call(WB_POLL, 1);
    int rc = fetch(2, short_ms());
    bool failed = wb_failed(WB_POLL);
    wb_fail_call(WB_POLL, 0);
    expect(!failed || rc == -ENOMEM,
           "poll (or its like) failed with ENOMEM, and fetch_all returned %d, "
           "not -ENOMEM (%d)",
           rc, -ENOMEM);
    hang_up(2);
}
END_TEST

START_TEST(memory_is_short) {
    for (int k = 1; k <= 6; k++) {
        connect_peers(2);
        answers_before(0);
        answers_before(1);
        wb_fail_call(WB_MALLOC, k);
        int rc = fetch(2, -1);
        bool failed = wb_failed(WB_MALLOC);
        wb_fail_call(WB_MALLOC, 0);
        expect(rc == 2 || (rc == -ENOMEM && failed),
               "fetch_all returned %d when allocation number %d had failed", rc,
               k);
        if (rc == 2)
            expect_all_done(2);
        hang_up(2);
        if (!failed)
            break;
    }
}
END_TEST

enum { NOT_VALGRIND = IN_TESTS | IN_MEMORY };

SUITE(TEST(everybody_answers, "every reply comes back, whole"),
      TEST(nobody_to_ask, "nobody to ask"),
      TEST(long_request, "a request may have 1,000 bytes",
           .stages = NOT_VALGRIND),
      TEST(all_are_asked_at_once, "all are asked before any is waited for"),
      TEST(replies_in_pieces, "a reply ends where its stream ends"),
      TEST(negative_is_no_limit, "a negative timeout is no limit",
           .stages = NOT_VALGRIND),
      TEST(waiting_is_sleeping, "who waits sleeps, and for all that are open",
           .stages = NOT_VALGRIND),
      TEST(a_silent_one_holds_up_nobody,
           "one that is silent does not hold up the others",
           .stages = NOT_VALGRIND),
      TEST(no_time_at_all, "with no time it takes what is there"),
      TEST(half_a_reply, "half a reply is not done", .stages = NOT_VALGRIND),
      TEST(one_deadline, "the timeout is for the whole call",
           .stages = NOT_VALGRIND),
      TEST(somebody_has_gone, "a peer that has gone harms nobody else"),
      TEST(who_has_gone_is_over, "who has gone is not waited for",
           .stages = NOT_VALGRIND),
      TEST(connection_breaks, "a connection that breaks is not done"),
      TEST(answered_and_gone, "a reply is read even if its peer has gone"),
      TEST(calls_are_interrupted, "a signal changes nothing"),
      TEST(signals_keep_coming, "a signal does not make the time longer",
           .stages = NOT_VALGRIND),
      TEST(sends_and_reads_are_short, "send and read may move a part only"),
      TEST(numbers_of_descriptors, "descriptors may have any number"),
      TEST(very_many, "there may be very many sockets", .stages = NOT_VALGRIND),
      TEST(cannot_wait, "-errno if it cannot wait", .stages = NOT_VALGRIND),
      TEST(memory_is_short, "if memory is short, nothing is leaked",
           .stages = NOT_VALGRIND), )
