// SPDX-License-Identifier: MIT
#include "plan/flags.h"

// Frames are kept and tail calls not made, so that every call has a return
// address in the function that made it; DWARF 4, because valgrind 3.19 cannot
// read clang's DWARF 5.
#define COMMON                                                                 \
    "-gdwarf-4", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls"

// object-size: ASan's own message about the same overflow says more. The other
// two refuse NULL + 0 and memcpy(p, NULL, 0), which right answers do for empty
// arrays, and which the C standard has since allowed (WG14 N3322).
#define NOT_CHECKED                                                            \
    "-fno-sanitize=object-size,pointer-overflow,nonnull-attribute"

#define FRAMES "stack_trace_format='    #%n {%m+%o}':symbolize=0"

static const struct {
    const char *name;
    const char *optimize;
    const char *sanitize; // NULL: none
    const char *environment;
} variants[] = {
    [VARIANT_PLAIN] = {"plain", "-O2", NULL, NULL},
    // -O0: what the compiler would optimise away (a store that nobody reads,
    // the address of a dead local) stays there to be seen.
    [VARIANT_ASAN] = {"asan", "-O0", "-fsanitize=address,undefined",
                      "ASAN_OPTIONS=" FRAMES
                      ":detect_leaks=1:detect_stack_use_after_return=1"
                      ":fast_unwind_on_malloc=0:halt_on_error=0"
                      ":abort_on_error=0:exitcode=77:print_legend=0"
                      ":allocator_may_return_null=1:hard_rss_limit_mb=3000"
                      ":check_initialization_order=0:handle_abort=0"
                      ":strict_string_checks=0:suppressions=''"},
    [VARIANT_TSAN] = {"tsan", "-O1", "-fsanitize=thread",
                      "TSAN_OPTIONS=" FRAMES
                      ":detect_deadlocks=0:report_thread_leaks=1"
                      ":second_deadlock_stack=1:halt_on_error=0:exitcode=66"
                      ":report_bugs=1:report_signal_unsafe=1"
                      ":report_destroy_locked=1:report_mutex_bugs=1"
                      ":report_atomic_races=1:history_size=3"
                      ":hard_rss_limit_mb=3000:suppressions=''"},
};

const char *variant_name(enum variant variant) {
    return variants[variant].name;
}

// The learner's lines of the preprocessed text and those of the exercise's own
// headers (their names are relative), with their line markers: what the lint
// reads. Of the system's headers only lines that no header has of
// itself: a macro of the learner's can put an attribute or assembler there.
static const char own_lines[] =
    "/^# [0-9]+ \"/ { name = $3; own = (name !~ /^\"[\\/<]/) }"
    " own { print; next }"
    " /^# [0-9]+ \"/ { if (!seen[name]++) print; next }"
    " { line = $0; gsub(/__asm(__)? \\((\"[A-Za-z0-9_]*\" ?)+\\)/, \"\", line) "
    "}"
    " line ~ /sanitize|structor|ifunc|alias|weakref|section|naked|asm|#pragma/ "
    "{"
    " print \"# 1 \" name; print line }";

// Schedules of each scenario.
#define SCHEDULES "800"

// More is no answer, and nobody would look at all of it.
#define MOST_OWN_BYTES "400000"

// -O2 so that __OPTIMIZE__ is what it is in every answer.
void flags_preprocess(struct job *job) {
    const char *id = job->exercise->id;
    g_autofree char *source = g_strdup_printf("%s.c", id);
    g_autofree char *script = g_strdup_printf(
        "clang-14 -std=gnu11 -D_GNU_SOURCE= -Wno-macro-redefined -O2 -I. -E %s "
        "-o answer.i && "
        "awk '%s' answer.i >own.i && "
        "{ [ $(wc -c <own.i) -lt " MOST_OWN_BYTES " ] || { echo '%s:1:1: "
        "error: the file is too long, once its macros are expanded'; "
        "exit 1; }; }",
        source, own_lines, source);
    job_add_step(job, "sh", "-c", script, NULL);
}

// What the compiler says of the source as the learner wrote it. The programs
// are all made from one preprocessed text, so that no #if tells them apart.
void flags_check_source(struct job *job) {
    g_autofree char *source = g_strdup_printf("%s.c", job->exercise->id);
    job_add_step(job, "clang-14", "-std=gnu11", "-D_GNU_SOURCE=", "-I.",
                 "-Wall", "-Wextra", "-Wthread-safety", "-Wno-unused-parameter",
                 "-Wno-macro-redefined", "-fno-color-diagnostics", "-O2",
                 "-fsyntax-only", source, NULL);
}

void flags_list_symbols(struct job *job) {
    job_add_step(job, "sh", "-c", "nm -P answer.o >symbols.txt", NULL);
}

// For ThreadSanitizer's pass by way of LLVM IR: docs/adr/0005.
static void compile_with_pass(struct job *job, const char *optimize,
                              const char *option) {
    const char *sanitize = variants[VARIANT_TSAN].sanitize;
    job_add_step(job, "clang-14", "-std=gnu11", "-w", optimize, COMMON,
                 sanitize, "-Xclang", "-disable-llvm-passes", "-x",
                 "cpp-output", "-S", "-emit-llvm", "answer.i", "-o",
                 "answer.ll", NULL);
    job_add_step(job, "sh", "-c",
                 "awk -f stack_objects.awk answer.ll >shown.ll", NULL);
    job_add_step(job, "clang-14", "-w", optimize, COMMON, sanitize, "-mllvm",
                 option, "-x", "ir", "-c", "shown.ll", "-o", "answer.o", NULL);
}

// -O0: what an optimiser makes of `while (!flag) {}` has no step in it any
// more. read-before-write: x++ is two steps.
void flags_compile_explored(struct job *job) {
    compile_with_pass(job, "-O0", "-tsan-instrument-read-before-write=1");
}

void flags_link_explored(struct job *job) {
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    g_strv_builder_add_many(words, "clang-14", "-fuse-ld=lld", "-no-pie",
                            "-Wl,-z,now", "suite.o", "answer.o", "scenarios.o",
                            "explore.a", "harness.a", NULL);
    for (char **lib = job->exercise->libs; *lib != NULL; lib++) {
        g_autofree char *option = g_strdup_printf("-l%s", *lib);
        g_strv_builder_add(words, option);
    }
    g_strv_builder_add_many(words, "-lcheck", "-lsubunit", "-lrt", "-lm",
                            "-lpthread", "-o", "explored", NULL);
    g_ptr_array_add(job->steps, g_strv_builder_end(words));
}

// 1: something was found; 3: it could not be controlled. Both are told in the
// lines. One process: other jobs have the other processors.
void flags_explore(struct job *job) {
    job_add_step(job, "sh", "-c",
                 "./explored --schedules " SCHEDULES " --jobs 1 --out lines; "
                 "case $? in 0 | 1 | 3) ;; *) exit 2 ;; esac",
                 NULL);
    job_add_step(job, "sh", "-c",
                 "./lockstep name explored lines >" SCHEDULES_FILE, NULL);
}

void flags_compile_preprocessed(struct job *job, enum variant variant) {
    if (variant == VARIANT_TSAN) {
        compile_with_pass(job, variants[VARIANT_TSAN].optimize,
                          "-tsan-instrument-read-before-write=0");
        return;
    }
    job_add_step(
        job, "clang-14", "-std=gnu11", "-w", variants[variant].optimize, COMMON,
        variants[variant].sanitize == NULL ? "-fno-sanitize=all"
                                           : variants[variant].sanitize,
        NOT_CHECKED, "-x", "cpp-output", "-c", "answer.i", "-o", "answer.o",
        NULL);
}

void flags_isolate(struct job *job) {
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    g_strv_builder_add(words, "objcopy");
    g_strv_builder_add(words, "--redefine-syms=redirect.syms");
    for (char **name = job->exercise->api; *name != NULL; name++) {
        g_autofree char *keep =
            g_strdup_printf("--keep-global-symbol=%s", *name);
        g_strv_builder_add(words, keep);
    }
    g_strv_builder_add(words, "answer.o");
    g_ptr_array_add(job->steps, g_strv_builder_end(words));
}

void flags_link(struct job *job, enum variant variant) {
    const char *sanitize = variants[variant].sanitize;
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    const char *const fixed[] = {
        "clang-14", "-fuse-ld=lld", "suite.o",   "answer_begin.o",
        "answer.o", "answer_end.o", "harness.a", NULL};
    g_strv_builder_addv(words, (const char **)fixed);
    if (sanitize != NULL)
        g_strv_builder_add(words, sanitize);
    for (char **lib = job->exercise->libs; *lib != NULL; lib++) {
        g_autofree char *option = g_strdup_printf("-l%s", *lib);
        g_strv_builder_add(words, option);
    }
    const char *const last[] = {"-lcheck",
                                "-lsubunit",
                                "-lrt",
                                "-lm",
                                "-lpthread",
                                "-o",
                                variants[variant].name,
                                NULL};
    g_strv_builder_addv(words, (const char **)last);
    g_ptr_array_add(job->steps, g_strv_builder_end(words));
}

static void set_environment(struct job *job, const char *options) {
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    g_strv_builder_add(words, "WB_SERVER=./wb-server");
    if (options != NULL)
        g_strv_builder_add(words, options);
    if (options != NULL && g_str_has_prefix(options, "ASAN"))
        g_strv_builder_add(words, "UBSAN_OPTIONS=" FRAMES
                                  ":print_stacktrace=0:halt_on_error=0");
    job->environment = g_strv_builder_end(words);
}

void flags_run(struct job *job, enum variant variant) {
    g_autofree char *program = g_strdup_printf("./%s", variants[variant].name);
    job_add_step(job, program, NULL);
    set_environment(job, variants[variant].environment);
}

void flags_valgrind(struct job *job, const char *tool) {
    g_autofree char *which = g_strdup_printf("--tool=%s", tool);
    job_add_step(job, "valgrind", "-q", which, "--xml=yes",
                 "--xml-file=/tmp/lockstep-report.%p", "--vgdb=no",
                 "--fair-sched=yes", "--error-limit=no", "--num-callers=24",
                 "--read-inline-info=yes", "--child-silent-after-fork=no",
                 "./plain", "--tool", tool, NULL);
    set_environment(job, NULL);
    job->wants_jit = true;
}
