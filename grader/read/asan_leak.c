// SPDX-License-Identifier: MIT
#include "read/asan_leak.h"

#include <stdlib.h>
#include <string.h>

#include "read/frames.h"
#include "read/text.h"

enum { MOST_SITES = 10, MOST_EVIDENCE = 6000 };

struct site {
    struct stack stack;
    long bytes;
    long blocks;
    bool is_direct;
    GString *evidence;
};

static void site_free(struct site *site) {
    stack_release(&site->stack);
    g_string_free(site->evidence, TRUE);
    g_free(site);
}

bool asan_leak_starts(const char *line) {
    return g_str_has_prefix(line, "Direct leak of ") ||
           g_str_has_prefix(line, "Indirect leak of ");
}

static bool ends_leak(const char *line) {
    return *line == '\0' || asan_leak_starts(line) ||
           g_str_has_prefix(line, "SUMMARY:");
}

static struct site *find_site(GPtrArray *sites, const struct stack *stack) {
    for (guint i = 0; i < sites->len; i++) {
        struct site *site = sites->pdata[i];
        if (site->stack.answer.line == stack->answer.line)
            return site;
    }
    struct site *site = g_new0(struct site, 1);
    site->evidence = g_string_new(NULL);
    g_ptr_array_add(sites, site);
    return site;
}

// "Direct leak of 16 byte(s) in 1 object(s) allocated from:" and its stack.
static void read_leak(const struct read_context *context, GStrv lines,
                      guint start, guint end, GPtrArray *sites) {
    struct stack stack;
    stack_read(context, lines, start + 1, &stack);
    if (!stack_is_answer(&stack)) {
        stack_release(&stack);
        return;
    }
    const char *number = strstr(lines[start], "leak of ");
    const char *objects = strstr(lines[start], " in ");
    g_autofree char *text = text_join(lines, start, end);
    struct site *site = find_site(sites, &stack);
    site->bytes += strtol(number + strlen("leak of "), NULL, 10);
    site->blocks += objects == NULL ? 1 : strtol(objects + 4, NULL, 10);
    site->is_direct |= lines[start][0] == 'D';
    g_string_append_printf(site->evidence, "%s\n", text);
    if (site->stack.depth == 0)
        site->stack = stack;
    else
        stack_release(&stack);
}

static int larger_first(gconstpointer a, gconstpointer b) {
    const struct site *one = *(struct site *const *)a;
    const struct site *two = *(struct site *const *)b;
    if (one->is_direct != two->is_direct)
        return one->is_direct ? -1 : 1;
    return one->bytes > two->bytes ? -1 : one->bytes < two->bytes;
}

static struct finding *tell(const struct read_context *context,
                            const struct site *site) {
    const struct stack *stack = &site->stack;
    g_autofree char *bytes = text_count(site->bytes, "byte");
    g_autofree char *blocks = text_count(site->blocks, "block");
    g_autofree char *by = stack->callee == NULL
                              ? g_strdup("")
                              : g_strdup_printf(" by `%s`", stack->callee);
    struct finding *finding =
        finding_new(FINDING_MEMORY_LEAK, context->stage,
                    "%s (%s) allocated%s at line %d in `%s` %s never freed.",
                    bytes, blocks, by, stack->answer.line,
                    stack->answer.function, site->bytes == 1 ? "is" : "are");
    g_autofree char *role =
        g_strdup_printf("allocates %s that nobody frees",
                        site->blocks == 1 ? "the block" : "the blocks");
    stack_add_place(finding, stack, NULL, role);
    finding->evidence = text_evidence(site->evidence->str, MOST_EVIDENCE);
    return finding;
}

void asan_leaks_read(const struct read_context *context, GStrv lines,
                     GPtrArray *findings) {
    g_autoptr(GPtrArray) sites =
        g_ptr_array_new_with_free_func((GDestroyNotify)site_free);
    for (guint at = 0; lines[at] != NULL; at++)
        if (asan_leak_starts(lines[at]))
            read_leak(context, lines, at, text_block_end(lines, at, ends_leak),
                      sites);
    g_ptr_array_sort(sites, larger_first);
    for (guint i = 0; i < sites->len && i < MOST_SITES; i++)
        g_ptr_array_add(findings, tell(context, sites->pdata[i]));
}
