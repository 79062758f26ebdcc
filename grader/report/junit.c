// SPDX-License-Identifier: MIT
#include "report/junit.h"

#include "model/verdict.h"

// XML 1.0 has no way to write most control characters, not even escaped.
static char *xml_text(const char *text) {
    g_autofree char *valid = g_utf8_make_valid(text != NULL ? text : "", -1);
    GString *clean = g_string_new(NULL);
    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        bool allowed = c == '\t' || c == '\n' || (c >= 0x20 && c < 0x7f) ||
                       (c >= 0xa0 && c != 0xfffe && c != 0xffff);
        g_string_append_unichar(clean, allowed ? c : 0xfffd);
    }
    char *escaped = g_markup_escape_text(clean->str, (gssize)clean->len);
    g_string_free(clean, TRUE);
    return escaped;
}

// The first finding of STAGE that fails, in the judge's order, or NULL.
static const struct finding *finding_of_stage(const struct verdict *verdict,
                                              int stage) {
    for (guint i = 0; i < verdict->findings->len; i++) {
        const struct finding *finding = verdict->findings->pdata[i];
        if ((int)finding->stage == stage && finding->kind != FINDING_ADVICE)
            return finding;
    }
    return NULL;
}

static char *finding_text(const struct finding *finding) {
    GString *text = g_string_new(NULL);
    if (finding->test != NULL)
        g_string_append_printf(text, "Test: %s\n", finding->test);
    g_string_append_printf(text, "Found: %s\n", finding->message);
    for (guint i = 0; i < finding->places->len; i++) {
        const struct place *place = finding->places->pdata[i];
        g_string_append_printf(text, "%s:%d:%d %s %s: %s\n",
                               place->file != NULL ? place->file : "?",
                               place->line, place->column,
                               place->thread != NULL ? place->thread : "",
                               place->function != NULL ? place->function : "",
                               place->role != NULL ? place->role : "");
    }
    if (finding->why != NULL)
        g_string_append_printf(text, "Why: %s\n", finding->why);
    if (finding->next != NULL)
        g_string_append_printf(text, "Next: %s\n", finding->next);
    if (finding->again != NULL)
        g_string_append_printf(text, "Again: %s\n", finding->again);
    return g_string_free(text, FALSE);
}

static void append_failure(GString *out, const struct verdict *verdict,
                           int stage) {
    const struct finding *finding = finding_of_stage(verdict, stage);
    if (finding == NULL) {
        g_string_append(out,
                        "      <failure message=\"failed\" type=\"fail\"/>\n");
        return;
    }
    g_autofree char *message = xml_text(finding->message);
    g_autofree char *plain = finding_text(finding);
    g_autofree char *text = xml_text(plain);
    g_string_append_printf(out,
                           "      <failure message=\"%s\" type=\"%s\">%s"
                           "</failure>\n",
                           message, finding_kind_name(finding->kind), text);
}

static void append_result(GString *out, const struct verdict *verdict,
                          int stage) {
    const struct stage_verdict *result = &verdict->stages[stage];
    g_autofree char *reason = xml_text(result->reason);
    if (verdict->value == VERDICT_NOT_STARTED)
        g_string_append(out, "      <skipped message=\"not started\"/>\n");
    else if (result->value == VERDICT_FAIL)
        append_failure(out, verdict, stage);
    else if (result->value == VERDICT_TROUBLE)
        g_string_append_printf(out,
                               "      <error message=\"%s\" "
                               "type=\"trouble\"/>\n",
                               reason);
    else if (result->value != VERDICT_PASS)
        g_string_append_printf(out, "      <skipped message=\"%s: %s\"/>\n",
                               verdict_value_name(result->value), reason);
}

struct counts {
    int tests, failures, errors, skipped;
    int64_t wall_ms;
};

static bool is_reported(const struct verdict *verdict, int stage) {
    return verdict->stages[stage].value != VERDICT_NONE ||
           (verdict->value == VERDICT_NOT_STARTED &&
            verdict->exercise->stages[stage]);
}

static struct counts count_stages(const struct verdict *verdict) {
    struct counts counts = {0};
    for (int i = 0; i < STAGE_COUNT; i++) {
        if (!is_reported(verdict, i))
            continue;
        enum verdict_value value = verdict->value == VERDICT_NOT_STARTED
                                       ? VERDICT_NOT_STARTED
                                       : verdict->stages[i].value;
        counts.tests++;
        counts.failures += value == VERDICT_FAIL;
        counts.errors += value == VERDICT_TROUBLE;
        counts.skipped += value == VERDICT_BLOCKED ||
                          value == VERDICT_UNDECIDED ||
                          value == VERDICT_NOT_STARTED;
        counts.wall_ms += verdict->stages[i].wall_ms;
    }
    return counts;
}

static void append_suite(GString *out, const struct verdict *verdict, guint id,
                         const char *timestamp, const char *host) {
    g_autofree char *name = xml_text(verdict->exercise->id);
    g_autofree char *package = xml_text(verdict->exercise->chapter->folder);
    struct counts counts = count_stages(verdict);
    g_string_append_printf(
        out,
        "  <testsuite name=\"%s\" package=\"%s\" id=\"%u\" timestamp=\"%s\" "
        "hostname=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"%d\" "
        "skipped=\"%d\" time=\"%.3f\">\n    <properties/>\n",
        name, package, id, timestamp, host, counts.tests, counts.failures,
        counts.errors, counts.skipped, (double)counts.wall_ms / 1000);
    for (int i = 0; i < STAGE_COUNT; i++) {
        if (!is_reported(verdict, i))
            continue;
        g_string_append_printf(
            out,
            "    <testcase name=\"%s\" classname=\"%s.%s\" time=\"%.3f\">\n",
            stage_name((enum stage)i), package, name,
            (double)verdict->stages[i].wall_ms / 1000);
        append_result(out, verdict, i);
        g_string_append(out, "    </testcase>\n");
    }
    g_string_append(out, "    <system-out></system-out>\n"
                         "    <system-err></system-err>\n  </testsuite>\n");
}

void junit_write(GString *out, const GPtrArray *verdicts, GDateTime *when,
                 const char *host) {
    bool nameless = host == NULL || host[0] == '\0';
    g_autofree char *timestamp = g_date_time_format(when, "%Y-%m-%dT%H:%M:%S");
    g_autofree char *clean_host = xml_text(nameless ? "localhost" : host);
    g_string_append(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                         "<testsuites>\n");
    for (guint i = 0; i < verdicts->len; i++)
        append_suite(out, verdicts->pdata[i], i, timestamp, clean_host);
    g_string_append(out, "</testsuites>\n");
}
