// SPDX-License-Identifier: MIT
// The test server, asked by plain sockets. The program is build/lib/wb-server
// unless WB_SERVER says otherwise; run from the top of the workbook.
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/wb.h"

static struct wb_server *server;

static int ask(const char *path) {
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)wb_server_port(server)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char request[128];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(fd, (void *)&address, sizeof address), 0);
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: x\r\n"
                          "Connection: close\r\n\r\n",
                          path);
    ck_assert_int_eq(write(fd, request, (size_t)length), length);
    return fd;
}

// The whole answer, in static memory until the next call.
static const char *answer(int fd) {
    static char text[1 << 16];
    size_t used = 0;
    ssize_t got;
    while ((got = read(fd, text + used, sizeof text - 1 - used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    close(fd);
    return text;
}

static bool has_answered(int fd) {
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    return poll(&ready, 1, 0) == 1;
}

static void ck_assert_has(const char *text, const char *part) {
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" is not in:\n%s", part,
                  text);
}

START_TEST(paths_are_answered_as_the_script_says) {
    server = wb_server_start("# a remark\n\n"
                             "/a 200 body=<h1>A  B</h1>\n"
                             "/r 302 location=/a\n"
                             "/esc 200 body=one\\ntwo\\\\\n");
    ck_assert_has(answer(ask("/a")), "\r\n\r\n<h1>A  B</h1>");
    ck_assert_has(answer(ask("/r")), "Location: /a\r\n");
    ck_assert_has(answer(ask("/esc")), "\r\n\r\none\ntwo\\");
    ck_assert_has(answer(ask("/none")), "HTTP/1.1 404");
    ck_assert_int_eq(wb_server_seen(server), 4);
    ck_assert_int_eq(wb_server_served(server), 4);
    ck_assert_int_eq(wb_server_peak(server), 1);
    wb_server_stop(server);
}
END_TEST

START_TEST(pages_have_the_size_asked_for) {
    server = wb_server_start("/p 200 size=5000 title=\"Big page\"\n");
    const char *text = answer(ask("/p"));
    ck_assert_has(text, "<h1>Big page</h1>");
    ck_assert_has(text, "Content-Length: 5000\r\n");
    ck_assert_uint_eq(strlen(strstr(text, "\r\n\r\n") + 4), 5000);
    wb_server_stop(server);
}
END_TEST

START_TEST(bodies_are_split_and_cut) {
    server = wb_server_start("/s 200 split=2 body=abcde\n"
                             "/c 200 cut=3 body=abcde\n");
    ck_assert_has(answer(ask("/s")),
                  "\r\n\r\n2\r\nab\r\n2\r\ncd\r\n1\r\ne\r\n0\r\n\r\n");
    const char *text = answer(ask("/c"));
    ck_assert_has(text, "Content-Length: 5\r\n");
    ck_assert_str_eq(strstr(text, "\r\n\r\n") + 4, "abc");
    wb_server_stop(server);
}
END_TEST

START_TEST(a_late_answer_holds_up_no_other) {
    server = wb_server_start("/late 200 latency=200 body=late\n"
                             "/never 200 never\n"
                             "/quick 200 body=quick\n");
    int late = ask("/late"), never = ask("/never");
    ck_assert_has(answer(ask("/quick")), "quick");
    ck_assert_has(answer(late), "late");
    ck_assert(!has_answered(never));
    ck_assert_int_eq(wb_server_served(server), 2);
    close(never);
    wb_server_stop(server);
}
END_TEST

START_TEST(a_rendezvous_waits_for_all) {
    server = wb_server_start("/r 200 rendezvous=3 body=met\n");
    int first = ask("/r"), second = ask("/r");
    ck_assert(!has_answered(first) && !has_answered(second));
    int third = ask("/r");
    ck_assert_has(answer(first), "met");
    ck_assert_has(answer(second), "met");
    ck_assert_has(answer(third), "met");
    ck_assert_int_eq(wb_server_peak(server), 3);
    wb_server_stop(server);
}
END_TEST

START_TEST(a_rendezvous_is_given_up_when_the_client_sleeps) {
    server = wb_server_start("/r 200 rendezvous=3 body=alone\n");
    ck_assert_has(answer(ask("/r")), "alone");
    ck_assert_int_eq(wb_server_peak(server), 1);
    wb_server_stop(server);
}
END_TEST

START_TEST(settled_answers_come_in_the_order_of_their_numbers) {
    server = wb_server_start("/1 200 settle=1 body=one\n"
                             "/2 200 settle=2 body=two\n"
                             "/3 200 settle=3 body=three\n");
    int one = ask("/1"), three = ask("/3"), two = ask("/2");
    ck_assert_has(answer(three), "three");
    ck_assert(!has_answered(one) && !has_answered(two));
    ck_assert_has(answer(two), "two");
    ck_assert(!has_answered(one));
    ck_assert_has(answer(one), "one");
    ck_assert_int_eq(wb_server_peak(server), 3);
    for (int open = 0; open < 5; open++)
        ck_assert_int_eq(wb_server_settled(server, open),
                         open >= 1 && open <= 3);
    ck_assert_int_eq(wb_server_settled(server, -1), 0);
    ck_assert_int_eq(wb_server_settled(server, 1000000), 0);
    ck_assert(!wb_server_found_busy(server));
    wb_server_stop(server);
}
END_TEST

START_TEST(a_client_that_computes_is_found_busy) {
    server = wb_server_start("/s 200 settle body=at last\n");
    int fd = ask("/s");
    while (!has_answered(fd))
        continue;
    ck_assert(wb_server_found_busy(server));
    close(fd);
    wb_server_stop(server);
}
END_TEST

START_TEST(a_client_that_naps_is_not_busy) {
    server = wb_server_start("/s 200 settle body=at last\n");
    int fd = ask("/s");
    while (!has_answered(fd))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    ck_assert(!wb_server_found_busy(server));
    close(fd);
    wb_server_stop(server);
}
END_TEST

START_TEST(a_request_given_up_is_open_no_more) {
    server = wb_server_start("/never 200 never\n/a 200 body=A\n");
    for (int i = 0; i < 5; i++) {
        int fd = ask("/never");
        while (wb_server_seen(server) < 2 * i + 1)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        close(fd);
        ck_assert_has(answer(ask("/a")), "A");
    }
    ck_assert_int_eq(wb_server_peak(server), 1);
    wb_server_stop(server);
}
END_TEST

START_TEST(nothing_stays_behind) {
    for (int i = 0; i < 20; i++) {
        server = wb_server_start("");
        wb_server_stop(server);
    }
    int fd = dup(0);
    ck_assert_msg(fd < 20, "descriptor %d is the first one free", fd);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(the_server_dies_with_its_client) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t child = fork();
    if (child == 0) {
        wb_server_start("");
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    // Comes back only when the server, now a child of this process, has ended.
    ck_assert_int_gt(waitpid(-1, NULL, 0), 0);
}
END_TEST

START_TEST(a_script_that_cannot_be_read_ends_the_test) {
    pid_t child = fork();
    if (child == 0) {
        freopen("/dev/null", "w", stderr);
        wb_server_start("/a 200 nonsense=3\n");
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
END_TEST

int main(void) {
    setenv("WB_SERVER", "build/lib/wb-server", 0);
    Suite *suite = suite_create("wb_server");
    TCase *all = tcase_create("wb_server");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, paths_are_answered_as_the_script_says);
    tcase_add_test(all, pages_have_the_size_asked_for);
    tcase_add_test(all, bodies_are_split_and_cut);
    tcase_add_test(all, a_late_answer_holds_up_no_other);
    tcase_add_test(all, a_rendezvous_waits_for_all);
    tcase_add_test(all, a_rendezvous_is_given_up_when_the_client_sleeps);
    tcase_add_test(all, settled_answers_come_in_the_order_of_their_numbers);
    tcase_add_test(all, a_client_that_computes_is_found_busy);
    tcase_add_test(all, a_client_that_naps_is_not_busy);
    tcase_add_test(all, a_request_given_up_is_open_no_more);
    tcase_add_test(all, nothing_stays_behind);
    tcase_add_test(all, the_server_dies_with_its_client);
    tcase_add_test(all, a_script_that_cannot_be_read_ends_the_test);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
