// SPDX-License-Identifier: MIT
#include "plan/plan.h"

#include <glib/gstdio.h>
#include <string.h>

#include "plan/flags.h"
#include "plan/key.h"

// --- The tools ---------------------------------------------------------------

char *plan_tools(void) {
    static const char *const programs[] = {"clang-14", "ld.lld", "objcopy",
                                           "valgrind", "llvm-symbolizer"};
    GString *text = g_string_new("lockstep 1\n");
    for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
        g_autofree char *path = g_find_program_in_path(programs[i]);
        GStatBuf status = {0};
        if (path != NULL)
            g_stat(path, &status);
        g_string_append_printf(text, "%s %" G_GINT64_FORMAT " %lld\n",
                               programs[i], (gint64)status.st_size,
                               (long long)status.st_mtime);
    }
    return g_string_free(text, FALSE);
}

// --- Inputs ------------------------------------------------------------------

static char *built(const struct plan_options *options, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

static char *built(const struct plan_options *options, const char *format,
                   ...) {
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *name = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return g_build_filename(options->root, "build", name, NULL);
}

static int compare_names(gconstpointer a, gconstpointer b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_headers(struct job *job, const struct plan_options *options) {
    g_autofree char *name = g_strdup_printf("%s.h", job->exercise->id);
    g_autofree char *path =
        g_build_filename(options->root, job->exercise->header, NULL);
    job_add_input_file(job, name, path);
    g_autofree char *folder =
        g_build_filename(options->root, "exercises", "lib", NULL);
    g_autoptr(GDir) lib = g_dir_open(folder, 0, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *file; lib != NULL && (file = g_dir_read_name(lib));)
        if (g_str_has_suffix(file, ".h"))
            g_ptr_array_add(names, g_strdup(file));
    // A folder's order is no order; the key needs one.
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *inside =
            g_build_filename("lib", names->pdata[i], NULL);
        g_autofree char *outside =
            g_build_filename(folder, names->pdata[i], NULL);
        job_add_input_file(job, inside, outside);
    }
}

static void add_built(struct job *job, const char *name, char *path) {
    job_add_input_file(job, name, path);
    g_free(path);
}

static void add_link_inputs(struct job *job, enum variant variant,
                            const struct plan_options *options) {
    const char *tool = variant_name(variant);
    add_built(job, "suite.o",
              built(options, "suites/%s.%s.o", job->exercise->id, tool));
    add_built(job, "harness.a", built(options, "harness/%s.a", tool));
    add_built(job, "answer_begin.o", built(options, "harness/answer_begin.o"));
    add_built(job, "answer_end.o", built(options, "harness/answer_end.o"));
    g_autofree char *syms = g_build_filename(options->root, "grader", "harness",
                                             "redirect.syms", NULL);
    job_add_input_file(job, "redirect.syms", syms);
}

// The test server goes along where an exercise talks to it.
static void add_server(struct job *job, const struct plan_options *options) {
    if (g_strv_contains((const char *const *)job->exercise->libs, "curl"))
        add_built(job, "wb-server", built(options, "lib/wb-server"));
}

// --- Jobs --------------------------------------------------------------------

static GStrv names(const char *first, const char *second) {
    GStrv list = g_new0(char *, 3);
    list[0] = g_strdup(first);
    list[1] = g_strdup(second);
    return list;
}

static void limit_compiler(struct job *job) {
    job->limits = (struct job_limits){.cpu_ms = 20000,
                                      .wall_ms = 60000,
                                      .output_bytes = 256 * 1024,
                                      .memory_bytes = (int64_t)2 << 30,
                                      .file_bytes = 64 << 20,
                                      .processes = 64};
}

// The harness ends what runs on; these are for when even that fails.
static void limit_run(struct job *job) {
    job->limits = (struct job_limits){.wall_ms = 600000,
                                      .output_bytes = 1 << 20,
                                      .file_bytes = 64 << 20,
                                      .processes = 256};
    job->channel = true;
}

static struct job *new_job(const struct request *request, enum stage stage,
                           const char *what, const char *says) {
    struct job *job = job_new(request->exercise, stage, what);
    g_free(job->name);
    job->name = g_strdup_printf("%s/%s", request->label, what);
    job->says = g_strdup(says);
    return job;
}

static struct job *make_build(const struct request *request,
                              const struct plan_options *options) {
    struct job *job = new_job(request, STAGE_BUILD, "build", "compiling");
    g_autofree char *source = g_strdup_printf("%s.c", request->exercise->id);
    job_add_input_text(job, source, request->source);
    add_headers(job, options);
    add_link_inputs(job, VARIANT_PLAIN, options);
    flags_check_source(job);
    flags_preprocess(job);
    flags_compile_preprocessed(job, VARIANT_PLAIN);
    flags_list_symbols(job);
    flags_isolate(job);
    flags_link(job, VARIANT_PLAIN);
    job->outputs = names("plain", "answer.i");
    job->keep = names("own.i", "symbols.txt");
    limit_compiler(job);
    return job;
}

static struct job *make_plain_run(const struct request *request,
                                  const struct job *build, enum stage stage,
                                  const char *what, const char *says,
                                  const char *valgrind_tool,
                                  const struct plan_options *options) {
    struct job *job = new_job(request, stage, what, says);
    job_add_input_from(job, "plain", build);
    add_server(job, options);
    if (valgrind_tool == NULL)
        flags_run(job, VARIANT_PLAIN);
    else
        flags_valgrind(job, valgrind_tool);
    limit_run(job);
    return job;
}

static struct job *make_sanitized_run(const struct request *request,
                                      const struct job *build,
                                      enum variant variant, enum stage stage,
                                      const char *what, const char *says,
                                      const struct plan_options *options) {
    struct job *job = new_job(request, stage, what, says);
    job_add_input_from(job, "answer.i", build);
    add_link_inputs(job, variant, options);
    add_server(job, options);
    g_autofree char *shows = g_build_filename(
        options->root, "grader", "harness", "stack_objects.awk", NULL);
    if (variant == VARIANT_TSAN)
        job_add_input_file(job, "stack_objects.awk", shows);
    job->writes = true;
    flags_compile_preprocessed(job, variant);
    flags_isolate(job);
    flags_link(job, variant);
    flags_run(job, variant);
    limit_run(job);
    return job;
}

// The program runs under the explorer, and then everything in what that wrote
// is named, where the program's debug information is at hand.
static struct job *make_schedules(const struct request *request,
                                  const struct job *build,
                                  const struct plan_options *options) {
    struct job *job =
        new_job(request, STAGE_SCHEDULES, "schedules", "trying schedules");
    job_add_input_from(job, "answer.i", build);
    // Memory is named after what its allocation is assigned to.
    g_autofree char *file = g_strdup_printf("%s.c", request->exercise->id);
    job_add_input_text(job, file, request->source);
    add_built(job, "suite.o",
              built(options, "suites/%s.explore.o", job->exercise->id));
    add_built(job, "explore.a", built(options, "explore/explore.a"));
    add_built(job, "scenarios.o", built(options, "explore/scenarios.o"));
    add_built(job, "harness.a", built(options, "harness/plain.a"));
    add_built(job, "lockstep", built(options, "release/lockstep"));
    static const char *const sources[] = {"harness/stack_objects.awk",
                                          "explore/redirect.syms"};
    for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
        g_autofree char *name = g_path_get_basename(sources[i]);
        g_autofree char *path =
            g_build_filename(options->root, "grader", sources[i], NULL);
        job_add_input_file(job, name, path);
    }
    job->writes = true;
    flags_compile_explored(job);
    flags_isolate(job);
    flags_link_explored(job);
    flags_explore(job);
    job->keep = names(SCHEDULES_FILE, NULL);
    limit_run(job);
    job->channel = false;
    return job;
}

static struct job *make_speed(const struct request *request,
                              const struct job *build,
                              const struct plan_options *options) {
    struct job *job = make_plain_run(request, build, STAGE_SPEED, "speed",
                                     "measuring", NULL, options);
    char **words = job->steps->pdata[0];
    GStrv with_option = names(words[0], "--speed");
    g_strfreev(words);
    job->steps->pdata[0] = with_option;
    job->alone = true;
    for (int p = PURPOSE_TESTS; p < PURPOSE_SPEED; p++)
        if (request->jobs[p] != NULL)
            g_ptr_array_add(job->after, (gpointer)request->jobs[p]);
    return job;
}

static bool wants(const struct request *request, enum stage stage) {
    return request->exercise->stages[stage] && request->stages[stage];
}

static struct job *make_job(const struct request *request,
                            enum purpose purpose, const struct job *build,
                            const struct plan_options *options) {
    switch (purpose) {
    case PURPOSE_LOCKS:
        return make_plain_run(request, build, STAGE_LOCKS, "locks",
                              "checking locks", "helgrind", options);
    case PURPOSE_MEMCHECK:
        return make_plain_run(request, build, STAGE_MEMORY, "memcheck",
                              "checking memory", "memcheck", options);
    case PURPOSE_SCHEDULES:
        return make_schedules(request, build, options);
    case PURPOSE_RACES:
        return make_sanitized_run(request, build, VARIANT_TSAN, STAGE_RACES,
                                  "races", "looking for races", options);
    case PURPOSE_MEMORY:
        return make_sanitized_run(request, build, VARIANT_ASAN, STAGE_MEMORY,
                                  "memory", "checking memory", options);
    case PURPOSE_SPEED:
        return make_speed(request, build, options);
    default:
        return make_plain_run(request, build, STAGE_TESTS, "tests",
                              "running the tests", NULL, options);
    }
}

static bool wants_purpose(const struct request *request, enum purpose purpose) {
    static const enum stage stages[] = {
        [PURPOSE_TESTS] = STAGE_TESTS,    [PURPOSE_MEMORY] = STAGE_MEMORY,
        [PURPOSE_RACES] = STAGE_RACES,    [PURPOSE_SCHEDULES] = STAGE_SCHEDULES,
        [PURPOSE_LOCKS] = STAGE_LOCKS,    [PURPOSE_MEMCHECK] = STAGE_MEMORY,
        [PURPOSE_SPEED] = STAGE_SPEED,
    };
    return wants(request, stages[purpose]) &&
           (purpose != PURPOSE_MEMCHECK || request->exercise->memcheck);
}

static void add_job(struct request *request, enum purpose purpose,
                    const struct plan_options *options, GPtrArray *jobs) {
    if (request->jobs[purpose] != NULL || !wants_purpose(request, purpose))
        return;
    const struct job *build = request->jobs[PURPOSE_BUILD];
    struct job *job = make_job(request, purpose, build, options);
    if (request->ends_early)
        job->in_turns = build;
    request->jobs[purpose] = job;
    g_ptr_array_add(jobs, job);
}

// Which of them is likely to have a finding of KIND.
static enum purpose likely_purpose(enum finding_kind kind) {
    switch (kind) {
    case FINDING_DATA_RACE:
    case FINDING_THREAD_LEAK:
        return PURPOSE_RACES;
    case FINDING_MEMORY_ERROR:
    case FINDING_MEMORY_LEAK:
    case FINDING_UNDEFINED_BEHAVIOUR:
        return PURPOSE_MEMORY;
    case FINDING_UNINITIALISED_READ:
        return PURPOSE_MEMCHECK;
    default:
        return PURPOSE_TESTS;
    }
}

// The longest first: it decides when the answer is done. But where the first
// finding ends it all, what is likely to have it, and then the cheapest.
static void make_jobs(struct request *request,
                      const struct plan_options *options, GPtrArray *jobs) {
    static const enum purpose longest_first[] = {
        PURPOSE_LOCKS, PURPOSE_MEMCHECK, PURPOSE_SCHEDULES, PURPOSE_RACES,
        PURPOSE_MEMORY, PURPOSE_TESTS};
    struct job *build = make_build(request, options);
    request->jobs[PURPOSE_BUILD] = build;
    g_ptr_array_add(jobs, build);
    if (request->ends_early)
        add_job(request, likely_purpose(request->until), options, jobs);
    gsize count = G_N_ELEMENTS(longest_first);
    for (gsize i = 0; i < count; i++)
        add_job(request,
                longest_first[request->ends_early ? count - 1 - i : i], options,
                jobs);
    add_job(request, PURPOSE_SPEED, options, jobs);
}

struct plan *plan_make(GPtrArray *requests, const struct plan_options *options,
                       GError **error) {
    g_autoptr(GHashTable) memo = key_memo_new();
    struct plan *plan = g_new0(struct plan, 1);
    plan->jobs = g_ptr_array_new_with_free_func((GDestroyNotify)job_free);
    for (guint i = 0; i < requests->len; i++)
        make_jobs(requests->pdata[i], options, plan->jobs);
    for (guint i = 0; i < plan->jobs->len; i++) {
        if (!key_set(plan->jobs->pdata[i], options->tools, memo, error)) {
            g_prefix_error(error, "something that `make` builds is missing "
                                  "(run `make grade`, not lockstep alone): ");
            plan_free(plan);
            return NULL;
        }
    }
    return plan;
}
