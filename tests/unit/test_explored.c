// SPDX-License-Identifier: MIT
// From addresses to names: this program's own variables and code are looked up
// in its own debug information, and lines are read as the explorer writes them.
#include <check.h>
#include <glib.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "read/debug_names.h"
#include "read/explored.h"

extern char __executable_start;

struct account {
    pthread_mutex_t lock;
    long balance;
    struct {
        unsigned char flags[4];
        struct account *next;
    } inner;
};
typedef struct account account_t;

account_t the_accounts[3];
static int the_grid[2][4];
static union {
    int word;
    unsigned char bytes[4];
} the_union;
static enum color { RED, GREEN } the_color;
static _Bool the_flag;
static double the_ratio;
static pthread_cond_t the_condition;
static account_t *the_pointer;

static uint64_t address_of(const void *address) {
    return (uint64_t)((const char *)address - &__executable_start);
}

static struct debug_names *open_self(void) {
    g_autoptr(GError) error = NULL;
    struct debug_names *names = debug_names_open("/proc/self/exe", &error);
    ck_assert_msg(names != NULL, "%s", error ? error->message : "");
    return names;
}

static void check_global(struct debug_names *names, const void *address,
                         size_t size, const char *wanted) {
    struct debug_type type;
    g_autofree char *name =
        debug_names_global(names, address_of(address), size, &type);
    ck_assert_str_eq(name ? name : "nothing", wanted);
}

START_TEST(globals_are_named_with_members_and_indexes) {
    g_autoptr(debug_names_auto) names = open_self();
    check_global(names, &the_accounts[2].lock, 40, "the_accounts[2].lock");
    check_global(names, &the_accounts[0].lock, 0, "the_accounts[0].lock");
    check_global(names, &the_accounts[1].balance, 8, "the_accounts[1].balance");
    check_global(names, &the_accounts[1].inner.flags[3], 1,
                 "the_accounts[1].inner.flags[3]");
    check_global(names, &the_accounts[1], sizeof the_accounts[1],
                 "the_accounts[1]");
    check_global(names, &the_grid[1][2], 4, "the_grid[1][2]");
    check_global(names, &the_union, 4, "the_union.word");
    check_global(names, &the_union.bytes[1], 1, "the_union.bytes[1]");
    check_global(names, &the_condition, 48, "the_condition");
    check_global(names, &the_pointer, 8, "the_pointer");
    check_global(names, NULL, 8, "nothing");
}
END_TEST

static void check_value(struct debug_names *names, const void *address,
                        size_t size, uint64_t value, const char *wanted) {
    struct debug_type type;
    g_free(debug_names_global(names, address_of(address), size, &type));
    g_autofree char *text = debug_names_value(names, &type, value, size);
    ck_assert_str_eq(text ? text : "nothing", wanted);
}

START_TEST(values_are_told_as_their_types_print_them) {
    uint64_t half;
    double number = 0.5;
    g_autoptr(debug_names_auto) names = open_self();
    memcpy(&half, &number, sizeof half);
    check_value(names, &the_grid[0][0], 4, 0xffffffff, "-1");
    check_value(names, &the_accounts[0].balance, 8, (uint64_t)-5, "-5");
    check_value(names, &the_color, 4, GREEN, "GREEN");
    check_value(names, &the_color, 4, 7, "7");
    check_value(names, &the_flag, 1, 1, "true");
    check_value(names, &the_ratio, 8, half, "0.5");
    check_value(names, &the_accounts[0].inner.flags[0], 1, 'x', "'x'");
    check_value(names, &the_pointer, 8, 0, "NULL");
    check_value(names, &the_pointer, 8, address_of(&the_accounts[1]),
                "&the_accounts[1]");
    check_value(names, &the_pointer, 8, 0x700000000010, "nothing");
}
END_TEST

START_TEST(code_is_named_with_file_and_line) {
    g_autoptr(debug_names_auto) names = open_self();
    struct debug_place place =
        debug_names_code(names, address_of((void *)open_self));
    ck_assert_str_eq(place.function, "open_self");
    ck_assert_msg(g_str_has_suffix(place.file, "test_explored.c"), "%s",
                  place.file);
    ck_assert_int_gt(place.line, 30);
    place = debug_names_code(names, 1);
    ck_assert_ptr_null(place.file);
}
END_TEST

START_TEST(heap_blocks_are_named_by_what_they_are_assigned_to) {
    g_autoptr(debug_names_auto) names = open_self();
    struct debug_type type;
    struct debug_block block = {.pc = address_of((void *)open_self),
                                .expression = "the_pointer",
                                .size = sizeof(account_t)};
    g_autofree char *one = debug_names_block(
        names, &block, offsetof(account_t, balance), 8, &type);
    ck_assert_str_eq(one, "the_pointer->balance");
    block.size *= 3;
    block.called = "a#2";
    g_autofree char *several = debug_names_block(
        names, &block, 2 * sizeof(account_t) + offsetof(account_t, lock), 40,
        &type);
    ck_assert_str_eq(several, "a#2[2].lock");
    block.expression = "the_pointer->inner.next";
    g_autofree char *base = debug_names_block_name(names, &block);
    ck_assert_str_eq(base, "account");
    block.expression = "no_such_thing->at.all";
    ck_assert_ptr_null(debug_names_block_name(names, &block));
    block.expression = NULL;
    block.type_name = "account_t";
    g_autofree char *typed = debug_names_block_name(names, &block);
    ck_assert_str_eq(typed, "account_t");
}
END_TEST

START_TEST(a_file_that_is_no_program_is_an_error) {
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(debug_names_open("Makefile", &error));
    ck_assert_ptr_nonnull(error);
    g_clear_error(&error);
    ck_assert_ptr_null(debug_names_open("no/such/file", &error));
    ck_assert_ptr_nonnull(error);
}
END_TEST

// --- The explorer's lines ----------------------------------------------------

// A deadlock of two; every address is one of this program's.
static char *deadlock_lines(void) {
    uint64_t a = address_of(&the_accounts[0].lock);
    uint64_t b = address_of(&the_accounts[1].lock);
    uint64_t pc = address_of((void *)open_self) + 8;
    GString *out = g_string_new(
        "{\"type\":\"run\",\"scenario\":null,\"seed\":7,\"budget\":10}\n"
        "{\"type\":\"thread\",\"id\":0}\n"
        "{\"type\":\"thread\",\"id\":1,\"parent\":0,\"created\":1}\n"
        "not a line\n");
    const struct {
        int thread;
        uint64_t object;
    } locks[] = {{0, a}, {1, b}};
    for (int i = 0; i < 2; i++)
        g_string_append_printf(
            out,
            "{\"type\":\"event\",\"step\":%d,\"thread\":%d,\"op\":\"lock\","
            "\"object\":\"%#lx\",\"size\":40,\"stack\":[\"%#lx\"]}\n",
            i + 2, locks[i].thread, (unsigned long)locks[i].object,
            (unsigned long)pc);
    for (int i = 0; i < 2; i++)
        g_string_append_printf(
            out,
            "{\"type\":\"waiting\",\"thread\":%d,\"op\":\"lock\",\"object\":"
            "\"%#lx\",\"holders\":[%d],\"stack\":[\"%#lx\"]}\n",
            i, (unsigned long)locks[1 - i].object, 1 - i, (unsigned long)pc);
    g_string_append(out, "{\"type\":\"result\",\"found\":true,\"kind\":"
                         "\"deadlock\",\"message\":\"\",\"schedule\":3,"
                         "\"strategy\":\"pos\",\"seed\":7,\"preemptions\":1,"
                         "\"steps\":3,\"schedules_run\":3,\"complete\":false,"
                         "\"bound\":2,\"interleavings\":0,\"uncontrolled\":"
                         "[\"fork\"],\"inconclusive\":null}\n");
    return g_string_free(out, FALSE);
}

START_TEST(the_explorers_lines_become_a_trace_with_names) {
    g_autoptr(debug_names_auto) names = open_self();
    g_autofree char *lines = deadlock_lines();
    g_autoptr(GPtrArray) traces = explored_read(lines, names, NULL);
    ck_assert_uint_eq(traces->len, 1);
    const struct trace *trace = traces->pdata[0];
    ck_assert(trace->finished && trace->found);
    ck_assert_str_eq(trace->kind, "deadlock");
    ck_assert_uint_eq(trace->seed, 7);
    ck_assert_uint_eq(trace->events->len, 2);
    const struct trace_event *event = trace->events->pdata[1];
    ck_assert_str_eq(event->object, "the_accounts[1].lock");
    ck_assert_str_eq(event->stack.frames[0].function, "open_self");
    const struct trace_waiting *waiting = trace->waiting->pdata[0];
    ck_assert_ptr_eq(waiting->object, event->object);
    ck_assert_int_eq(g_array_index(waiting->holders, int, 0), 1);
    ck_assert_str_eq(trace->uncontrolled->pdata[0], "fork");
    ck_assert_ptr_nonnull(trace_line(trace, event->stack.frames[0].file,
                                     event->stack.frames[0].line));
}
END_TEST

START_TEST(a_file_that_was_cut_short_gives_what_was_there) {
    g_autoptr(debug_names_auto) names = open_self();
    g_autofree char *lines = deadlock_lines();
    for (size_t cut = 0; cut < strlen(lines); cut += 5) {
        g_autofree char *part = g_strndup(lines, cut);
        g_autoptr(GPtrArray) traces = explored_read(part, names, NULL);
        for (guint i = 0; i < traces->len; i++)
            ck_assert(!((struct trace *)traces->pdata[i])->finished);
    }
}
END_TEST

START_TEST(hostile_lines_break_nothing) {
    static const char lines[] =
        "{\"type\":\"event\",\"step\":1}\n"
        "{\"type\":\"run\",\"scenario\":[],\"seed\":-1,\"budget\":\"x\"}\n"
        "{\"type\":\"thread\",\"id\":-4}\n{\"type\":\"thread\",\"id\":\"1\"}\n"
        "{\"type\":7}\n[]\n{}\n{\"type\":\"event\",\"step\":5,\"op\":\"read\","
        "\"object\":\"zz\",\"size\":-1,\"value\":18446744073709551615,"
        "\"before\":1e300,\"stack\":[[],{},\"0xffffffffffffffff\"],"
        "\"frame_pc\":\"0x1\",\"frame_offset\":\"a\",\"block_number\":1,"
        "\"block\":5,\"block_size\":-9,\"block_stack\":7}\n"
        "{\"type\":\"event\",\"step\":4}\n{\"type\":\"event\",\"step\":-1}\n"
        "{\"type\":\"race\",\"first\":\"x\"}\n{\"type\":\"memory\"}\n"
        "{\"type\":\"held\",\"object\":null}\n{\"type\":\"waiting\","
        "\"holders\":[{}]}\n{\"type\":\"result\",\"found\":1}\n"
        "{\"type\":\"event\",\"step\":9}\n";
    g_autoptr(debug_names_auto) names = open_self();
    g_autoptr(GPtrArray) with = explored_read(lines, names, NULL);
    g_autoptr(GPtrArray) without = explored_read(lines, NULL, NULL);
    ck_assert_uint_eq(with->len, 1);
    ck_assert_uint_eq(without->len, 1);
    const struct trace *trace = with->pdata[0];
    ck_assert(trace->finished && !trace->found);
    ck_assert_uint_eq(trace->events->len, 1);
}
END_TEST

int main(void) {
    the_color = RED;
    the_flag = the_union.word != 0;
    the_ratio = the_grid[0][0];
    the_pointer = the_accounts;
    Suite *suite = suite_create("read/explored");
    TCase *names = tcase_create("names");
    tcase_set_timeout(names, 60);
    tcase_add_test(names, globals_are_named_with_members_and_indexes);
    tcase_add_test(names, values_are_told_as_their_types_print_them);
    tcase_add_test(names, code_is_named_with_file_and_line);
    tcase_add_test(names, heap_blocks_are_named_by_what_they_are_assigned_to);
    tcase_add_test(names, a_file_that_is_no_program_is_an_error);
    tcase_add_test(names, the_explorers_lines_become_a_trace_with_names);
    tcase_add_test(names, a_file_that_was_cut_short_gives_what_was_there);
    tcase_add_test(names, hostile_lines_break_nothing);
    suite_add_tcase(suite, names);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
