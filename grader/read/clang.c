// SPDX-License-Identifier: MIT
#include "read/clang.h"

#include <stdlib.h>
#include <string.h>

#include "read/text.h"

enum { MOST_ERRORS = 3, MOST_WARNINGS = 5, MOST_MESSAGE = 240 };

struct diagnostic {
    char *file; // base name
    int line;
    int column;
    bool is_error;
    char *message; // without the flag
    char *flag;    // "-Wunused-variable" or ""
    char *raw;
};

static void diagnostic_free(struct diagnostic *diagnostic) {
    g_free(diagnostic->file);
    g_free(diagnostic->message);
    g_free(diagnostic->flag);
    g_free(diagnostic->raw);
    g_free(diagnostic);
}

// --- Parsing -----------------------------------------------------------------

// The text after "error: " or "warning: " in LINE; *AT is where that begins.
static const char *find_severity(const char *line, const char **at,
                                 bool *is_error) {
    static const struct {
        const char *word;
        bool is_error;
    } words[] = {
        {" fatal error: ", true}, {" error: ", true}, {" warning: ", false}};
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        const char *found = strstr(line, words[i].word);
        if (found == NULL || found == line || found[-1] != ':')
            continue;
        *at = found - 1;
        *is_error = words[i].is_error;
        return found + strlen(words[i].word);
    }
    return NULL;
}

static struct diagnostic *parse(const char *line) {
    const char *end;
    bool is_error;
    const char *message = find_severity(line, &end, &is_error);
    if (message == NULL)
        return NULL;
    g_autofree char *place = g_strndup(line, (size_t)(end - line));
    int numbers[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        char *colon = strrchr(place, ':');
        if (colon == NULL || !g_ascii_isdigit(colon[1]))
            break;
        numbers[i] = atoi(colon + 1);
        *colon = '\0';
    }
    struct diagnostic *diagnostic = g_new0(struct diagnostic, 1);
    g_autofree char *base = g_path_get_basename(place);
    diagnostic->file = text_printable(base, 120);
    diagnostic->line = numbers[1] > 0 ? numbers[1] : numbers[0];
    diagnostic->column = numbers[1] > 0 ? numbers[0] : 0;
    diagnostic->is_error = is_error;
    const char *flag = g_strrstr(message, " [-W");
    g_autofree char *words = flag == NULL
                                 ? g_strdup(message)
                                 : g_strndup(message, (size_t)(flag - message));
    diagnostic->message = text_printable(words, MOST_MESSAGE);
    diagnostic->flag = flag == NULL
                           ? g_strdup("")
                           : g_strndup(flag + 2, strcspn(flag + 2, "],"));
    diagnostic->raw = text_printable(line, 1000);
    return diagnostic;
}

// --- Saying it ---------------------------------------------------------------

// How clang's message starts (or what it holds, after a *), and how we say it:
// %s stands for the first quoted word, %t for the second.
static const struct {
    const char *says;
    const char *message;
} sayings[] = {
    {"expected ';'", "a ';' is missing here"},
    {"expected '}'",
     "a '}' is missing: a block is still open at the end of the file"},
    {"expected ')'", "a ')' is missing here"},
    {"extraneous closing brace", "there is one '}' too many"},
    {"use of undeclared identifier",
     "`%s` is not known here: is it misspelt, declared further down, or is its "
     "#include missing?"},
    {"unknown type name",
     "the type `%s` is not known here: is it misspelt, or is its #include "
     "missing?"},
    {"incomplete definition of type",
     "the members of `%s` are not known here: define the struct in your file, "
     "above its first use"},
    {"no member named", "`%t` has no member `%s`"},
    {"conflicting types for",
     "`%s` is declared with other types before: in the header, its parameters "
     "and result must be exactly these"},
    {"static declaration of",
     "`%s` must not be static: the tests call it from another file"},
    {"redefinition of", "`%s` is defined twice"},
    {"implicit declaration of function",
     "`%s` is called but not declared: is it misspelt, or is its #include "
     "missing?"},
    {"expected identifier or '('", "something is wrong just before here: often "
                                   "a '}' too many or a ';' behind "
                                   "a function's head"},
    {"expected expression",
     "an expression is missing here: often a bracket or a value was forgotten "
     "just before"},
    {"*file not found", "there is no header `%s` here: an answer can include "
                        "the system's headers, "
                        "its exercise's header and those that this one names"},
};

static char *quoted_word(const char *message, int index) {
    const char *start = message;
    for (int i = 0; i <= index && start != NULL; i++) {
        start = strchr(start, '\'');
        const char *end = start == NULL ? NULL : strchr(start + 1, '\'');
        if (end == NULL)
            return g_strdup("this");
        if (i == index)
            return g_strndup(start + 1, (size_t)(end - start - 1));
        start = end + 1;
    }
    return g_strdup("this");
}

// 'x' becomes `x`, an apostrophe stays.
static char *with_backticks(const char *message) {
    char *text = g_strdup(message);
    for (char *at = text; *at != '\0'; at++) {
        bool opens = *at == '\'' && (at == text || strchr(" (", at[-1]));
        char *end = opens ? strchr(at + 1, '\'') : NULL;
        if (end == NULL)
            continue;
        *at = *end = '`';
        at = end;
    }
    return text;
}

static bool matches(const char *message, const char *says) {
    return *says == '*' ? strstr(message, says + 1) != NULL
                        : g_str_has_prefix(message, says);
}

static char *reword(const char *message) {
    for (guint i = 0; i < G_N_ELEMENTS(sayings); i++) {
        if (!matches(message, sayings[i].says))
            continue;
        g_autofree char *first = quoted_word(message, 0);
        g_autofree char *second = quoted_word(message, 1);
        GString *text = g_string_new(sayings[i].message);
        g_string_replace(text, "%s", first, 1);
        g_string_replace(text, "%t", second, 1);
        return g_string_free(text, FALSE);
    }
    return with_backticks(message);
}

static struct finding *tell(const struct read_context *context,
                            const struct diagnostic *diagnostic) {
    g_autofree char *words = reword(diagnostic->message);
    g_autofree char *sentence = text_take_sentence(
        g_strdup_printf("line %d: %s", diagnostic->line, words));
    struct finding *finding =
        finding_new(diagnostic->is_error ? FINDING_BUILD_ERROR : FINDING_ADVICE,
                    context->stage, "%s", sentence);
    finding_add_place(finding, diagnostic->file, diagnostic->line,
                      diagnostic->column, NULL, NULL, diagnostic->message);
    finding->evidence = g_strdup(diagnostic->raw);
    return finding;
}

// --- Choosing ----------------------------------------------------------------

// The smaller, the sooner a warning is told.
static int rank(const struct diagnostic *diagnostic) {
    static const char *const order[] = {"-Wthread-safety",
                                        "-Wuninitialized",
                                        "-Wsometimes-uninitialized",
                                        "-Wreturn-type",
                                        "-Wint-conversion",
                                        "-Wincompatible-pointer-types",
                                        "-Wimplicit-function-declaration",
                                        "-Wformat",
                                        "-Wparentheses",
                                        "-Wfortify-source",
                                        "-Warray-bounds",
                                        "-Wunused-result"};
    for (guint i = 0; i < G_N_ELEMENTS(order); i++)
        if (g_str_has_prefix(diagnostic->flag, order[i]))
            return (int)i;
    return G_N_ELEMENTS(order);
}

static int by_rank(gconstpointer a, gconstpointer b) {
    const struct diagnostic *one = *(struct diagnostic *const *)a;
    const struct diagnostic *two = *(struct diagnostic *const *)b;
    int difference = rank(one) - rank(two);
    return difference != 0 ? difference : one->line - two->line;
}

static bool is_linker(const char *line) {
    return g_str_has_prefix(line, "ld.lld: error:") ||
           g_str_has_prefix(line, "/usr/bin/ld: ");
}

static void add_linker(const struct read_context *context, const char *line,
                       GPtrArray *findings) {
    const char *words = strstr(line, ": ") + 2;
    const char *error = text_after(words, "error: ");
    g_autofree char *said =
        text_printable(error == NULL ? words : error, MOST_MESSAGE);
    struct finding *finding =
        finding_new(FINDING_BUILD_ERROR, context->stage,
                    "The program cannot be linked: %s.", said);
    finding->evidence = text_printable(line, 1000);
    g_ptr_array_add(findings, finding);
}

void clang_read(const struct read_context *context, const char *text,
                GPtrArray *findings) {
    g_auto(GStrv) lines = text_lines(text);
    g_autoptr(GPtrArray) warnings =
        g_ptr_array_new_with_free_func((GDestroyNotify)diagnostic_free);
    guint errors = 0;
    for (guint i = 0; lines[i] != NULL; i++) {
        struct diagnostic *diagnostic = parse(lines[i]);
        if (is_linker(lines[i]) && errors < MOST_ERRORS) {
            add_linker(context, lines[i], findings);
            errors++;
            if (diagnostic != NULL)
                diagnostic_free(diagnostic);
        } else if (diagnostic != NULL && diagnostic->line > 0 &&
                   !diagnostic->is_error &&
                   g_str_equal(diagnostic->file, context->answer_file)) {
            g_ptr_array_add(warnings, diagnostic);
        } else if (diagnostic != NULL) {
            if (diagnostic->is_error && diagnostic->line > 0 &&
                errors++ < MOST_ERRORS)
                g_ptr_array_add(findings, tell(context, diagnostic));
            diagnostic_free(diagnostic);
        }
    }
    g_ptr_array_sort(warnings, by_rank);
    for (guint i = 0; i < warnings->len && i < MOST_WARNINGS; i++)
        g_ptr_array_add(findings, tell(context, warnings->pdata[i]));
}
