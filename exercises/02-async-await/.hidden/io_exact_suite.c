// SPDX-License-Identifier: MIT
// Tests of io_exact. The other end of each socket is a task of the suite's, in
// the same loop, on its imaginary clock. The answer's call runs in a task of
// its own; the test sleeps past the moment at which it has to be over, and
// looks.
#include "io_exact.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/lp_suite.h"
#include "lib/lp_test.h"
#include "lib/wb.h"

enum { NONE = -1, SMALL_BUFFER = 4096, LATE = 3600000, NOBODYS = 1000 };

static int near[2], far[2]; // [0]: the answer's end, [1]: the suite's

// --- The other ends ----------------------------------------------------------

struct peer {
    int *fd;
    size_t piece; // bytes at a time
    size_t total;
    long pause;   // ms before each piece
    bool hang_up; // in the end
    size_t moved;
    long first_at; // when the first byte was there
};

static struct peer peer_room[16]; // they outlive the test that begins them
static int peers;

// --- The loop ----------------------------------------------------------------

static void on_stuck(int tasks) {
    suite_fail("hang", __FILE__, __LINE__,
               "%d tasks wait, and none of them can ever go on", tasks);
}

static void on_restless(long steps) {
    suite_fail("busy-wait", __FILE__, __LINE__,
               "%ld turns were taken at one moment of the clock: a wait whose "
               "result (-ECANCELED, -ETIMEDOUT) is not looked at is over at "
               "once, again and again",
               steps);
}

static const struct lp_watch strict = {on_stuck, on_restless, 30000};

static void open_pair(int ends[2]) {
    ck_assert_int_eq(socketpair(AF_UNIX,
                                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                                ends),
                     0);
    for (int i = 0; i < 2; i++) {
        int bytes = SMALL_BUFFER;
        setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    }
}

static void close_end(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

// --- What must stay as it was ------------------------------------------------

// Of a descriptor that is given to the calls, what they might have changed.
struct looks {
    int status, flags, low_mark, room_in, room_out;
};

static int option_of(int fd, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    getsockopt(fd, SOL_SOCKET, name, &value, &size);
    return value;
}

static struct looks looks_of(int fd) {
    return (struct looks){fcntl(fd, F_GETFL), fcntl(fd, F_GETFD),
                          option_of(fd, SO_RCVLOWAT), option_of(fd, SO_RCVBUF),
                          option_of(fd, SO_SNDBUF)};
}

static struct looks looked; // all ends look the same in the beginning

// ENDS[0] was given to the calls.
static void expect_end_untouched(const int ends[2]) {
    if (ends[0] == NOBODYS)
        return;
    struct looks now = looks_of(ends[0]);
    expect(now.status >= 0,
           "a descriptor that was given to the call is closed");
    expect((now.status & O_NONBLOCK) != 0,
           "O_NONBLOCK was cleared on a descriptor that was given to the "
           "call");
    expect(memcmp(&now, &looked, sizeof now) == 0,
           "a descriptor that was given to the call was changed: its flags, or "
           "an option of the socket");
}

// Nothing that was sent is of interest any more.
static void expect_end_not_shut(const int ends[2]) {
    char bytes[4096] = "";
    ssize_t got = -1;
    while (ends[1] >= 0 &&
           (got = recv(ends[1], bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        ;
    expect(got != 0, "a socket that was given to the call was shut down for "
                     "writing: its peer reads the end of the stream");
    if (ends[1] >= 0)
        got = send(ends[1], bytes, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    expect(ends[1] < 0 || got == 1 || errno != EPIPE,
           "a socket that was given to the call was shut down for reading: its "
           "peer cannot write to it any more");
}

static void expect_untouched(void) {
    expect_end_untouched(near);
    expect_end_untouched(far);
}

static int (*chosen)(void *);

// In the end, the answer's ends are closed, so that every peer comes to its
// own.
static int runs_test(void *arg) {
    looked = looks_of(near[0]);
    int rc = chosen(arg);
    expect_end_not_shut(near);
    expect_end_not_shut(far);
    close_end(&near[0]);
    close_end(&far[0]);
    return rc;
}

static void run(int (*body)(void *)) {
    int before = wb_open_fds();
    open_pair(near);
    open_pair(far);
    chosen = body;
    peers = 0;
    lp_use_virtual_time(&strict);
    lp_run(runs_test, NULL);
    close_end(&near[1]);
    close_end(&far[1]);
    expect_kind("fd-leak", wb_open_fds() == before,
                "%d descriptors are open that were not open before",
                wb_open_fds() - before);
}

// --- The calls, each in a task of its own ------------------------------------

struct call {
    enum { READ, WRITE, RELAY, BACK } what; // BACK: from far to near
    char *buf;
    size_t n;
    long deadline;
    long long result;
    long at; // when it returned; -1: not yet
    lp_task *task;
};

static const char *name_of(const struct call *call) {
    static const char *const names[] = {"io_read_exact", "io_write_all",
                                        "io_relay", "io_relay"};
    return names[call->what];
}

static int makes_call(void *arg) {
    struct call *call = arg;
    if (call->what == READ)
        call->result =
            io_read_exact(near[0], call->buf, call->n, call->deadline);
    else if (call->what == WRITE)
        call->result =
            io_write_all(near[0], call->buf, call->n, call->deadline);
    else if (call->what == RELAY)
        call->result = io_relay(near[0], far[0], call->deadline);
    else
        call->result = io_relay(far[0], near[0], call->deadline);
    call->at = lp_now();
    expect_untouched();
    return 0;
}

static struct call *begin(struct call *call) {
    call->at = -1;
    call->task = spawn(makes_call, call);
    return call;
}

static void expect_over(const struct call *call, const char *when) {
    expect_kind("hang", call->at >= 0, "%s has not returned %s", name_of(call),
                when);
}

static void expect_result(const struct call *call, long long wanted,
                          const char *when) {
    expect_over(call, when);
    expect(call->result == wanted, "%s returned %lld instead of %lld %s",
           name_of(call), call->result, wanted, when);
}

static void expect_at(const struct call *call, long wanted, const char *what) {
    expect(call->at == wanted, "%s returned at %ld ms; %s at %ld ms",
           name_of(call), call->at, what, wanted);
}

// --- What they do ------------------------------------------------------------

static char pattern(size_t i) {
    return (char)(i * 7 + (i >> 8) * 13 + (i >> 16));
}

static char *make_pattern(size_t n) {
    char *bytes = malloc(n + 1);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = pattern(i);
    return bytes;
}

static void expect_pattern(const char *bytes, size_t n, size_t from) {
    for (size_t i = 0; i < n; i++)
        expect(bytes[i] == pattern(from + i),
               "byte %zu of the stream is wrong: 0x%02x instead of 0x%02x",
               from + i, (unsigned char)bytes[i],
               (unsigned char)pattern(from + i));
}

static int sends(void *arg) {
    struct peer *peer = arg;
    char *bytes = make_pattern(peer->total);
    while (peer->moved < peer->total) {
        lp_sleep(peer->pause);
        size_t n = peer->total - peer->moved;
        ssize_t sent = send(*peer->fd, bytes + peer->moved,
                            n < peer->piece ? n : peer->piece, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN)
            lp_wait_fd(*peer->fd, POLLOUT, -1);
        else if (sent < 0)
            break;
        else
            peer->moved += (size_t)sent;
    }
    free(bytes);
    if (peer->hang_up)
        close_end(peer->fd);
    return 0;
}

static int drains(void *arg) {
    struct peer *peer = arg;
    char *bytes = malloc(peer->piece);
    while (peer->moved < peer->total) {
        if (peer->pause > 0)
            lp_sleep(peer->pause);
        ssize_t got = read(*peer->fd, bytes, peer->piece);
        if (got < 0 && errno == EAGAIN) {
            lp_wait_fd(*peer->fd, POLLIN, -1);
            continue;
        }
        if (got <= 0)
            break;
        if (peer->first_at < 0)
            peer->first_at = lp_now();
        expect_pattern(bytes, (size_t)got, peer->moved);
        peer->moved += (size_t)got;
    }
    free(bytes);
    if (peer->hang_up)
        close_end(peer->fd);
    return 0;
}

static struct peer *begin_peer(int (*fn)(void *), struct peer given) {
    ck_assert_int_lt(peers, 16);
    struct peer *peer = &peer_room[peers++];
    *peer = given;
    peer->first_at = -1;
    spawn(fn, peer);
    return peer;
}

// --- Reading -----------------------------------------------------------------

static void read_in_pieces(size_t total, size_t piece, long pause) {
    struct call call = {READ, calloc(total, 1), total, NONE, 0, 0, NULL};
    begin(&call);
    begin_peer(sends,
               (struct peer){&near[1], piece, total, pause, .hang_up = false});
    long pieces = (long)((total + piece - 1) / piece);
    lp_sleep(pieces * pause + 1);
    expect_result(&call, (long long)total, "after all bytes were sent");
    expect_pattern(call.buf, total, 0);
    free(call.buf);
}

LOOP_TEST(pieces_become_a_whole) {
    read_in_pieces(1, 1, 10);
    read_in_pieces(100, 100, 10);
    read_in_pieces(40, 1, 10);
    read_in_pieces(100, 33, 10);
    struct call nothing = {READ, NULL, 0, NONE, 0, 0, NULL};
    begin(&nothing);
    lp_sleep(1);
    expect_result(&nothing, 0, "for 0 bytes");
    return 0;
}

LOOP_TEST(no_byte_too_many_is_taken) {
    char bytes[31] = {0};
    struct call call = {READ, bytes, 10, NONE, 0, 0, NULL};
    begin_peer(sends, (struct peer){&near[1], 30, 30, 0, .hang_up = false});
    lp_sleep(5);
    for (int i = 0; i < 3; i++) {
        begin(&call);
        lp_sleep(1);
        expect_result(&call, 10, "for 10 of 30 bytes");
        expect_pattern(bytes, 10, 10 * (size_t)i);
    }
    return 0;
}

LOOP_TEST(the_end_of_the_stream_is_no_error) {
    char bytes[100] = {0};
    struct call call = {READ, bytes, sizeof bytes, NONE, 0, 0, NULL};
    begin(&call);
    begin_peer(sends, (struct peer){&near[1], 5, 17, 10, .hang_up = true});
    lp_sleep(LATE);
    expect_result(&call, 17, "after 17 bytes and the end of the stream");
    expect_pattern(bytes, 17, 0);
    begin(&call);
    lp_sleep(1);
    expect_result(&call, 0, "at the end of the stream");
    return 0;
}

// Its peer has said all that it has to say, and still listens.
LOOP_TEST(a_half_closed_stream_can_be_written) {
    char bytes[10] = {0}, answer[5] = "";
    struct call call = {READ, bytes, sizeof bytes, NONE, 0, 0, NULL};
    send(near[1], "ask", 3, MSG_NOSIGNAL);
    shutdown(near[1], SHUT_WR);
    begin(&call);
    lp_sleep(1);
    expect_result(&call, 3, "after 3 bytes and the end of the stream");
    call.what = RELAY;
    begin(&call);
    lp_sleep(1);
    expect_result(&call, 0, "at the end of the stream");
    struct call writes = {WRITE, answer, 4, NONE, 0, 0, NULL};
    memcpy(answer, "told", 4);
    begin(&writes);
    lp_sleep(1);
    expect_result(&writes, 4,
                  "to a peer that has shut down its own writing and still "
                  "reads");
    ssize_t got = recv(near[1], bytes, sizeof bytes, MSG_DONTWAIT);
    expect(got == 4 && memcmp(bytes, "told", 4) == 0,
           "%zd of the 4 bytes written arrived", got < 0 ? 0 : got);
    close_end(&near[1]);
    return 0;
}

LOOP_TEST(a_read_ends_at_its_deadline) {
    char bytes[1000] = {0};
    struct call call = {READ, bytes, sizeof bytes, 200, 0, 0, NULL};
    begin(&call);
    lp_sleep(300);
    expect_result(&call, -ETIMEDOUT,
                  "although nothing came until its deadline");
    expect_at(&call, 200, "its deadline was");
    // A byte every 9 ms: none of the waits is long.
    begin_peer(sends, (struct peer){&near[1], 1, 1000, 9, .hang_up = false});
    call.deadline = 700;
    begin(&call);
    lp_sleep(LATE);
    expect_result(&call, -ETIMEDOUT,
                  "although 1000 bytes, one every 9 ms, were not there until "
                  "its deadline");
    expect_at(&call, 700, "its deadline was");
    return 0;
}

LOOP_TEST(a_deadline_of_the_past_is_over) {
    char bytes[10];
    struct call call = {READ, bytes, sizeof bytes, 50, 0, 0, NULL};
    lp_sleep(100);
    begin(&call);
    lp_sleep(LATE);
    expect_result(&call, -ETIMEDOUT,
                  "although its deadline was over before it began");
    expect_at(&call, 100, "it was called");
    call.deadline = lp_now();
    begin(&call);
    lp_sleep(LATE);
    expect_result(&call, -ETIMEDOUT,
                  "although its deadline was the moment of its call");
    call.deadline = 0; // a moment, too; NONE is less
    begin(&call);
    lp_sleep(LATE);
    expect_result(&call, -ETIMEDOUT,
                  "although its deadline, 0, was over before it began");
    return 0;
}

static void over_at_once(struct call *call) {
    const char *when = "although its deadline was over before it began";
    call->deadline = lp_now() - 50;
    begin(call);
    lp_sleep(10);
    expect_result(call, -ETIMEDOUT, when);
    call->deadline = 0;
    begin(call);
    lp_sleep(10);
    expect_result(call, -ETIMEDOUT, when);
}

// The relay waits first for what comes, then for its reader.
LOOP_TEST(so_for_writes_and_relays) {
    size_t total = 256 << 10;
    struct call writes = {WRITE, make_pattern(total), total, 0, 0, 0, NULL};
    struct call relays = {RELAY, NULL, 0, 0, 0, 0, NULL};
    lp_sleep(100);
    over_at_once(&writes);
    over_at_once(&relays);
    begin_peer(sends,
               (struct peer){&near[1], 5000, total, 0, .hang_up = false});
    lp_sleep(1);
    over_at_once(&relays);
    free(writes.buf);
    return 0;
}

// A deadline is a long, and every negative one is none.
LOOP_TEST(deadlines_of_any_size) {
    static const long far_off[] = {-2, -1000000, LONG_MIN, LONG_MAX,
                                   4294967500}; // 50 days
    char bytes[4];
    struct call call = {READ, bytes, sizeof bytes, NONE, 0, 0, NULL};
    lp_sleep(100);
    for (int i = 0; i < 5; i++) {
        call.deadline = far_off[i];
        begin(&call);
        begin_peer(sends, (struct peer){&near[1], 4, 4, 500, .hang_up = false});
        lp_sleep(600);
        expect_over(&call, "although all bytes were there after 500 ms");
        expect(call.result == 4,
               "%s returned %lld instead of 4 with the deadline %ld%s",
               name_of(&call), call.result, far_off[i],
               far_off[i] < 0 ? ": below 0 there is none" : "");
    }
    return 0;
}

LOOP_TEST(errors_are_told) {
    char byte = 'x';
    int kept = near[0];
    struct call call = {READ, &byte, 1, NONE, 0, 0, NULL};
    near[0] = NOBODYS;
    begin(&call);
    lp_sleep(1);
    expect_result(&call, -EBADF, "for a descriptor that is not open");
    call.what = WRITE;
    begin(&call);
    lp_sleep(1);
    expect_result(&call, -EBADF, "for a descriptor that is not open");
    call.what = RELAY;
    begin(&call);
    lp_sleep(1);
    expect_result(&call, -EBADF, "for a descriptor that is not open");
    call.what = BACK; // to nobody's
    send(far[1], "some", 4, MSG_NOSIGNAL);
    begin(&call);
    lp_sleep(1);
    near[0] = kept;
    expect_result(&call, -EBADF, "to a descriptor that is not open");
    return 0;
}

// Who closes a socket without having read what it was sent resets the
// connection: the other end reads what is left, and then an error.
static void reset_after_five(struct call *call) {
    send(near[0], "?", 1, MSG_NOSIGNAL);
    begin(call);
    begin_peer(sends, (struct peer){&near[1], 5, 5, 10, .hang_up = true});
    lp_sleep(100);
    expect_result(call, -ECONNRESET,
                  "after 5 bytes and a reset of the connection");
}

LOOP_TEST(an_error_is_no_end) {
    char bytes[10];
    struct call call = {READ, bytes, sizeof bytes, NONE, 0, 0, NULL};
    reset_after_five(&call);
    return 0;
}

LOOP_TEST(a_relay_tells_of_an_error) {
    struct call call = {RELAY, NULL, 0, NONE, 0, 0, NULL};
    char bytes[10];
    reset_after_five(&call);
    ssize_t got = recv(far[1], bytes, sizeof bytes, MSG_DONTWAIT);
    expect(got == 5,
           "5 bytes came before the connection was reset; io_relay passed %zd "
           "of them on",
           got < 0 ? 0 : got);
    return 0;
}

// --- Writing -----------------------------------------------------------------

static size_t much(void) {
    return (size_t)suite_size(4 << 20, 512 << 10, 128 << 10);
}

LOOP_TEST(much_goes_through_a_small_buffer) {
    size_t total = much();
    struct call call = {WRITE, make_pattern(total), total, NONE, 0, 0, NULL};
    begin(&call);
    struct peer *peer = begin_peer(
        drains, (struct peer){&near[1], 3000, total, 1, .hang_up = false});
    lp_sleep(LATE);
    expect_result(&call, (long long)total, "after its peer took all bytes");
    expect(peer->moved == total,
           "io_write_all returned %zu, but %zu bytes "
           "arrived",
           total, peer->moved);
    free(call.buf);
    struct call nothing = {WRITE, NULL, 0, NONE, 0, 0, NULL};
    begin(&nothing);
    lp_sleep(1);
    expect_result(&nothing, 0, "for 0 bytes");
    return 0;
}

LOOP_TEST(a_write_ends_at_its_deadline) {
    size_t total = 256 << 10;
    struct call call = {WRITE, make_pattern(total), total, 200, 0, 0, NULL};
    begin(&call);
    lp_sleep(300);
    expect_result(&call, -ETIMEDOUT,
                  "although its peer took nothing until its deadline");
    expect_at(&call, 200, "its deadline was");
    begin_peer(drains,
               (struct peer){&near[1], 100, total, 5, .hang_up = false});
    call.deadline = 700;
    begin(&call);
    lp_sleep(LATE);
    expect_result(
        &call, -ETIMEDOUT,
        "although its peer took 100 bytes every 5 ms, too slow for its "
        "deadline");
    expect_at(&call, 700, "its deadline was");
    free(call.buf);
    return 0;
}

static void expect_gone(const struct call *call, const char *when) {
    expect_over(call, when);
    expect(call->result == -EPIPE || call->result == -ECONNRESET,
           "%s returned %lld instead of -EPIPE (%d) %s", name_of(call),
           call->result, -EPIPE, when);
}

LOOP_TEST(a_peer_that_is_gone_kills_nobody) {
    size_t total = 256 << 10;
    struct call call = {WRITE, make_pattern(total), total, NONE, 0, 0, NULL};
    begin(&call);
    begin_peer(drains, (struct peer){&near[1], 3000, 9000, 1, .hang_up = true});
    lp_sleep(LATE);
    expect_gone(&call, "after its peer went away in the middle");
    begin(&call);
    lp_sleep(1);
    expect_gone(&call, "to a peer that is gone");
    free(call.buf);
    return 0;
}

// A write that is over meanwhile, to another peer, does not undo what protects
// this one.
LOOP_TEST(nor_does_it_after_another_write) {
    size_t total = 256 << 10;
    struct call call = {WRITE, make_pattern(total), total, NONE, 0, 0, NULL};
    struct call relays = {RELAY, NULL, 0, NONE, 0, 0, NULL};
    char bytes[8];
    begin(&call);
    begin(&relays);
    send(near[1], "some", 4, MSG_NOSIGNAL);
    lp_sleep(1);
    expect(recv(far[1], bytes, sizeof bytes, MSG_DONTWAIT) == 4,
           "4 bytes were not passed on while another task was writing");
    begin_peer(drains, (struct peer){&near[1], 3000, 9000, 1, .hang_up = true});
    lp_sleep(LATE);
    expect_gone(&call, "after its peer went away in the middle");
    expect_over(&relays, "after its peer went away");
    free(call.buf);
    return 0;
}

// --- Relaying ----------------------------------------------------------------

LOOP_TEST(a_relay_copies_all) {
    size_t total = much() / 4;
    struct call call = {RELAY, NULL, 0, NONE, 0, 0, NULL};
    begin(&call);
    begin_peer(sends, (struct peer){&near[1], 5000, total, 1, .hang_up = true});
    struct peer *to = begin_peer(
        drains, (struct peer){&far[1], 700, total + 1, 1, .hang_up = false});
    lp_sleep(LATE);
    expect_result(&call, (long long)total, "after the end of the stream");
    expect(to->moved == total, "%zu of %zu bytes were passed on", to->moved,
           total);
    return 0;
}

LOOP_TEST(an_empty_stream_is_relayed) {
    struct call call = {RELAY, NULL, 0, NONE, 0, 0, NULL};
    begin(&call);
    begin_peer(sends, (struct peer){&near[1], 1, 0, 1, .hang_up = true});
    lp_sleep(10);
    expect_result(&call, 0, "for a stream that ended without a byte");
    return 0;
}

// Both directions of one connection, as a proxy has them.
LOOP_TEST(two_relays_at_once) {
    suite_note("two tasks relay at the same time, one in each direction: a "
               "buffer that both use is overwritten while one of them waits");
    size_t total = much() / 16;
    struct call there = {RELAY, NULL, 0, NONE, 0, 0, NULL};
    struct call back = {BACK, NULL, 0, 3000000, 0, 0, NULL};
    begin(&there);
    begin(&back);
    begin_peer(sends,
               (struct peer){&near[1], 5000, total, 1, .hang_up = false});
    begin_peer(sends, (struct peer){&far[1], 3001, total, 2, .hang_up = false});
    struct peer *to_far = begin_peer(
        drains, (struct peer){&far[1], 700, total, 1, .hang_up = false});
    struct peer *to_near = begin_peer(
        drains, (struct peer){&near[1], 501, total, 1, .hang_up = false});
    lp_sleep(LATE);
    expect(to_far->moved == total && to_near->moved == total,
           "two relays ran at the same time, one in each direction: %zu and "
           "%zu of %zu bytes each were passed on",
           to_far->moved, to_near->moved, total);
    expect_result(&back, -ETIMEDOUT, "although its stream had not ended");
    expect_at(&back, 3000000, "its deadline was");
    close_end(&near[1]);
    lp_sleep(1);
    expect_result(&there, (long long)total, "after the end of the stream");
    return 0;
}

LOOP_TEST(what_has_come_is_passed_on) {
    struct call call = {RELAY, NULL, 0, NONE, 0, 0, NULL};
    begin(&call);
    begin_peer(sends, (struct peer){&near[1], 10, 40, 100, .hang_up = true});
    struct peer *to = begin_peer(
        drains, (struct peer){&far[1], 1000, 40, 0, .hang_up = false});
    lp_sleep(150);
    expect(to->first_at == 100,
           "10 bytes came at 100 ms, and at 150 ms they have not been passed "
           "on");
    lp_sleep(LATE);
    expect_result(&call, 40, "after 40 bytes and the end of the stream");
    return 0;
}

LOOP_TEST(a_relay_ends_at_its_deadline) {
    struct call call = {RELAY, NULL, 0, 500, 0, 0, NULL};
    begin(&call);
    begin_peer(sends, (struct peer){&near[1], 3, 900, 9, .hang_up = false});
    begin_peer(drains, (struct peer){&far[1], 1000, 900, 0, .hang_up = false});
    lp_sleep(LATE);
    expect_result(&call, -ETIMEDOUT, "although its stream went on and on");
    expect_at(&call, 500, "its deadline was");
    return 0;
}

// Nobody reads what is passed on.
LOOP_TEST(a_stuck_relay_ends_at_its_deadline) {
    size_t total = 256 << 10;
    struct call call = {RELAY, NULL, 0, 500, 0, 0, NULL};
    begin(&call);
    begin_peer(sends,
               (struct peer){&near[1], 5000, total, 1, .hang_up = false});
    lp_sleep(LATE);
    expect_result(&call, -ETIMEDOUT,
                  "although nobody read what it had to pass on");
    expect_at(&call, 500, "its deadline was");
    return 0;
}

// An answer that needs memory or descriptors of its own may find none.
static void relay_without(enum wb_call what, int error, const char *name) {
    for (int k = 1; k <= 3; k++) {
        struct call call = {RELAY, NULL, 0, lp_now() + 50, 0, 0, NULL};
        char bytes[16];
        send(near[1], "some", 4, MSG_NOSIGNAL);
        wb_fail_call(what, k);
        begin(&call);
        lp_sleep(100);
        bool failed = wb_failed(what);
        wb_fail_call(what, 0);
        expect_over(&call, "at its deadline");
        expect(call.result == -ETIMEDOUT || (failed && call.result == error),
               "%s failed, and io_relay returned %lld instead of %d (%s)", name,
               call.result, error, strerror(-error));
        while (recv(near[0], bytes, sizeof bytes, MSG_DONTWAIT) > 0)
            ;
    }
}

LOOP_TEST(a_relay_without_means) {
    relay_without(WB_MALLOC, -ENOMEM, "an allocation");
    relay_without(WB_PIPE, -EMFILE, "pipe()");
    return 0;
}

LOOP_TEST(a_relay_to_nobody_is_told) {
    struct call call = {RELAY, NULL, 0, NONE, 0, 0, NULL};
    close_end(&far[1]);
    begin(&call);
    begin_peer(sends, (struct peer){&near[1], 5000, 50000, 1, .hang_up = true});
    lp_sleep(5);
    expect_gone(&call, "to a peer that is gone");
    return 0;
}

// --- Around the calls --------------------------------------------------------

static void cancel_one(struct call *call) {
    begin(call);
    lp_sleep(100);
    expect(call->at < 0, "%s returned %lld although it had to wait",
           name_of(call), call->result);
    lp_cancel(call->task);
    lp_sleep(LATE);
    expect_result(call, -ECANCELED, "in a task that was cancelled");
}

LOOP_TEST(a_cancelled_task_gives_up) {
    size_t total = 256 << 10;
    char bytes[10];
    struct call reads = {READ, bytes, sizeof bytes, NONE, 0, 0, NULL};
    struct call relays = {RELAY, NULL, 0, NONE, 0, 0, NULL};
    struct call writes = {WRITE, make_pattern(total), total, NONE, 0, 0, NULL};
    cancel_one(&reads);
    send(near[1], "some", 4, MSG_NOSIGNAL);
    cancel_one(&reads); // some bytes do not count
    cancel_one(&relays);
    begin_peer(sends,
               (struct peer){&near[1], 5000, total, 0, .hang_up = false});
    cancel_one(&relays); // nobody reads what it passes on
    cancel_one(&writes);
    free(writes.buf);
    return 0;
}

static void under(bool interrupts, size_t most) {
    size_t total = 60000;
    struct call reads = {READ, calloc(total, 1), total, NONE, 0, 0, NULL};
    struct call writes = {WRITE, make_pattern(total), total, NONE, 0, 0, NULL};
    struct call relays = {RELAY, NULL, 0, NONE, 0, 0, NULL};
    wb_interrupt_calls(interrupts);
    wb_short_io(most);
    const char *when = interrupts
                           ? "while system calls were interrupted (EINTR)"
                           : "while system calls moved a few bytes each";
    begin(&reads);
    begin_peer(sends,
               (struct peer){&near[1], 7000, total, 1, .hang_up = false});
    lp_sleep(LATE);
    expect_result(&reads, (long long)total, when);
    expect_pattern(reads.buf, total, 0);
    begin(&writes);
    struct peer *drainer = begin_peer(
        drains, (struct peer){&near[1], 3000, total, 1, .hang_up = false});
    lp_sleep(LATE);
    expect_result(&writes, (long long)total, when);
    expect(drainer->moved == total, "%zu of %zu bytes arrived", drainer->moved,
           total);
    begin(&relays);
    begin_peer(sends, (struct peer){&near[1], 7000, total, 1, .hang_up = true});
    struct peer *to = begin_peer(
        drains, (struct peer){&far[1], 3000, total, 1, .hang_up = false});
    lp_sleep(LATE);
    expect_result(&relays, (long long)total, when);
    expect(to->moved == total, "%zu of %zu bytes were passed on", to->moved,
           total);
    wb_interrupt_calls(false);
    wb_short_io(0);
    free(reads.buf);
    free(writes.buf);
}

LOOP_TEST(interruptions_are_no_errors) {
    under(true, 0);
    return 0;
}

LOOP_TEST(short_calls_are_no_errors) {
    under(false, 13);
    return 0;
}

static struct heartbeat heart;

static void waits_in_peace(struct call *call, const char *what) {
    int before = heart.ticks;
    long steps = lp_steps();
    begin(call);
    lp_sleep(1000);
    expect(heart.ticks - before >= 99,
           "another task that sleeps 10 ms at a time woke %d times in 1 s "
           "while %s waited%s; 100 were due",
           heart.ticks - before, name_of(call), what);
    expect_kind("busy-wait", lp_steps() - steps < 150,
                "in 1 s, %ld turns were taken, though %s only had to wait%s "
                "and another task had 100: who waits takes no turns",
                lp_steps() - steps, name_of(call), what);
}

LOOP_TEST(others_run_while_a_call_waits) {
    char bytes[10];
    size_t total = 256 << 10;
    struct call reads = {READ, bytes, sizeof bytes, 1000, 0, 0, NULL};
    struct call relays = {RELAY, NULL, 0, 2000, 0, 0, NULL};
    struct call writes = {WRITE, make_pattern(total), total, 3000, 0, 0, NULL};
    struct call stuck = {RELAY, NULL, 0, 4000, 0, 0, NULL};
    spawn(beats, &heart);
    waits_in_peace(&reads, "");
    waits_in_peace(&relays, " for bytes to come");
    send(near[1], "unread", 6, MSG_NOSIGNAL); // is no reason to stop waiting
    waits_in_peace(&writes, "");
    begin_peer(sends,
               (struct peer){&near[1], 5000, total, 0, .hang_up = false});
    waits_in_peace(&stuck, " for somebody to read what it had passed on");
    lp_sleep(1);
    heart.over = true;
    expect(wb_calls(WB_SLEEP) == 0,
           "sleep, usleep, nanosleep or sched_yield was called: that stops the "
           "thread, and with it all tasks");
    free(writes.buf);
    return 0;
}

SUITE(TEST(pieces_become_a_whole,
           "a message that comes in pieces is read whole"),
      TEST(no_byte_too_many_is_taken, "no byte of the next message is taken"),
      TEST(the_end_of_the_stream_is_no_error,
           "at the end of the stream, what came is returned"),
      TEST(a_half_closed_stream_can_be_written,
           "a stream that has ended in one direction goes on in the other"),
      TEST(a_read_ends_at_its_deadline,
           "a read ends at its deadline, however small the pieces"),
      TEST(a_deadline_of_the_past_is_over,
           "a deadline that is over is over at once"),
      TEST(so_for_writes_and_relays,
           "a deadline that is over is over at once for a write and a relay"),
      TEST(deadlines_of_any_size,
           "a deadline may be any long, and is none if negative"),
      TEST(errors_are_told, "errors are given as -errno"),
      TEST(an_error_is_no_end,
           "an error is given as -errno, also after some bytes"),
      TEST(much_goes_through_a_small_buffer,
           "all bytes are written through a small buffer"),
      TEST(a_write_ends_at_its_deadline, "a write ends at its deadline"),
      TEST(a_peer_that_is_gone_kills_nobody,
           "writing to a peer that is gone is an error, not a death"),
      TEST(nor_does_it_after_another_write,
           "neither is it if another write has ended meanwhile"),
      TEST(a_relay_copies_all, "a relay copies all until the stream ends"),
      TEST(an_empty_stream_is_relayed, "a stream without a byte is relayed"),
      TEST(two_relays_at_once, "two relays run at the same time"),
      TEST(what_has_come_is_passed_on,
           "a relay passes on what has come before it waits for more"),
      TEST(a_relay_ends_at_its_deadline, "a relay ends at its deadline"),
      TEST(a_stuck_relay_ends_at_its_deadline,
           "a relay ends at its deadline, also if nobody reads from it"),
      TEST(a_relay_tells_of_an_error,
           "a relay gives an error of the stream it reads as -errno"),
      TEST(a_relay_without_means,
           "a relay that finds no memory or descriptors says so"),
      TEST(a_relay_to_nobody_is_told,
           "relaying to a peer that is gone is an error"),
      TEST(a_cancelled_task_gives_up, "a cancelled task gives up"),
      TEST(interruptions_are_no_errors, "interrupted calls are made again"),
      TEST(short_calls_are_no_errors, "calls that move a few bytes go on"),
      TEST(others_run_while_a_call_waits,
           "while a call waits, other tasks run and it takes no turns"), )
