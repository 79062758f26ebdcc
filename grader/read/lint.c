// SPDX-License-Identifier: MIT
#include "read/lint.h"

#include <string.h>

#include "read/symbols.h"
#include "read/text.h"
#include "read/tokens.h"

enum { MOST_FINDINGS = 20 };

struct lint {
    const struct read_context *context;
    const struct token_list *list;
    GPtrArray *findings;
    guint most;
};

static bool is_answer(const struct lint *lint, const struct token *token) {
    return g_str_equal(token->file, lint->context->answer_file);
}

static const struct token *token_at(const struct lint *lint, guint index) {
    static const struct token none = {TOKEN_SIGN, (char *)"", "", 0};
    return index < lint->list->tokens->len
               ? &g_array_index(lint->list->tokens, struct token, index)
               : &none;
}

static bool is_sign(const struct token *token, char sign) {
    return token->type == TOKEN_SIGN && token->text[0] == sign;
}

static struct finding *refuse(struct lint *lint, enum finding_kind kind,
                              int line, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static struct finding *refuse(struct lint *lint, enum finding_kind kind,
                              int line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *words = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *sentence = text_take_sentence(g_steal_pointer(&words));
    struct finding *finding =
        finding_new(kind, lint->context->stage, "%s", sentence);
    if (line > 0)
        finding_add_place(
            finding, lint->context->answer_file, line, 0, NULL, NULL,
            kind == FINDING_FORBIDDEN_SYMBOL ? "used here" : NULL);
    if (lint->findings->len < lint->most)
        g_ptr_array_add(lint->findings, finding);
    else
        g_clear_pointer(&finding, finding_free);
    return finding;
}

static void forbid(struct lint *lint, int line, const char *name,
                   const char *reason) {
    g_autofree char *clean = text_printable(name, 80);
    g_autofree char *where =
        line > 0 ? g_strdup_printf(" (line %d)", line) : g_strdup("");
    refuse(lint, FINDING_FORBIDDEN_SYMBOL, line, "`%s`%s %s", clean, where,
           reason);
}

// --- Attributes and pragmas --------------------------------------------------

static const char *const harmless_attributes[] = {
    "unused",
    "used",
    "maybe_unused",
    "noinline",
    "always_inline",
    "pure",
    "const",
    "malloc",
    "nonnull",
    "returns_nonnull",
    "warn_unused_result",
    "nodiscard",
    "format",
    "format_arg",
    "aligned",
    "packed",
    "noreturn",
    "cold",
    "hot",
    "flatten",
    "fallthrough",
    "deprecated",
    "sentinel",
    "alloc_size",
    "alloc_align",
    "cleanup",
    "may_alias",
    "vector_size",
    "mode",
    "nothrow",
    "leaf",
    "artificial",
    "gnu_inline",
    "optimize",
    "optnone",
    "minsize",
    "noclone",
    "noipa",
    "nomerge",
    "visibility",
    "tls_model",
    "transparent_union",
    "designated_init",
    "access",
    "assume_aligned",
    "nonstring",
    "overloadable",
    "enable_if",
    "diagnose_if",
    "unavailable",
    "guarded_by",
    "pt_guarded_by",
    "guarded_var",
    "pt_guarded_var",
    "capability",
    "lockable",
    "scoped_lockable",
    "acquire_capability",
    "acquire_shared_capability",
    "release_capability",
    "release_shared_capability",
    "release_generic_capability",
    "requires_capability",
    "requires_shared_capability",
    "try_acquire_capability",
    "try_acquire_shared_capability",
    "assert_capability",
    "assert_shared_capability",
    "locks_excluded",
    "exclusive_lock_function",
    "shared_lock_function",
    "unlock_function",
    "exclusive_trylock_function",
    "shared_trylock_function",
    "exclusive_locks_required",
    "shared_locks_required",
    "assert_exclusive_lock",
    "assert_shared_lock",
    "acquired_before",
    "acquired_after",
    "lock_returned",
    "no_thread_safety_analysis",
    "shared_capability",
    NULL};

// "__unused__" is "unused".
static char *bare_name(const char *name) {
    size_t length = strlen(name);
    if (length > 4 && g_str_has_prefix(name, "__") &&
        g_str_has_suffix(name, "__"))
        return g_strndup(name + 2, length - 4);
    return g_strdup(name);
}

static const char *attribute_reason(const char *name) {
    if (g_str_has_prefix(name, "no_sanitize") ||
        g_str_has_prefix(name, "no_address_safety") ||
        strstr(name, "sanitizer") != NULL || strstr(name, "instrument") != NULL)
        return "hides your code from the tools that check it for races and "
               "memory errors";
    if (strstr(name, "constructor") != NULL ||
        strstr(name, "destructor") != NULL)
        return "makes code run before or after the test, outside of it";
    return "is no attribute that an answer needs, and it can change what the "
           "tools see";
}

// The attributes of the list that opens at INDEX ("((" or "[["); returns the
// index behind it.
static guint check_attributes(struct lint *lint, guint index) {
    int depth = 0;
    do {
        const struct token *token = token_at(lint, index);
        depth += is_sign(token, '(') ? 1 : is_sign(token, ')') ? -1 : 0;
        if (depth == 2 && token->type == TOKEN_WORD &&
            !is_sign(token_at(lint, index + 1), ':')) {
            g_autofree char *name = bare_name(token->text);
            if (!g_strv_contains(harmless_attributes, name))
                forbid(lint, token->line, name, attribute_reason(name));
        }
        index++;
    } while (depth > 0 && index < lint->list->tokens->len);
    return index;
}

static void check_pragma(struct lint *lint, const struct token *token) {
    static const char *const harmless[] = {
        "once",       "GCC diagnostic", "clang diagnostic", "STDC ",
        "clang loop", "GCC unroll",     "GCC ivdep",        "unroll",
        "nounroll",   "pack",           "message",          "GCC warning",
        "mark",       "region",         "endregion",        "omp "};
    for (guint i = 0; i < G_N_ELEMENTS(harmless); i++)
        if (g_str_has_prefix(token->text, harmless[i]))
            return;
    g_autofree char *name = g_strdup_printf("#pragma %s", token->text);
    forbid(lint, token->line, name,
           "is no pragma that an answer needs, and it can change what the "
           "tools see");
}

// --- Words -------------------------------------------------------------------

static const struct {
    const char *pattern;
    const char *reason;
} words[] = {
    {"asm", "is assembler code, which the race detector cannot see"},
    {"__asm*", "is assembler code, which the race detector cannot see"},
    {"*atomic_thread_fence",
     "is a fence, which the race detector does not understand; give the atomic "
     "operations themselves the order (memory_order_acquire, "
     "memory_order_release)"},
    {"*atomic_signal_fence",
     "is a fence, which the race detector does not understand; give the atomic "
     "operations themselves the order (memory_order_acquire, "
     "memory_order_release)"},
    {"__sync_synchronize",
     "is a fence, which the race detector does not understand; give the atomic "
     "operations themselves the order (memory_order_acquire, "
     "memory_order_release)"},
    {"__builtin_ia32_pause", NULL},
    {"__builtin_ia32_*", "is bound to one processor and hidden from the tools"},
    {"_mm_?fence", "is a fence, which the race detector does not understand"},
    {"__builtin_setjmp", "can leave a function past its unlocks"},
    {"__builtin_longjmp", "can leave a function past its unlocks"},
    {"__builtin_return_address",
     "looks into the program that tests your answer"},
    {"__builtin_frame_address",
     "looks into the program that tests your answer"},
    {"__builtin_eh_*", "looks into the program that tests your answer"},
    {"__builtin_unwind_*", "looks into the program that tests your answer"},
};

static void check_word(struct lint *lint, const struct token *token) {
    for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
        if (!g_pattern_match_simple(words[i].pattern, token->text))
            continue;
        if (words[i].reason != NULL)
            forbid(lint, token->line, token->text, words[i].reason);
        return;
    }
}

static bool is_system_file(const char *file) {
    return g_str_has_prefix(file, "/usr/include/") ||
           g_str_has_prefix(file, "/usr/lib/") || *file == '<';
}

// Of a system header's lines only those are here that could hold what a macro
// of the answer's has put into them.
static void check_header_word(struct lint *lint, const struct token *token) {
    static const char *const foreign[] = {
        "constructor", "destructor", "ifunc", "alias", "weakref",
        "section",     "naked",      "asm",   "__asm", NULL};
    g_autofree char *name = bare_name(token->text);
    if (token->type != TOKEN_WORD || !is_system_file(token->file) ||
        g_str_has_prefix(token->file, "/usr/lib/llvm"))
        return;
    if (strstr(name, "sanitize") != NULL || g_strv_contains(foreign, name))
        forbid(lint, 0, name,
               "comes into a header of the system by a macro of yours, out of "
               "the tools' sight");
}

static void check_tokens(struct lint *lint) {
    for (guint i = 0; i < lint->list->tokens->len; i++) {
        const struct token *token = token_at(lint, i);
        if (!is_answer(lint, token)) {
            check_header_word(lint, token);
            continue;
        }
        if (token->type == TOKEN_PRAGMA) {
            check_pragma(lint, token);
        } else if (token->type == TOKEN_WORD &&
                   (g_str_equal(token->text, "__attribute__") ||
                    g_str_equal(token->text, "__attribute"))) {
            i = check_attributes(lint, i + 1) - 1;
        } else if (token->type == TOKEN_WORD) {
            check_word(lint, token);
        }
    }
}

// --- Files -------------------------------------------------------------------

static bool is_own_file(const char *file) {
    return *file != '/' && strstr(file, "..") == NULL && *file != '<';
}

static void check_files(struct lint *lint) {
    for (guint i = 0; i < lint->list->files->len; i++) {
        const char *file = lint->list->files->pdata[i];
        int line = g_array_index(lint->list->entered, int, i);
        bool up = strstr(file, "/../") != NULL;
        g_autofree char *base = g_path_get_basename(file);
        if (g_str_equal(base, "threads.h") && is_system_file(file))
            forbid(lint, line, "threads.h",
                   "does not work under the race detector, which crashes; use "
                   "<pthread.h> and <semaphore.h>");
        else if (i > 0 && g_str_equal(base, lint->context->answer_file))
            forbid(lint, line, file, "includes the answer into itself");
        else if (!is_own_file(file) && (!is_system_file(file) || up))
            forbid(lint, line, file,
                   "is included, but is no header of the system or of the "
                   "exercise");
    }
}

// The source without comments, strings and line splices: what is left of '#' at
// the start of a line is a directive.
static char *bare_source(const char *source) {
    GString *text = g_string_new(NULL);
    for (const char *at = source; *at != '\0';) {
        const char *end;
        if (at[0] == '\\' && at[1] == '\n') {
            at += 2;
        } else if (g_str_has_prefix(at, "\\\r\n")) {
            at += 3;
        } else if (g_str_has_prefix(at, "/*")) {
            end = strstr(at + 2, "*/");
            for (; *at != '\0' && at != end; at++)
                if (*at == '\n')
                    g_string_append_c(text, '\v'); // no new line for a '#'
            at = end == NULL ? at : end + 2;
        } else if (g_str_has_prefix(at, "//")) {
            at += strcspn(at, "\n");
        } else if (*at == '"' || *at == '\'') {
            char quote = *at++;
            while (*at != '\0' && *at != quote && *at != '\n')
                at += *at == '\\' && at[1] != '\0' ? 2 : 1;
            at += *at == quote ? 1 : 0;
            g_string_append_c(text, 'q');
        } else {
            g_string_append_c(text, *at++);
        }
    }
    return g_string_free(text, FALSE);
}

// #line and "# 12" would let lines pass for a header's.
static void check_source(struct lint *lint) {
    g_autofree char *bare = bare_source(lint->context->source);
    g_auto(GStrv) lines = text_lines(bare);
    for (guint i = 0; lines[i] != NULL; i++) {
        const char *at = lines[i] + strspn(lines[i], " \t\v\f\r");
        const char *hash = text_after(at, "#");
        hash = hash == NULL ? text_after(at, "%:") : hash;
        hash = hash == NULL ? text_after(at, "\?\?=") : hash;
        if (hash == NULL)
            continue;
        hash += strspn(hash, " \t\v\f\r");
        if (g_ascii_isdigit(*hash) || g_str_has_prefix(hash, "line"))
            forbid(lint, 0, "#line",
                   "would make messages point to the wrong lines");
    }
}

// --- Symbols -----------------------------------------------------------------

// The first line of the answer that has the word NAME; 0 if none has.
static int line_of(const struct lint *lint, const char *name) {
    for (guint i = 0; i < lint->list->tokens->len; i++) {
        const struct token *token = token_at(lint, i);
        if (token->type == TOKEN_WORD && is_answer(lint, token) &&
            g_str_equal(token->text, name))
            return token->line;
    }
    return 0;
}

// Whether one of the exercise's own headers names NAME: then it is provided.
static bool is_provided(const struct lint *lint, const char *name) {
    for (guint i = 0; i < lint->list->tokens->len; i++) {
        const struct token *token = token_at(lint, i);
        if (token->type == TOKEN_WORD && !is_answer(lint, token) &&
            is_own_file(token->file) && g_str_equal(token->text, name))
            return true;
    }
    return false;
}

static void check_undefined(struct lint *lint, const char *name) {
    const char *const *allow =
        (const char *const *)lint->context->exercise->allow;
    if (symbols_allowed(name, allow))
        return;
    const char *reason = symbols_reason(name);
    bool is_refused = reason != NULL && !symbols_reserved(name);
    if (!is_refused && is_provided(lint, name))
        return;
    forbid(lint, line_of(lint, name), name,
           reason != NULL
               ? reason
               : "is not among the functions that an answer may use; if the "
                 "name is right, use another function of the C library");
}

static void check_defined(struct lint *lint, const char *name, char type) {
    GStrv api = lint->context->exercise->api;
    if (api != NULL && g_strv_contains((const char *const *)api, name))
        return;
    if (type == 'i')
        forbid(lint, line_of(lint, name), name,
               "is chosen when the program starts, outside of every test");
    else if (symbols_reserved(name))
        forbid(lint, line_of(lint, name), name,
               "is the name of a function that is there already; give yours "
               "another name");
}

static void check_symbol(struct lint *lint, const char *line,
                         GHashTable *defined) {
    g_auto(GStrv) fields = g_strsplit(line, " ", 3);
    if (g_strv_length(fields) < 2 || fields[1][0] == '\0')
        return;
    char type = fields[1][0];
    if (type == 'U' || type == 'w' || type == 'v')
        check_undefined(lint, fields[0]);
    else if (g_ascii_isupper(type) || type == 'i') {
        g_hash_table_add(defined, g_strdup(fields[0]));
        check_defined(lint, fields[0], type);
    }
}

static void check_api(struct lint *lint, GHashTable *defined) {
    GStrv api = lint->context->exercise->api;
    for (guint i = 0; api != NULL && api[i] != NULL; i++) {
        if (g_hash_table_contains(defined, api[i]))
            continue;
        int line = line_of(lint, api[i]);
        refuse(lint, FINDING_BUILD_ERROR, line,
               "`%s` is not defined: the tests call it, and the header says "
               "what it does%s",
               api[i], line > 0 ? "; is it static, or only declared?" : "");
    }
}

void lint_read(const struct read_context *context, const char *preprocessed,
               const char *symbols, GPtrArray *findings) {
    g_autoptr(token_list_auto) list = token_list_new(
        preprocessed == NULL ? "" : preprocessed, context->answer_file);
    struct lint lint = {context, list, findings, findings->len + MOST_FINDINGS};
    g_autoptr(GHashTable) defined =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    check_files(&lint);
    check_source(&lint);
    check_tokens(&lint);
    if (symbols == NULL || *symbols == '\0')
        return;
    g_auto(GStrv) lines = text_lines(symbols);
    for (guint i = 0; lines[i] != NULL; i++)
        check_symbol(&lint, lines[i], defined);
    check_api(&lint, defined);
}
