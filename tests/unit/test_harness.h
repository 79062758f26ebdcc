// SPDX-License-Identifier: MIT
// For the tests of what is linked into a learner's program: this process plays
// the runner, with a grader at the other end of its record descriptor.
//
//  1. harness_open() once in each test: table, record descriptor, signals.
//  2. harness_run(body) lets BODY be a suite's test and watches it to its end.
//  3. harness_find(type, n) is the n-th record of that type, or NULL.
#pragma once

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/child.h"
#include "harness/record.h"
#include "harness/table.h"
#include "harness/watch.h"

enum { HARNESS_RECORDS = 256, HARNESS_FIELDS = 40 };

struct harness_record {
    struct record_header header;
    char *fields[HARNESS_FIELDS];
};

static int harness_grader = -1;
static struct harness_record harness_records[HARNESS_RECORDS];
static int harness_count;

// Opens the record descriptor anew; without the rest.
static inline void harness_open_records(void) {
    int ends[2];
    ck_assert_int_eq(
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    ck_assert_int_eq(dup2(ends[1], RECORD_FD), RECORD_FD);
    close(ends[1]);
    int room = 1 << 20;
    setsockopt(RECORD_FD, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    harness_grader = ends[0];
    harness_count = 0;
    record_open();
}

static inline void harness_open(void) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    table_create();
    harness_open_records();
}

static inline void harness_take(char *packet, size_t length) {
    ck_assert_int_lt(harness_count, HARNESS_RECORDS);
    struct harness_record *record = &harness_records[harness_count++];
    memset(record, 0, sizeof *record);
    ck_assert_uint_ge(length, sizeof record->header);
    memcpy(&record->header, packet, sizeof record->header);
    size_t at = sizeof record->header;
    ck_assert_int_lt(record->header.fields, HARNESS_FIELDS);
    for (int i = 0; i < record->header.fields; i++) {
        uint32_t size;
        ck_assert_uint_le(at + sizeof size, length);
        memcpy(&size, packet + at, sizeof size);
        at += sizeof size;
        ck_assert_uint_le(at + size, length);
        record->fields[i] = strndup(packet + at, size);
        at += size;
    }
    ck_assert_uint_eq(at, length);
}

// Reads every record that has been sent so far.
static inline void harness_read(void) {
    char *packet = malloc(RECORD_MAX + 1);
    for (;;) {
        ssize_t got =
            recv(harness_grader, packet, RECORD_MAX + 1, MSG_DONTWAIT);
        if (got <= 0)
            break;
        harness_take(packet, (size_t)got);
    }
    free(packet);
}

static inline const struct harness_record *harness_find(enum record_type type,
                                                        int n) {
    for (int i = 0; i < harness_count; i++)
        if (harness_records[i].header.type == type && n-- == 0)
            return &harness_records[i];
    return NULL;
}

static inline const char *harness_field(enum record_type type, int n,
                                        int field) {
    const struct harness_record *record = harness_find(type, n);
    ck_assert_msg(record != NULL, "there is no record %d of type %d", n, type);
    ck_assert_int_lt(field, record->header.fields);
    return record->fields[field];
}

// As the runner does it; true if the test came to an end by itself or stuck.
static inline bool harness_watch(const TTest *body, long cpu_ms) {
    const struct suite_test test = {.test = body, .says = "it holds"};
    const struct limits limits = {cpu_ms, 120000};
    record_set_test(0, 77);
    fflush(NULL);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        child_run(&test);
    }
    bool over = watch_test(pid, &limits);
    harness_read();
    return over;
}

#define harness_run(test) harness_watch(test, 20000)

// The test passed: nothing failed, DONE was said, and it left by itself.
static inline void harness_passed(void) {
    if (harness_find(RECORD_FAIL, 0) != NULL)
        ck_abort_msg("%s", harness_field(RECORD_FAIL, 0, 3));
    ck_assert_str_eq(harness_field(RECORD_EXIT, 0, 0), "exited");
    ck_assert(harness_find(RECORD_DONE, 0) != NULL);
}

// Keeps Check's own files off the record descriptor, and runs the tests.
static inline int harness_main(const char *name, const TTest *const *tests) {
    while (open("/dev/null", O_RDWR) < RECORD_FD)
        ;
    Suite *suite = suite_create(name);
    TCase *all = tcase_create(name);
    tcase_set_timeout(all, 120);
    for (; *tests != NULL; tests++)
        tcase_add_test(all, *tests);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

#define HARNESS_MAIN(name, ...)                                                \
    int main(void) {                                                           \
        static const TTest *tests[16];                                         \
        const TTest *const given[] = {__VA_ARGS__};                            \
        memcpy(tests, given, sizeof given);                                    \
        return harness_main(name, tests);                                      \
    }
