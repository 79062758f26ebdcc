// SPDX-License-Identifier: MIT
// What other programs read: JSON, JUnit XML, Gradescope's results.json.
#include <json-glib/json-glib.h>

#include "report/gradescope.h"
#include "report/json.h"
#include "report/junit.h"
#include "test_report_fixture.h"

static struct fixture all[3];
static GPtrArray *verdicts;

static void setup(void) {
    all[0] = fixture_load("data-race");
    all[1] = fixture_load("build-error");
    all[2] = fixture_new("rlock", 4, "04-thread-safety", 4, "A <lock> & more");
    all[2].verdict->value = VERDICT_NOT_STARTED;
    all[2].exercise->stages[STAGE_BUILD] = true;
    all[2].exercise->stages[STAGE_TESTS] = true;
    struct finding *main = all[0].verdict->findings->pdata[0];
    main->evidence = g_strdup("WARNING: \033[1mdata race\033[0m \xff \f <&>\"");
    verdicts = g_ptr_array_new();
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        g_ptr_array_add(verdicts, all[i].verdict);
}

static void teardown(void) {
    g_ptr_array_unref(verdicts);
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        fixture_free(&all[i]);
}

static JsonObject *parse(JsonParser *parser, const GString *text) {
    g_autoptr(GError) error = NULL;
    ck_assert(g_utf8_validate(text->str, (gssize)text->len, NULL));
    ck_assert_msg(json_parser_load_from_data(parser, text->str,
                                             (gssize)text->len, &error),
                  "%s", error != NULL ? error->message : "");
    return json_node_get_object(json_parser_get_root(parser));
}

START_TEST(json_holds_what_the_format_promises) {
    GString *out = g_string_new(NULL);
    json_report_write(out, verdicts);
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *root = parse(parser, out);
    ck_assert_int_eq(json_object_get_int_member(root, "version"), 1);
    JsonArray *exercises = json_object_get_array_member(root, "exercises");
    ck_assert_uint_eq(json_array_get_length(exercises), 3);
    JsonObject *first = json_array_get_object_element(exercises, 0);
    ck_assert_str_eq(json_object_get_string_member(first, "id"), "bank_global");
    ck_assert_str_eq(json_object_get_string_member(first, "chapter"),
                     "04-thread-safety");
    ck_assert_str_eq(json_object_get_string_member(first, "verdict"), "fail");
    JsonArray *stages = json_object_get_array_member(first, "stages");
    ck_assert_uint_eq(json_array_get_length(stages), 5);
    JsonArray *findings = json_object_get_array_member(first, "findings");
    JsonObject *main = json_array_get_object_element(findings, 0);
    ck_assert_str_eq(json_object_get_string_member(main, "kind"), "data-race");
    ck_assert(json_object_get_boolean_member(main, "main"));
    ck_assert_str_eq(json_object_get_string_member(main, "file"),
                     "bank_global.c");
    ck_assert_int_eq(json_object_get_int_member(main, "line"), 31);
    ck_assert_uint_eq(
        json_array_get_length(json_object_get_array_member(main, "places")), 2);
    JsonObject *last = json_array_get_object_element(exercises, 2);
    ck_assert_str_eq(json_object_get_string_member(last, "verdict"),
                     "not_started");
    fixture_expect("run.json", out->str);
    g_string_free(out, TRUE);
}
END_TEST

START_TEST(json_of_nothing_is_whole) {
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    GString *out = g_string_new(NULL);
    json_report_write(out, none);
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *root = parse(parser, out);
    ck_assert_uint_eq(
        json_array_get_length(json_object_get_array_member(root, "exercises")),
        0);
    g_string_free(out, TRUE);
}
END_TEST

START_TEST(gradescope_sums_the_stars_of_what_passed) {
    all[2].verdict->value = VERDICT_PASS;
    GString *out = g_string_new(NULL);
    gradescope_write(out, verdicts, 4200);
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *root = parse(parser, out);
    ck_assert_double_eq(json_object_get_double_member(root, "score"), 2.0);
    JsonArray *tests = json_object_get_array_member(root, "tests");
    ck_assert_uint_eq(json_array_get_length(tests), 3);
    JsonObject *first = json_array_get_object_element(tests, 0);
    ck_assert_str_eq(json_object_get_string_member(first, "status"), "failed");
    ck_assert_str_eq(json_object_get_string_member(first, "number"), "4.2");
    ck_assert(strstr(json_object_get_string_member(first, "output"),
                     "data-race") != NULL);
    g_string_free(out, TRUE);
}
END_TEST

START_TEST(gradescope_counts_the_graders_trouble_for_nobody) {
    all[0].verdict->value = VERDICT_TROUBLE;
    GString *out = g_string_new(NULL);
    gradescope_write(out, verdicts, 4200);
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *root = parse(parser, out);
    JsonObject *first = json_array_get_object_element(
        json_object_get_array_member(root, "tests"), 0);
    ck_assert(!json_object_has_member(first, "score"));
    ck_assert(!json_object_has_member(first, "status"));
    g_string_free(out, TRUE);
}
END_TEST

// --- JUnit: what Ant's schema demands, checked without it -------------------

struct seen {
    int suites, cases, results_in_case;
    GString *order; // of the children of the suite that is open
};

static const char *attribute(const char **names, const char **values,
                             const char *name) {
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], name) == 0)
            return values[i];
    }
    ck_abort_msg("no attribute %s", name);
}

static void on_element(GMarkupParseContext *context, const char *element,
                       const char **names, const char **values, gpointer data,
                       GError **error) {
    (void)context, (void)error;
    struct seen *seen = data;
    if (strcmp(element, "testsuite") == 0) {
        g_autofree char *id = g_strdup_printf("%d", seen->suites++);
        ck_assert_str_eq(attribute(names, values, "id"), id);
        ck_assert_str_eq(attribute(names, values, "timestamp"),
                         "2024-02-03T04:05:06");
        ck_assert_str_eq(attribute(names, values, "hostname"), "localhost");
        ck_assert_str_ne(attribute(names, values, "package"), "");
        g_string_truncate(seen->order, 0);
    } else if (strcmp(element, "testcase") == 0) {
        ck_assert_uint_eq(g_strv_length((GStrv)names), 3);
        attribute(names, values, "classname");
        attribute(names, values, "time");
        seen->cases++;
        seen->results_in_case = 0;
        g_string_append_c(seen->order, 't');
    } else if (strcmp(element, "properties") == 0) {
        g_string_append_c(seen->order, 'p');
    } else if (g_str_has_prefix(element, "system-")) {
        g_string_append_c(seen->order, element[7]);
    } else if (strcmp(element, "testsuites") != 0) {
        ck_assert_int_eq(++seen->results_in_case, 1);
        if (strcmp(element, "skipped") != 0)
            ck_assert_str_ne(attribute(names, values, "type"), "");
    }
}

static void on_end(GMarkupParseContext *context, const char *element,
                   gpointer data, GError **error) {
    (void)context, (void)error;
    struct seen *seen = data;
    if (strcmp(element, "testsuite") != 0)
        return;
    const char *rest = seen->order->str;
    ck_assert(*rest++ == 'p');
    rest += strspn(rest, "t");
    ck_assert_str_eq(rest, "oe");
}

START_TEST(junit_obeys_the_strict_schema) {
    GString *out = g_string_new(NULL);
    g_autoptr(GDateTime) when = g_date_time_new_utc(2024, 2, 3, 4, 5, 6);
    struct finding *main = all[0].verdict->findings->pdata[0];
    g_free(main->message);
    main->message = g_strdup("an \033 escape, a \xff byte, <&>\"'");
    junit_write(out, verdicts, when, "");
    for (gsize i = 0; i < out->len; i++)
        ck_assert((guchar)out->str[i] >= 0x20 || out->str[i] == '\n');
    GMarkupParser callbacks = {.start_element = on_element,
                               .end_element = on_end};
    struct seen seen = {.order = g_string_new(NULL)};
    g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(
        &callbacks, G_MARKUP_TREAT_CDATA_AS_TEXT, &seen, NULL);
    g_autoptr(GError) error = NULL;
    ck_assert_msg(g_markup_parse_context_parse(context, out->str,
                                               (gssize)out->len, &error),
                  "%s", error != NULL ? error->message : "");
    ck_assert_int_eq(seen.suites, 3);
    ck_assert_int_eq(seen.cases, 5 + 5 + 2);
    fixture_expect("junit.xml", out->str);
    g_string_free(seen.order, TRUE);
    g_string_free(out, TRUE);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("report/formats");
    TCase *tests = tcase_create("formats");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, json_holds_what_the_format_promises);
    tcase_add_test(tests, json_of_nothing_is_whole);
    tcase_add_test(tests, gradescope_sums_the_stars_of_what_passed);
    tcase_add_test(tests, gradescope_counts_the_graders_trouble_for_nobody);
    tcase_add_test(tests, junit_obeys_the_strict_schema);
    suite_add_tcase(suite, tests);
    return fixture_run(suite);
}
