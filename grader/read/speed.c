// SPDX-License-Identifier: MIT
#include "read/speed.h"

#include "read/records.h"

// The fields of the measurement called NAME, or NULL.
static GStrv measure(const struct outcome *outcome, const char *name) {
    for (guint i = 0; i < outcome->records->len; i++) {
        const struct record *record = outcome->records->pdata[i];
        if (record->type == RECORD_MEASURE &&
            g_strv_length(record->fields) >= 2 &&
            g_str_equal(record->fields[0], name))
            return record->fields;
    }
    return NULL;
}

static double number(const struct outcome *outcome, const char *name) {
    GStrv fields = measure(outcome, name);
    return fields == NULL ? 0 : g_ascii_strtod(fields[1], NULL);
}

// "1.93 (1.90 to 1.95)", or "" if there is nothing.
static char *with_interval(const struct outcome *outcome, const char *name) {
    GStrv fields = measure(outcome, name);
    if (fields == NULL || g_strv_length(fields) < 4 || *fields[1] == '\0')
        return g_strdup("");
    return g_strdup_printf("%s (%s to %s)", fields[1], fields[2], fields[3]);
}

// The numbers in words, one a line.
static char *describe(const struct outcome *outcome) {
    GString *text = g_string_new(NULL);
    static const struct {
        const char *name;
        const char *says;
    } lines[] = {
        {"cost", "CPU time of your code / CPU time of the serial code"},
        {"speedup", "speedup of your code over the serial code"},
        {"calibration", "speedup this machine gives perfect code"},
        {"efficiency", "your speedup / that one"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *value = with_interval(outcome, lines[i].name);
        if (*value != '\0')
            g_string_append_printf(text, "%-55s %s\n", lines[i].says, value);
    }
    g_string_append_printf(text, "%g threads, %g repeats, %g of them void\n",
                           number(outcome, "threads"),
                           number(outcome, "repeats"),
                           number(outcome, "voided"));
    return g_string_free(text, FALSE);
}

static void add_finding(const struct outcome *outcome, GPtrArray *findings,
                        enum finding_kind kind, char *message) {
    struct finding *finding = finding_new(kind, STAGE_SPEED, "%s", message);
    g_free(message);
    finding->evidence = describe(outcome);
    g_ptr_array_add(findings, finding);
}

static void too_costly(const struct outcome *outcome, GPtrArray *findings) {
    add_finding(outcome, findings, FINDING_CPU_COST,
                g_strdup_printf(
                    "On %g threads your code uses %.2f times the CPU time of "
                    "the serial code for the same work; %.2f times is the most "
                    "allowed.",
                    number(outcome, "threads"), number(outcome, "cost"),
                    number(outcome, "cost allowed")));
}

static void too_slow(const struct outcome *outcome, GPtrArray *findings) {
    add_finding(
        outcome, findings, FINDING_TOO_SLOW,
        g_strdup_printf(
            "On %g threads your code is %.2f times as fast as the "
            "serial code, while perfectly split work is %.2f times as "
            "fast on this machine: %.0f %% of what is possible, %.0f %% "
            "is wanted.",
            number(outcome, "threads"), number(outcome, "speedup"),
            number(outcome, "calibration"), 100 * number(outcome, "efficiency"),
            100 * number(outcome, "efficiency wanted")));
}

static char *describe_pass(const struct outcome *outcome) {
    if (number(outcome, "threads") < 2)
        return g_strdup_printf("%.2f times the serial CPU time; this machine "
                               "has one processor, so no speedup was measured",
                               number(outcome, "cost"));
    g_autofree char *speedup = with_interval(outcome, "speedup");
    return g_strdup_printf("%s times as fast on %g threads; perfect code: %.2f",
                           speedup, number(outcome, "threads"),
                           number(outcome, "calibration"));
}

void speed_read(const struct read_context *context,
                const struct outcome *outcome, GPtrArray *findings,
                char **trouble, char **undecided, char **remark) {
    guint before = findings->len;
    *trouble = records_read(context, outcome, findings);
    if (findings->len > before || *trouble != NULL)
        return;
    GStrv decision = measure(outcome, "decision");
    const char *word = decision == NULL ? "" : decision[1];
    if (g_str_equal(word, "cpu-cost"))
        too_costly(outcome, findings);
    else if (g_str_equal(word, "too-slow"))
        too_slow(outcome, findings);
    else if (g_str_equal(word, "undecided"))
        *undecided = g_strdup("other programs kept this machine's processors "
                              "busy, so the speed cannot be told; run it again "
                              "when it is quieter");
    else if (g_str_equal(word, "pass"))
        *remark = describe_pass(outcome);
    else
        *trouble = g_strdup("The measurement ended without a result.");
}
