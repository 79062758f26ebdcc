// SPDX-License-Identifier: MIT
// Tests of fetch_all. The peers are threads of the test, each at the other end
// of a socket pair. Gauges show how many have been asked at once; replies that
// must be in time are there before the call.
#include "fetch_all.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { MOST = 12 };

static const char *const REQ = "GET /";

struct peer {
    int fd;
    const char *reply;
    wb_gauge *asked; // sat in when the request is there, or NULL
    bool in_pieces;  // one byte, then waits until it has been read
    bool drips;      // a byte every now and then, and ends much too late
    char got[32];    // of the request
    pthread_t thread;
    bool started;
};

static struct peer peers[MOST];
static int fds[MOST]; // the answer's ends
static char reply[MOST + 1][64];
static unsigned char done[MOST + 1];
static atomic_bool returned;

static void connect_peers(int n) {
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

static void hear(struct peer *self) {
    size_t length = 0, due = strlen(REQ);
    ssize_t count = 1;
    while (length < due && count > 0) {
        count = read(self->fd, self->got + length, due - length);
        length += count > 0 ? (size_t)count : 0;
    }
}

static void say(struct peer *self, const char *text, size_t length) {
    ssize_t count = send(self->fd, text, length, MSG_NOSIGNAL);
    (void)count;
}

// A byte every 50 ms, until fetch_all has returned, or for three seconds.
static void drip(struct peer *self) {
    for (int i = 0; i < 60 && !atomic_load(&returned); i++) {
        say(self, ".", 1);
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
        drip(self);
    say(self, self->reply, first);
    for (size_t k = first; k < length; k++) {
        wb_sleep_ms(3);
        say(self, self->reply + k, 1);
    }
    shutdown(self->fd, SHUT_WR);
    return NULL;
}

static void peer_start(int i) {
    peers[i].started = true;
    ck_assert_int_eq(
        pthread_create(&peers[i].thread, NULL, peer_main, &peers[i]), 0);
}

// A reply that is there before anybody asks.
static void answers_before(int i) {
    say(&peers[i], peers[i].reply, strlen(peers[i].reply));
    shutdown(peers[i].fd, SHUT_WR);
}

static int fetch(int n, int timeout_ms) {
    int made = wb_threads_created();
    int rc = fetch_all(fds, n, REQ, reply, done, timeout_ms);
    atomic_store(&returned, true);
    expect(wb_threads_created() == made && wb_children() == 0,
           "fetch_all made %d threads and %d processes: it is to do without",
           wb_threads_created() - made, wb_children());
    return rc;
}

static void hang_up(int n) {
    for (int i = 0; i < n; i++) {
        if (peers[i].started)
            pthread_join(peers[i].thread, NULL);
        int flags = fcntl(fds[i], F_GETFL);
        expect(flags >= 0, "fetch_all closed fds[%d]; they stay open", i);
        expect((flags & O_NONBLOCK) == 0,
               "fetch_all left fds[%d] in non-blocking mode", i);
        close(fds[i]);
        close(peers[i].fd);
    }
}

static void expect_done(int i) {
    expect(done[i] == 1,
           "done[%d] is %d, not 1: the other side had ended its "
           "stream in time",
           i, done[i]);
    reply[i][63] = '\0';
    expect(strcmp(reply[i], peers[i].reply) == 0,
           "reply[%d] is \"%s\", not \"%s\"", i, reply[i], peers[i].reply);
}

static void expect_not_done(int i, const char *why) {
    expect(done[i] == 0, "done[%d] is %d, not 0: %s", i, done[i], why);
    expect(memchr(reply[i], '\0', 64) != NULL,
           "reply[%d] has no 0 at its end (done[%d] is 0)", i, i);
}

static void expect_count(int rc, int right) {
    expect(rc == right, "fetch_all returned %d%s%s, not %d", rc,
           rc < 0 ? ": " : "", rc < 0 ? strerror(-rc) : "", right);
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
    for (int i = 0; i < 5; i++) {
        expect_done(i);
        expect(strcmp(peers[i].got, REQ) == 0,
               "the peer of fds[%d] got the request \"%s\", not \"%s\"", i,
               peers[i].got, REQ);
    }
    expect(done[5] == 77 && reply[5][0] == '?',
           "fetch_all of 5 sockets wrote to done[5] or reply[5]");
    hang_up(5);
}
END_TEST

START_TEST(nobody_to_ask) {
    connect_peers(0);
    expect_count(fetch(0, -1), 0);
    expect_count(fetch(0, 1000), 0);
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
    for (int i = 0; i < N; i++)
        expect_done(i);
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
    for (int i = 0; i < 3; i++)
        expect_done(i);
    hang_up(3);
}
END_TEST

// --- Somebody does not -------------------------------------------------------

static void one_is_silent(int silent, int timeout_ms) {
    connect_peers(4);
    for (int i = 0; i < 4; i++)
        if (i != silent)
            answers_before(i);
    expect_count(fetch(4, timeout_ms), 3);
    for (int i = 0; i < 4; i++) {
        if (i == silent)
            expect_not_done(i, "its peer has said nothing");
        else
            expect_done(i);
    }
    hang_up(4);
}

START_TEST(a_silent_one_holds_up_nobody) {
    one_is_silent(0, 400);
    one_is_silent(3, 400);
}
END_TEST

// What of it was seen in no time is left open.
START_TEST(no_time_at_all) {
    connect_peers(3);
    for (int i = 0; i < 2; i++)
        answers_before(i);
    int rc = fetch(3, 0);
    expect(rc >= 0 && rc <= 2, "fetch_all with a timeout of 0 returned %d", rc);
    expect_not_done(2, "its peer has said nothing");
    hang_up(3);
}
END_TEST

START_TEST(half_a_reply) {
    connect_peers(2);
    answers_before(1);
    say(&peers[0], "hal", 3);
    expect_count(fetch(2, 400), 1);
    expect_not_done(0, "the stream of its peer had not ended");
    expect_done(1);
    hang_up(2);
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
    close(peers[0].fd);
    close(peers[2].fd);
    peers[0].fd = peers[2].fd = -1;
    int rc = fetch(4, -1);
    expect_not_done(0, "its peer had gone before it could be asked");
    expect_not_done(2, "its peer had gone before it could be asked");
    expect_done(1);
    expect_done(3);
    expect_count(rc, 2);
    hang_up(4);
}
END_TEST

// --- The system --------------------------------------------------------------

START_TEST(waiting_is_sleeping) {
    connect_peers(2);
    answers_before(1);
    wb_reset_counts();
    double cpu = wb_cpu_ms();
    expect_count(fetch(2, 300), 1);
    cpu = wb_cpu_ms() - cpu;
    long calls = wb_calls(WB_POLL) + wb_calls(WB_READ) + wb_calls(WB_SLEEP);
    expect_kind(
        "busy-wait", calls < 40,
        "fetch_all waited 300 ms for a silent peer, with %ld calls of poll, "
        "read or sleep (%.0f ms of processor time): it looks again and "
        "again instead of sleeping",
        calls, cpu);
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
    for (int i = 0; i < 4; i++)
        expect_done(i);
    hang_up(4);
}
END_TEST

START_TEST(sends_and_reads_are_short) {
    connect_peers(3);
    for (int i = 0; i < 3; i++) {
        peers[i].reply = "some words";
        peer_start(i);
    }
    wb_short_io(2);
    int rc = fetch(3, -1);
    wb_short_io(0);
    expect_count(rc, 3);
    for (int i = 0; i < 3; i++)
        expect_done(i);
    hang_up(3);
}
END_TEST

START_TEST(large_numbers) {
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < 1600)
        return;
    limit.rlim_cur = 1600;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    connect_peers(3);
    int low = fds[1];
    fds[1] = fcntl(low, F_DUPFD_CLOEXEC, 1500);
    ck_assert_int_ge(fds[1], 1500);
    close(low);
    for (int i = 0; i < 3; i++)
        peer_start(i);
    expect_count(fetch(3, -1), 3);
    for (int i = 0; i < 3; i++)
        expect_done(i);
    hang_up(3);
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
        hang_up(2);
        if (!failed)
            break;
    }
}
END_TEST

SUITE(TEST(everybody_answers, "every reply comes back, whole"),
      TEST(nobody_to_ask, "nobody to ask"),
      TEST(all_are_asked_at_once, "all are asked before any is waited for"),
      TEST(replies_in_pieces, "a reply ends where its stream ends"),
      TEST(a_silent_one_holds_up_nobody,
           "one that is silent does not hold up the others"),
      TEST(no_time_at_all, "with no time it takes what is there"),
      TEST(half_a_reply, "half a reply is not done"),
      TEST(one_deadline, "the timeout is for the whole call",
           .stages = IN_TESTS | IN_MEMORY),
      TEST(somebody_has_gone, "a peer that has gone harms nobody else"),
      TEST(waiting_is_sleeping, "who waits sleeps", .stages = IN_TESTS),
      TEST(calls_are_interrupted, "a signal changes nothing"),
      TEST(sends_and_reads_are_short, "send and read may move a part only"),
      TEST(large_numbers, "descriptors may have large numbers"),
      TEST(memory_is_short, "if memory is short, nothing is leaked",
           .stages = IN_TESTS | IN_MEMORY), )
