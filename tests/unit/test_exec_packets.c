// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exec/packets.h"
#include "test_exec_jobs.h"

// A packet with FIELDS, up to NULL; the caller frees it.
static GByteArray *packet(enum record_type type, ...) {
    GByteArray *bytes = g_byte_array_new();
    struct record_header header = {
        .magic = RECORD_MAGIC, .type = (uint16_t)type, .test = 3, .pid = 77};
    g_byte_array_append(bytes, (const guint8 *)&header, sizeof header);
    va_list fields;
    va_start(fields, type);
    for (const char *field; (field = va_arg(fields, const char *)) != NULL;) {
        uint32_t length = (uint32_t)strlen(field);
        g_byte_array_append(bytes, (const guint8 *)&length, sizeof length);
        g_byte_array_append(bytes, (const guint8 *)field, length);
        header.fields++;
    }
    va_end(fields);
    memcpy(bytes->data, &header, sizeof header);
    return bytes;
}

START_TEST(whole_packet_becomes_a_record) {
    struct outcome *outcome = outcome_new();
    g_autoptr(GByteArray) bytes =
        packet(RECORD_FAIL, "hang", "", "a\nb\xff", NULL);
    ck_assert(packets_parse(bytes->data, bytes->len, outcome));
    const struct record *record = g_ptr_array_index(outcome->records, 0);
    ck_assert_int_eq(record->type, RECORD_FAIL);
    ck_assert_int_eq(record->test, 3);
    ck_assert_int_eq(record->pid, 77);
    ck_assert_str_eq(record->fields[0], "hang");
    ck_assert_str_eq(record->fields[1], "");
    ck_assert_str_eq(record->fields[2], "a\nb\xef\xbf\xbd");
    ck_assert_ptr_null(record->fields[3]);
    outcome_free(outcome);
}
END_TEST

START_TEST(malformed_packet_is_refused) {
    struct outcome *outcome = outcome_new();
    g_autoptr(GByteArray) bytes = packet(RECORD_NOTE, "one", "two", NULL);
    for (guint cut = 0; cut < bytes->len; cut++)
        ck_assert_msg(!packets_parse(bytes->data, cut, outcome),
                      "taken although cut at %u", cut);
    g_byte_array_append(bytes, (const guint8 *)"x", 1);
    ck_assert(!packets_parse(bytes->data, bytes->len, outcome));
    g_byte_array_set_size(bytes, bytes->len - 1);

    struct record_header good, bad;
    memcpy(&good, bytes->data, sizeof good);
    bad = good, bad.magic++;
    memcpy(bytes->data, &bad, sizeof bad);
    ck_assert(!packets_parse(bytes->data, bytes->len, outcome));
    bad = good, bad.type = RECORD_BYE + 1;
    memcpy(bytes->data, &bad, sizeof bad);
    ck_assert(!packets_parse(bytes->data, bytes->len, outcome));
    bad = good, bad.type = 0;
    memcpy(bytes->data, &bad, sizeof bad);
    ck_assert(!packets_parse(bytes->data, bytes->len, outcome));
    bad = good, bad.fields = 65535;
    memcpy(bytes->data, &bad, sizeof bad);
    ck_assert(!packets_parse(bytes->data, bytes->len, outcome));

    uint32_t huge = UINT32_MAX;
    memcpy(bytes->data, &good, sizeof good);
    memcpy(bytes->data + sizeof good, &huge, sizeof huge);
    ck_assert(!packets_parse(bytes->data, bytes->len, outcome));
    ck_assert_uint_eq(outcome->records->len, 0);
    outcome_free(outcome);
}
END_TEST

START_TEST(receiving_never_blocks_and_counts_rubbish) {
    struct outcome *outcome = outcome_new();
    struct packets packets = {0};
    int pair[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
    ck_assert_int_eq(packets_receive(&packets, pair[0], 9, outcome),
                     PACKETS_LATER);
    g_autoptr(GByteArray) bytes = packet(RECORD_NOTE, "x", NULL);
    for (int i = 0; i < 3; i++)
        ck_assert_int_gt(send(pair[1], bytes->data, bytes->len, 0), 0);
    ck_assert_int_eq(send(pair[1], "rubbish", 7, 0), 7);
    ck_assert_int_eq(packets_receive(&packets, pair[0], 2, outcome),
                     PACKETS_LATER);
    ck_assert_uint_eq(outcome->records->len, 2);
    close(pair[1]);
    ck_assert_int_eq(packets_receive(&packets, pair[0], 9, outcome),
                     PACKETS_CLOSED);
    ck_assert_uint_eq(outcome->records->len, 3);
    ck_assert_int_eq(outcome->records_dropped, 1);
    close(pair[0]);
    outcome_free(outcome);
}
END_TEST

// A program in a box that sends COUNT packets, the largest allowed among them.
static const char sender[] =
    "#include <string.h>\n#include <stdlib.h>\n#include <sys/socket.h>\n"
    "#include \"record_types.h\"\n"
    "int main(int c, char **v) {\n"
    "  static char big[RECORD_MAX];\n"
    "  struct record_header h = {.magic = RECORD_MAGIC, .type = RECORD_NOTE,\n"
    "    .fields = 1};\n"
    "  for (int i = 0; i < atoi(v[1]); i++) {\n"
    "    uint32_t size = c > 2 ? RECORD_MAX - sizeof h - 4 : 0;\n"
    "    h.test = i; memcpy(big, &h, sizeof h);\n"
    "    memcpy(big + sizeof h, &size, 4);\n"
    "    memset(big + sizeof h + 4, 'a', size);\n"
    "    if (send(3, big, sizeof h + 4 + size, 0) < 0) return 9;\n"
    "  }\n"
    "  return 0; }\n";

static struct job *add_sender(struct plan *plan, struct job *build,
                              const char *script) {
    struct job *job = jobs_add(plan, script, script);
    job_add_input_from(job, "sender", build);
    job->channel = true;
    return job;
}

START_TEST(records_of_a_box_arrive_in_order_up_to_a_bound) {
    bool without = _i == 1;
    struct plan *plan = jobs_plan();
    struct job *build = jobs_add(plan, "build", "clang sender.c -o sender");
    job_add_input_text(build, "sender.c", sender);
    job_add_input_file(build, "record_types.h",
                       "grader/harness/record_types.h");
    jobs_set(&build->outputs, "sender");
    add_sender(plan, build, "./sender 1000");
    add_sender(plan, build, "./sender 50 big");
    add_sender(plan, build, "./sender 1000000");
    add_sender(plan, build, "./sender 1; ls /proc/self/fd");
    g_autoptr(GPtrArray) outcomes = jobs_run(plan, without);
    assert_end(jobs_outcome(outcomes, 0), OUTCOME_EXITED, 0);

    const struct outcome *many = jobs_outcome(outcomes, 1);
    assert_end(many, OUTCOME_EXITED, 0);
    ck_assert_uint_eq(many->records->len, 1000);
    for (guint i = 0; i < 1000; i++)
        ck_assert_int_eq(
            ((struct record *)g_ptr_array_index(many->records, i))->test, i);

    const struct outcome *big = jobs_outcome(outcomes, 2);
    assert_end(big, OUTCOME_EXITED, 0);
    ck_assert_uint_eq(big->records->len, 50);
    ck_assert_int_eq(big->records_dropped, 0);

    assert_end(jobs_outcome(outcomes, 3), OUTCOME_OUTPUT, 0);
    ck_assert_uint_le(jobs_outcome(outcomes, 3)->records->len, 20000);

    // 4 is the folder that ls reads.
    ck_assert_str_eq(jobs_outcome(outcomes, 4)->output, "0\n1\n2\n3\n4\n");
    plan_free(plan);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("exec/packets");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, whole_packet_becomes_a_record);
    tcase_add_test(all, malformed_packet_is_refused);
    tcase_add_test(all, receiving_never_blocks_and_counts_rubbish);
    tcase_add_loop_test(all, records_of_a_box_arrive_in_order_up_to_a_bound,
                        exec_sandbox_works(NULL) ? 0 : 1, 2);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
