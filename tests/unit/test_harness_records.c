// SPDX-License-Identifier: MIT
// Records over a SOCK_SEQPACKET pair, laid out as record_types.h says.
#include "test_harness.h"

START_TEST(a_record_arrives_as_it_was_sent) {
    harness_open_records();
    record_set_test(5, 0x1122334455667788u);
    record_send(RECORD_FAIL, "hang", "", "12", "a|b\nc");
    record_set_test(-1, 0);
    record_send(RECORD_BYE);
    harness_read();
    ck_assert_int_eq(harness_count, 2);
    const struct harness_record *fail = &harness_records[0];
    ck_assert_uint_eq(fail->header.magic, RECORD_MAGIC);
    ck_assert_uint_eq(fail->header.type, RECORD_FAIL);
    ck_assert_int_eq(fail->header.test, 5);
    ck_assert_int_eq(fail->header.pid, getpid());
    ck_assert_uint_eq(fail->header.token, 0x1122334455667788u);
    ck_assert_uint_eq(fail->header.fields, 4);
    ck_assert_str_eq(fail->fields[0], "hang");
    ck_assert_str_eq(fail->fields[1], "");
    ck_assert_str_eq(fail->fields[2], "12");
    ck_assert_str_eq(fail->fields[3], "a|b\nc");
    ck_assert_uint_eq(harness_records[1].header.fields, 0);
    ck_assert_int_eq(harness_records[1].header.test, -1);
    ck_assert_uint_eq(harness_records[1].header.token, 0);
}
END_TEST

START_TEST(a_null_field_is_empty) {
    harness_open_records();
    record_send_fields(RECORD_NOTE, (const char *const[]){NULL, "x"}, 2);
    harness_read();
    ck_assert_str_eq(harness_field(RECORD_NOTE, 0, 0), "");
    ck_assert_str_eq(harness_field(RECORD_NOTE, 0, 1), "x");
}
END_TEST

START_TEST(a_record_that_is_too_long_is_cut_and_keeps_its_fields) {
    harness_open_records();
    char *text = malloc(RECORD_MAX + 100);
    memset(text, 'x', RECORD_MAX + 99);
    text[RECORD_MAX + 99] = '\0';
    record_send(RECORD_REPORT, "tsan", "1", text);
    harness_read();
    ck_assert_str_eq(harness_field(RECORD_REPORT, 0, 1), "1");
    size_t kept = strlen(harness_field(RECORD_REPORT, 0, 2));
    ck_assert_uint_lt(kept, RECORD_MAX);
    ck_assert_uint_gt(kept, RECORD_MAX - 200);
    free(text);
}
END_TEST

HARNESS_MAIN("harness_records", a_record_arrives_as_it_was_sent,
             a_null_field_is_empty,
             a_record_that_is_too_long_is_cut_and_keeps_its_fields)
