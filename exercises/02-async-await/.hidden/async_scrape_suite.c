// SPDX-License-Identifier: MIT
// Tests of async_scrape, against the test server of lib/wb.h.
//
// Overlap is proved by the server: `rendezvous` answers nobody before all are
// there, `settle` answers one whenever the client sleeps. So no verdict hangs
// on how fast this machine is. Every call of scrape_titles() goes through
// scrape(), which also checks descriptors, threads and processes.
#include "async_scrape.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { LONG_MS = 600000, TIMEOUT_MS = 200, URL_BYTES = 96 };

// --- One call of scrape_titles -----------------------------------------------

static struct bench {
    struct wb_server *server;
    size_t n;
    char (*text)[URL_BYTES];
    const char **urls; // exactly n
    struct page *pages; // exactly n, so that a step too far is seen
} bench;

static void start(const char *script) {
    // A proxy that the environment names would get all the requests.
    static const char *const proxies[] = {"http_proxy", "all_proxy",
                                          "ALL_PROXY"};
    for (size_t i = 0; i < sizeof proxies / sizeof proxies[0]; i++)
        unsetenv(proxies[i]);
    // Without TLS, which nobody needs here: a good deal faster.
    curl_global_init(CURL_GLOBAL_NOTHING);
    bench = (struct bench){.server = wb_server_start(script)};
}

static void stop(void) {
    wb_server_stop(bench.server);
    curl_global_cleanup();
}

// N pages to fetch, none named yet; what out[] holds before is garbage.
static void plan(size_t n) {
    bench.n = n;
    bench.text = calloc(n, sizeof *bench.text);
    bench.urls = calloc(n, sizeof *bench.urls);
    bench.pages = malloc(n * sizeof *bench.pages);
    ck_assert(bench.text != NULL && bench.urls != NULL && bench.pages != NULL);
    memset(bench.pages, 0xa5, n * sizeof *bench.pages);
    for (size_t i = 0; i < n; i++)
        bench.urls[i] = bench.text[i];
    wb_reset_counts();
}

static void use_url(size_t i, const char *url) {
    snprintf(bench.text[i], URL_BYTES, "%s", url);
}

static void use_path(size_t i, const char *path) {
    snprintf(bench.text[i], URL_BYTES, "http://127.0.0.1:%d%s",
             wb_server_port(bench.server), path);
}

// Paths /p0, /p1, …
static void use_numbers(void) {
    for (size_t i = 0; i < bench.n; i++) {
        char path[32];
        snprintf(path, sizeof path, "/p%zu", i);
        use_path(i, path);
    }
}

// A script of N lines "/p<i> 200 <options> body=<h1>Page <i></h1>", for which
// the caller starts the server; %zu in OPTIONS becomes i + 1.
static void start_numbered(size_t n, const char *options) {
    char *script = malloc(n * 128 + 1), *at = script;
    ck_assert(script != NULL);
    *at = '\0';
    for (size_t i = 0; i < n; i++) {
        char words[48];
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
        snprintf(words, sizeof words, options, i + 1);
#pragma clang diagnostic pop
        at += sprintf(at, "/p%zu 200 %s body=<h1>Page %zu</h1>\n", i, words, i);
    }
    start(script);
    free(script);
    plan(n);
    use_numbers();
}

static int scrape(unsigned max_in_flight, long timeout_ms) {
    int fds = wb_open_fds(), children = wb_children();
    int rc = scrape_titles(bench.urls, bench.n, max_in_flight, timeout_ms,
                           bench.pages);
    expect(wb_threads_created() == 0,
           "scrape_titles created %d threads; all transfers belong on the "
           "calling thread",
           wb_threads_created());
    int more = wb_open_fds() - fds;
    expect_kind("fd-leak", more <= 0,
                "%d descriptors more are open after scrape_titles returned %d "
                "than before: connections stay open until their multi handle "
                "(or easy handle) is cleaned up",
                more, rc);
    expect_kind("child-leak", wb_children() <= children,
                "scrape_titles left a child process behind");
    return rc;
}

// Where scrape_titles has no reason to fail.
static void scrape_well(unsigned max_in_flight, long timeout_ms) {
    int rc = scrape(max_in_flight, timeout_ms);
    expect(rc == 0,
           "scrape_titles returned %d (%s), not 0: a page that fails says so "
           "in its out[i].err",
           rc, rc < 0 ? strerror(-rc) : "not an error number");
}

static void forget(void) {
    pages_free(bench.pages, bench.n);
    free(bench.text);
    free(bench.urls);
    free(bench.pages);
    bench.text = NULL, bench.urls = NULL, bench.pages = NULL;
}

// --- What a page should be ---------------------------------------------------

// The path of page I, which reads better than its URL with a port.
static const char *name(size_t i) {
    const char *url = bench.urls[i];
    const char *host = strstr(url, "127.0.0.1:");
    return host == NULL ? url : host + strcspn(host, "/");
}

static const char *quoted(const char *title) {
    static char text[2][80];
    static int turn;
    if (title == NULL)
        return "NULL";
    char *to = text[turn++ % 2];
    snprintf(to, sizeof text[0], "\"%.60s\"", title);
    return to;
}

static const char *meaning(int err) {
    return curl_easy_strerror((CURLcode)err);
}

// A page that looks as if no one had ever written to it gets a message of its
// own: its transfer's end went unnoticed, or was put down elsewhere.
static void was_filled_in(size_t i) {
    struct page garbage, *page = &bench.pages[i];
    memset(&garbage, 0xa5, sizeof garbage);
    bool untouched = page->title == garbage.title;
    bool empty = page->title == NULL && page->status == 0 && page->err == 0;
    expect(!untouched && !empty,
           "out[%zu], for %s, %s when scrape_titles returned 0: nobody wrote "
           "down how that transfer ended",
           i, name(i),
           empty ? "had status 0, err 0 and no title" : "was as before");
}

// Page I arrived with STATUS; TITLE is NULL if it must have none.
static void arrived(size_t i, long status, const char *title) {
    const struct page *page = &bench.pages[i];
    was_filled_in(i);
    expect(page->err == 0,
           "out[%zu].err is %d (%s), not 0, for %s, which the server answered "
           "with status %ld",
           i, page->err, meaning(page->err), name(i), status);
    expect(page->status == status, "out[%zu].status is %ld, not %ld, for %s", i,
           page->status, status, name(i));
    if (title == NULL) {
        expect(page->title == NULL,
               "out[%zu].title is not NULL for %s, whose status is %ld", i,
               name(i), status);
        return;
    }
    expect(page->title != NULL, "out[%zu].title is NULL, not %s, for %s", i,
           quoted(title), name(i));
    expect(strcmp(page->title, title) == 0,
           "out[%zu].title is %s, not %s, for %s", i, quoted(page->title),
           quoted(title), name(i));
}

static void arrived_numbered(size_t i) {
    char title[32];
    snprintf(title, sizeof title, "Page %zu", i);
    arrived(i, 200, title);
}

// Page I failed with the CURLcode ERR; 0: whichever.
static void failed(size_t i, int err, long status, const char *because) {
    const struct page *page = &bench.pages[i];
    was_filled_in(i);
    expect(page->err != 0, "out[%zu].err is 0 for %s, although %s", i, name(i),
           because);
    expect(err == 0 || page->err == err,
           "out[%zu].err is %d (%s), not %d (%s), for %s: %s", i, page->err,
           meaning(page->err), err, meaning(err), name(i), because);
    expect(page->status == status,
           "out[%zu].status is %ld, not %ld, for %s: %s", i, page->status,
           status, name(i), because);
    expect(page->title == NULL,
           "out[%zu].title is not NULL for %s, although %s", i, name(i),
           because);
}

// --- Pages -------------------------------------------------------------------

START_TEST(one_page) {
    start("/a 200 body=<html><body><h1>Hello, world</h1></body></html>");
    plan(1);
    use_path(0, "/a");
    scrape_well(1, LONG_MS);
    arrived(0, 200, "Hello, world");
    pages_free(bench.pages, 1);
    expect(bench.pages[0].title == NULL,
           "pages_free left out[0].title pointing to freed memory; it sets "
           "titles to NULL");
    forget(); // a second pages_free() does no harm
    stop();
}
END_TEST

START_TEST(nothing_to_do) {
    start("");
    int rc = scrape_titles(NULL, 0, 4, LONG_MS, NULL);
    expect(rc == 0, "scrape_titles of no page returned %d, not 0", rc);
    pages_free(NULL, 0);
    stop();
}
END_TEST

START_TEST(pages_without_heading) {
    start("/plain 200 body=<h2>Only a lesser heading</h2>\n"
          "/empty 200\n"
          "/blank 200 body=<h1></h1>\n"
          "/two 200 body=<h1>First</h1><h1>Second</h1>\n");
    plan(5);
    use_path(0, "/plain");
    use_path(1, "/empty");
    use_path(2, "/blank");
    use_path(3, "/two");
    use_path(4, "/plain");
    scrape_well(5, LONG_MS);
    arrived(0, 200, "MISSING");
    arrived(1, 200, "MISSING");
    arrived(2, 200, "");
    arrived(3, 200, "First");
    arrived(4, 200, "MISSING");
    forget();
    stop();
}
END_TEST

START_TEST(bodies_in_pieces) {
    start("/bytes 200 split=1 body=<html><h1>Byte by byte</h1></html>\n"
          "/nul 200 split=11 body=a\\0b\\0<p>x</p><h1>After NUL</h1>\\n\n"
          "/seven 200 split=7 size=3000 title=\"In sevens\"\n");
    plan(3);
    use_path(0, "/bytes");
    use_path(1, "/nul");
    use_path(2, "/seven");
    scrape_well(3, LONG_MS);
    arrived(0, 200, "Byte by byte");
    arrived(1, 200, "After NUL");
    arrived(2, 200, "In sevens");
    forget();
    stop();
}
END_TEST

START_TEST(big_pages) {
    char script[160];
    int size = suite_size(1 << 20, 1 << 20, 1 << 17);
    snprintf(script, sizeof script,
             "/big 200 size=%d title=Big\n/odd 200 size=%d title=Odd\n", size,
             size / 3 + 1);
    start(script);
    plan(3);
    use_path(0, "/big");
    use_path(1, "/odd");
    use_path(2, "/big");
    scrape_well(2, LONG_MS);
    arrived(0, 200, "Big");
    arrived(1, 200, "Odd");
    arrived(2, 200, "Big");
    forget();
    stop();
}
END_TEST

START_TEST(redirects) {
    start("/150 302 location=/moved body=<h1>Found</h1>\n"
          "/moved 301 location=/final\n"
          "/final 200 body=<h1>Episode 150</h1>\n"
          "/gone 302 location=/nowhere\n");
    plan(2);
    use_path(0, "/150");
    use_path(1, "/gone");
    scrape_well(2, LONG_MS);
    arrived(0, 200, "Episode 150");
    arrived(1, 404, NULL);
    forget();
    stop();
}
END_TEST

// --- Failures ----------------------------------------------------------------

START_TEST(error_statuses) {
    start("/ok 200 body=<h1>Fine</h1>\n"
          "/broken 500 body=<h1>Internal error</h1>\n"
          "/bad 400 body=<h1>Bad request</h1>\n"
          "/odd 399 body=<h1>Odd</h1>\n");
    plan(5);
    use_path(0, "/nowhere");
    use_path(1, "/ok");
    use_path(2, "/broken");
    use_path(3, "/bad");
    use_path(4, "/odd");
    scrape_well(2, LONG_MS);
    arrived(0, 404, NULL);
    arrived(1, 200, "Fine");
    arrived(2, 500, NULL);
    arrived(3, 400, NULL);
    arrived(4, 399, "Odd");
    forget();
    stop();
}
END_TEST

// A port of 127.0.0.1 at which nobody listens, ours as long as *FD is open.
static int refusing_port(int *fd) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert(*fd >= 0);
    ck_assert(bind(*fd, (struct sockaddr *)&address, length) == 0);
    ck_assert(getsockname(*fd, (struct sockaddr *)&address, &length) == 0);
    return ntohs(address.sin_port);
}

START_TEST(refused_connections) {
    int fd;
    char url[URL_BYTES];
    start_numbered(6, "");
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", refusing_port(&fd));
    for (size_t i = 0; i < bench.n; i += 2)
        use_url(i, url);
    scrape_well(2, LONG_MS);
    for (size_t i = 0; i < bench.n; i++) {
        if (i % 2 == 0)
            failed(i, CURLE_COULDNT_CONNECT, 0, "nobody listens at that port");
        else
            arrived_numbered(i);
    }
    forget();
    close(fd);
    stop();
}
END_TEST

static void try_bad_urls(unsigned max_in_flight) {
    start_numbered(8, "");
    for (size_t i = 0; i < 3; i++) // they fail before anything is sent
        use_url(i, "nosuch://127.0.0.1/page");
    use_url(6, "http://");
    use_url(7, "nosuch://127.0.0.1/page");
    scrape_well(max_in_flight, LONG_MS);
    for (size_t i = 0; i < bench.n; i++) {
        if (i < 3 || i > 5)
            failed(i, 0, 0, "no such URL can be fetched");
        else
            arrived_numbered(i);
    }
    forget();
    stop();
}

START_TEST(bad_urls) {
    try_bad_urls(8);
}
END_TEST

START_TEST(bad_urls_one_by_one) {
    try_bad_urls(1);
}
END_TEST

START_TEST(only_bad_urls) {
    start("");
    plan(5);
    for (size_t i = 0; i < bench.n; i++)
        use_url(i, "nosuch://127.0.0.1/page");
    scrape_well(5, LONG_MS);
    for (size_t i = 0; i < bench.n; i++)
        failed(i, 0, 0, "no such URL can be fetched");
    forget();
    stop();
}
END_TEST

// Whatever the machine does, the slow pages take forty times as long as they
// may; the quick ones can only be late if it is very busy.
START_TEST(slow_pages) {
    start("/slow 200 latency=8000 body=<h1>Slow</h1>\n"
          "/p1 200 body=<h1>Page 1</h1>\n");
    plan(4);
    use_path(0, "/slow");
    use_path(1, "/p1");
    use_path(2, "/slow");
    use_path(3, "/slow");
    scrape_well(4, TIMEOUT_MS);
    for (size_t i = 0; i < bench.n; i++)
        if (i != 1)
            failed(i, CURLE_OPERATION_TIMEDOUT, 0,
                   "the server took 8,000 ms and timeout_ms was 200");
    if (bench.pages[1].err != CURLE_OPERATION_TIMEDOUT)
        arrived_numbered(1);
    forget();
    stop();
}
END_TEST

START_TEST(cut_pages) {
    start("/cut 200 cut=900 size=1000 title=Cut\n"
          "/headed 200 cut=25 body=<h1>Whole heading</h1><p>but no end</p>\n"
          "/p2 200 body=<h1>Page 2</h1>\n");
    plan(3);
    use_path(0, "/cut");
    use_path(1, "/headed");
    use_path(2, "/p2");
    scrape_well(3, LONG_MS);
    for (size_t i = 0; i < 2; i++)
        failed(i, CURLE_PARTIAL_FILE, 200,
               "the connection was closed before the whole page had arrived");
    arrived_numbered(2);
    forget();
    stop();
}
END_TEST

// A page of each kind: what memcheck sees, which would take seconds over all of
// the tests above.
START_TEST(all_kinds_together) {
    start("/plain 200 body=<h2>Only a lesser heading</h2>\n"
          "/split 200 split=5 body=<p>before</p><h1>In pieces</h1>\n"
          "/empty 200\n"
          "/cut 200 cut=30 body=<h1>Whole heading</h1><p>but no end</p>\n"
          "/150 302 location=/final\n"
          "/final 200 size=20000 title=\"Episode 150\"\n");
    plan(7);
    use_path(0, "/plain");
    use_url(1, "nosuch://127.0.0.1/page");
    use_path(2, "/split");
    use_path(3, "/empty");
    use_path(4, "/cut");
    use_path(5, "/150");
    use_path(6, "/nowhere");
    scrape_well(3, LONG_MS);
    arrived(0, 200, "MISSING");
    failed(1, 0, 0, "no such URL can be fetched");
    arrived(2, 200, "In pieces");
    arrived(3, 200, "MISSING");
    failed(4, CURLE_PARTIAL_FILE, 200,
           "the connection was closed before the whole page had arrived");
    arrived(5, 200, "Episode 150");
    arrived(6, 404, NULL);
    forget();
    stop();
}
END_TEST

// --- Many at once ------------------------------------------------------------

START_TEST(all_at_once) {
    start_numbered(10, "rendezvous=10");
    scrape_well(10, LONG_MS);
    for (size_t i = 0; i < bench.n; i++)
        arrived_numbered(i);
    int peak = wb_server_peak(bench.server);
    expect_kind("no-overlap", peak >= 10,
                "at most %d of 10 requests were open at once, with "
                "max_in_flight 10: the server held its answers back until all "
                "ten would be there, and scrape_titles waited for an answer "
                "before it had sent them all",
                peak);
    forget();
    stop();
}
END_TEST

START_TEST(more_allowed_than_pages) {
    start_numbered(3, "rendezvous=3");
    scrape_well(UINT_MAX, LONG_MS);
    for (size_t i = 0; i < bench.n; i++)
        arrived_numbered(i);
    int peak = wb_server_peak(bench.server);
    expect_kind("no-overlap", peak == 3,
                "%d of 3 requests were open at once, with max_in_flight %u",
                peak, UINT_MAX);
    forget();
    stop();
}
END_TEST

// Each request waits until the client sleeps, so all that the client will open
// is open by then: the peak is exact.
static void try_limit(unsigned limit) {
    start_numbered(9, "settle");
    scrape_well(limit, LONG_MS);
    for (size_t i = 0; i < bench.n; i++)
        arrived_numbered(i);
    int peak = wb_server_peak(bench.server);
    expect(peak <= (int)limit,
           "%d requests were open at once, with max_in_flight %u: the next "
           "transfer may start only when one has finished",
           peak, limit);
    expect_kind("no-overlap", peak == (int)limit,
                "only %d of 9 requests were ever open at once, with "
                "max_in_flight %u",
                peak, limit);
    // All but the last answers find the window full, if the next transfer
    // starts as soon as one has ended; two are forgiven.
    int full = wb_server_settled(bench.server, (int)limit);
    int due = 9 - (int)limit + 1;
    expect_kind("no-overlap", full >= due - 2,
                "of 9 answers, given one at a time, %d found %u requests open, "
                "not %d: when one of %u transfers has ended, the next one is "
                "to start, and not when all of them have",
                full, limit, due, limit);
    forget();
    stop();
}

START_TEST(limit_of_three) {
    try_limit(3);
}
END_TEST

START_TEST(limit_of_one) {
    try_limit(1);
}
END_TEST

START_TEST(order_kept) {
    // The server answers the last page first, and the next one only when that
    // has been read.
    start_numbered(6, "settle=%zu");
    scrape_well(6, LONG_MS);
    for (size_t i = 0; i < bench.n; i++)
        arrived_numbered(i);
    forget();
    stop();
}
END_TEST

START_TEST(many_pages) {
    start_numbered((size_t)suite_size(200, 100, 24), "");
    scrape_well(8, LONG_MS);
    for (size_t i = 0; i < bench.n; i++)
        arrived_numbered(i);
    int peak = wb_server_peak(bench.server);
    expect(peak <= 8, "%d requests were open at once, with max_in_flight 8",
           peak);
    forget();
    stop();
}
END_TEST

START_TEST(sleeps_while_it_waits) {
    start_numbered(4, "settle");
    scrape_well(4, LONG_MS);
    expect_kind("busy-wait", !wb_server_found_busy(bench.server),
                "while the server held all its answers back, scrape_titles "
                "used 150 ms of CPU time instead of sleeping (it called "
                "curl_multi_perform or curl_multi_socket_action %ld times, and "
                "curl_multi_poll or a kin of it %ld times)",
                wb_calls(WB_CURL_PERFORM), wb_calls(WB_POLL));
    for (size_t i = 0; i < bench.n; i++)
        arrived_numbered(i);
    forget();
    stop();
}
END_TEST

// --- Short of memory ---------------------------------------------------------

enum { SHORT_PAGES = 5, SHORT_TRIES = 30 };

static const char *const short_titles[SHORT_PAGES] = {"A", "MISSING", "C",
                                                      "Split", NULL};

static void start_short(void) {
    start("/0 200 body=<h1>A</h1>\n"
          "/1 200 body=<p>none</p>\n"
          "/2 200 body=<h1>C</h1>\n"
          "/3 200 split=8 body=<p>before</p><h1>Split</h1><p>after</p>\n");
}

static void plan_short(void) {
    plan(SHORT_PAGES);
    for (size_t i = 0; i < SHORT_PAGES; i++) {
        char path[32];
        snprintf(path, sizeof path, "/%zu", i);
        use_path(i, path); // the last one is a 404
    }
}

static void arrived_short(size_t i) {
    arrived(i, i == SHORT_PAGES - 1 ? 404 : 200, short_titles[i]);
}

// The K-th CALL fails; true if there were so many.
static bool short_of_handles(enum wb_call call, const char *called,
                             unsigned max_in_flight, int k) {
    plan_short();
    wb_fail_call(call, k);
    int rc = scrape(max_in_flight, LONG_MS);
    bool happened = wb_failed(call);
    wb_fail_call(call, 0);
    expect(rc == (happened ? -ENOMEM : 0),
           "scrape_titles returned %d, not %s, when call %d of %s %s", rc,
           happened ? "-ENOMEM" : "0", k, called,
           happened ? "gave NULL" : "was not needed");
    for (size_t i = 0; i < SHORT_PAGES && rc == 0; i++)
        arrived_short(i);
    if (rc != 0)
        bench.n = 0; // nothing in out[] is the caller's
    forget();
    return happened;
}

START_TEST(no_handles) {
    start_short();
    // With the larger limit, several transfers are under way at the failure.
    for (unsigned most = 2; most <= SHORT_PAGES; most += 3) {
        int k = 1;
        while (short_of_handles(WB_CURL_MULTI_INIT, "curl_multi_init", most, k))
            k++;
        k = 1;
        while (short_of_handles(WB_CURL_INIT, "curl_easy_init", most, k))
            k++;
    }
    stop();
}
END_TEST

static bool short_of_memory(int k) {
    plan_short();
    wb_fail_call(WB_MALLOC, k);
    int rc = scrape(2, LONG_MS);
    bool happened = wb_failed(WB_MALLOC);
    wb_fail_call(WB_MALLOC, 0);
    expect(rc == 0 || (happened && rc == -ENOMEM),
           "scrape_titles returned %d, not -ENOMEM, when allocation %d "
           "(malloc, realloc, strdup …) found no memory",
           rc, k);
    for (size_t i = 0; i < SHORT_PAGES && rc == 0; i++) {
        int err = bench.pages[i].err;
        bool fails_alone = happened && (err == CURLE_WRITE_ERROR ||
                                        err == CURLE_OUT_OF_MEMORY);
        if (happened && !fails_alone && i < SHORT_PAGES - 1)
            expect(bench.pages[i].title != NULL,
                   "allocation %d (malloc, realloc, strdup …) found no "
                   "memory: scrape_titles returned 0, and out[%zu] has "
                   "neither a title nor an err",
                   k, i);
        if (!fails_alone)
            arrived_short(i);
        else
            expect(bench.pages[i].title == NULL,
                   "out[%zu].title is not NULL although out[%zu].err is %d", i,
                   i, err);
    }
    if (rc != 0)
        bench.n = 0;
    forget();
    return happened;
}

START_TEST(no_memory) {
    start_short();
    suite_note("every allocation fails");
    short_of_memory(-1);
    suite_note("one allocation fails, and no other");
    for (int k = 1; k <= SHORT_TRIES && short_of_memory(k);)
        k++;
    stop();
}
END_TEST

enum { NOT_SLOW = IN_TESTS | IN_MEMORY };

SUITE(
    TEST(one_page, "the first <h1> of a page becomes its title",
         .stages = NOT_SLOW),
    // Not under a sanitizer: memset(NULL, 0, 0) is no reason to fail anyone.
    TEST(nothing_to_do, "no page at all is fine", .stages = IN_TESTS),
    TEST(pages_without_heading, "a page without <h1> is called MISSING",
         .stages = NOT_SLOW),
    TEST(bodies_in_pieces, "a body may arrive in many pieces",
         .stages = NOT_SLOW),
    TEST(big_pages, "a page may be a megabyte long", .stages = NOT_SLOW),
    TEST(redirects, "redirects are followed", .stages = NOT_SLOW),
    TEST(error_statuses, "a page with status 400 or above has no title",
         .stages = NOT_SLOW),
    TEST(refused_connections, "a refused connection fails its own page alone",
         .stages = NOT_SLOW),
    TEST(bad_urls, "a URL that cannot be fetched fails its own page alone",
         .stages = NOT_SLOW),
    TEST(bad_urls_one_by_one,
         "after a URL that cannot be fetched comes the next one",
         .stages = NOT_SLOW),
    TEST(only_bad_urls, "every page that fails is reported",
         .stages = NOT_SLOW),
    TEST(cut_pages, "half a page is an error", .stages = NOT_SLOW),
    TEST(slow_pages, "a transfer that takes too long is ended",
         .stages = NOT_SLOW),
    TEST(all_kinds_together, "pages of all kinds are fetched in one call"),
    TEST(all_at_once, "ten pages are fetched at the same time",
         .stages = NOT_SLOW),
    TEST(more_allowed_than_pages, "the limit may be larger than the job",
         .stages = NOT_SLOW),
    TEST(limit_of_three, "never more than max_in_flight transfers at once",
         .stages = NOT_SLOW),
    TEST(limit_of_one, "max_in_flight 1 means one after the other",
         .stages = IN_TESTS),
    TEST(order_kept, "results stand in the order of the URLs",
         .stages = NOT_SLOW),
    TEST(many_pages, "hundreds of pages are fetched, eight at a time",
         .stages = NOT_SLOW),
    TEST(sleeps_while_it_waits, "the thread sleeps while it waits",
         .stages = IN_TESTS),
    TEST(no_handles, "-ENOMEM when libcurl has no handle to give",
         .stages = NOT_SLOW),
    TEST(no_memory, "running out of memory loses nothing else")
)
