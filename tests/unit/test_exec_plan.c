// SPDX-License-Identifier: MIT
// Many jobs: order, what is not run, saved outcomes, interruption.
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test_exec_jobs.h"

// What was told during a run: "+a" for on_start, "-a" for on_end, "=a" for the
// end of one found saved.
struct log {
    GString *text;
    int running, most;
};

static void log_name(struct log *log, char mark, const struct job *job) {
    g_string_append_printf(log->text, "%c%s ", mark, job->name + 2);
}

static void on_start(const struct job *job, void *data) {
    struct log *log = data;
    log->running++;
    log->most = MAX(log->most, log->running);
    log_name(log, '+', job);
}

static void on_end(const struct job *job, const struct outcome *outcome,
                   void *data) {
    struct log *log = data;
    log->running -= outcome->end != OUTCOME_NOT_RUN && !outcome->cached;
    log_name(log, outcome->cached ? '=' : '-', job);
}

// One run of PLAN; *TEXT, if not NULL, is what was told.
static GPtrArray *run_plan(const struct plan *plan, int slots,
                           const char *cache, struct log *log) {
    struct exec_options options = {.slots = slots,
                                   .use_cache = true,
                                   .cache = cache,
                                   .on_start = on_start,
                                   .on_end = on_end,
                                   .data = log};
    if (log->text == NULL)
        log->text = g_string_new(NULL);
    g_string_truncate(log->text, 0);
    log->running = log->most = 0;
    GPtrArray *outcomes = exec_run(plan, &options);
    ck_assert_ptr_nonnull(outcomes);
    return outcomes;
}

static void remove_tree(const char *path) {
    char *argv[] = {"rm", "-rf", "--", (char *)path, NULL};
    g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                 NULL, NULL);
}

START_TEST(jobs_run_side_by_side_up_to_the_slots) {
    struct log log = {0};
    struct plan *plan = jobs_plan();
    for (int i = 0; i < 6; i++) {
        g_autofree char *name = g_strdup_printf("%d", i);
        jobs_add(plan, name, "sleep 0.2");
    }
    g_ptr_array_unref(run_plan(plan, 3, NULL, &log));
    ck_assert_int_eq(log.most, 3);
    ck_assert_msg(g_str_has_prefix(log.text->str, "+0 +1 +2 "), "%s",
                  log.text->str);
    plan_free(plan);
}
END_TEST

START_TEST(what_needs_a_failed_job_is_not_run) {
    struct log log = {0};
    struct plan *plan = jobs_plan();
    struct job *good = jobs_add(plan, "good", "true");
    struct job *bad = jobs_add(plan, "bad", "exit 3");
    struct job *next = jobs_add(plan, "next", "true");
    struct job *last = jobs_add(plan, "last", "true");
    struct job *other = jobs_add(plan, "other", "true");
    g_ptr_array_add(next->after, good);
    g_ptr_array_add(next->after, bad);
    g_ptr_array_add(last->after, next);
    g_ptr_array_add(other->after, good);
    g_autoptr(GPtrArray) outcomes = run_plan(plan, 2, NULL, &log);
    assert_end(jobs_outcome(outcomes, 0), OUTCOME_EXITED, 0);
    assert_end(jobs_outcome(outcomes, 1), OUTCOME_EXITED, 3);
    for (guint i = 2; i < 4; i++) {
        assert_end(jobs_outcome(outcomes, i), OUTCOME_NOT_RUN, 0);
        ck_assert_str_eq(jobs_outcome(outcomes, i)->trouble,
                         "'x/bad', which it needs, did not succeed.");
    }
    assert_end(jobs_outcome(outcomes, 4), OUTCOME_EXITED, 0);
    plan_free(plan);
}
END_TEST

static bool is_good(const struct job *job, const struct outcome *outcome,
                    void *data) {
    log_name(data, '?', job);
    return strcmp(outcome->output, "good\n") == 0;
}

START_TEST(who_runs_the_plan_may_say_that_a_job_did_not_go_well) {
    struct log log = {.text = g_string_new(NULL)};
    struct plan *plan = jobs_plan();
    struct job *good = jobs_add(plan, "good", "echo good");
    struct job *bad = jobs_add(plan, "bad", "echo bad");
    struct job *worse = jobs_add(plan, "worse", "echo good; false");
    g_ptr_array_add(jobs_add(plan, "a", "true")->after, good);
    g_ptr_array_add(jobs_add(plan, "b", "true")->after, bad);
    g_ptr_array_add(jobs_add(plan, "c", "true")->after, worse);
    struct exec_options options = {
        .slots = 1, .is_good = is_good, .data = &log};
    g_autoptr(GPtrArray) outcomes = exec_run(plan, &options);
    ck_assert_str_eq(log.text->str, "?good ?bad ");
    assert_end(jobs_outcome(outcomes, 3), OUTCOME_EXITED, 0);
    assert_end(jobs_outcome(outcomes, 4), OUTCOME_NOT_RUN, 0);
    assert_end(jobs_outcome(outcomes, 5), OUTCOME_NOT_RUN, 0);
    plan_free(plan);
}
END_TEST

struct known {
    bool found; // by the job called "finds"
};

static void find(const struct job *job, const struct outcome *outcome,
                 void *data) {
    struct known *known = data;
    (void)job;
    known->found |= strcmp(outcome->output, "found\n") == 0;
}

static bool is_known(const struct job *job, void *data) {
    const struct known *known = data;
    (void)job;
    return known->found;
}

START_TEST(what_nobody_waits_for_any_more_is_not_run) {
    struct known known = {false};
    struct plan *plan = jobs_plan();
    jobs_add(plan, "first", "echo nothing");
    jobs_add(plan, "finds", "echo found");
    jobs_add(plan, "moot", "true");
    struct exec_options options = {
        .slots = 1, .is_moot = is_known, .on_outcome = find, .data = &known};
    g_autoptr(GPtrArray) outcomes = exec_run(plan, &options);
    assert_end(jobs_outcome(outcomes, 0), OUTCOME_EXITED, 0);
    assert_end(jobs_outcome(outcomes, 1), OUTCOME_EXITED, 0);
    assert_end(jobs_outcome(outcomes, 2), OUTCOME_NOT_RUN, 0);
    plan_free(plan);
}
END_TEST

START_TEST(jobs_in_turns_never_run_at_the_same_time) {
    struct log log = {0};
    struct plan *plan = jobs_plan();
    const struct job *first = jobs_add(plan, "first", "true");
    jobs_add(plan, "a", "sleep 0.05")->in_turns = first;
    jobs_add(plan, "b", "sleep 0.05")->in_turns = first;
    jobs_add(plan, "c", "sleep 0.2");
    g_ptr_array_unref(run_plan(plan, 4, NULL, &log));
    const char *text = log.text->str;
    ck_assert_msg(strstr(text, "+b") > strstr(text, "-a"), "%s", text);
    ck_assert_msg(strstr(text, "+c") < strstr(text, "-a"), "%s", text);
    plan_free(plan);
}
END_TEST

START_TEST(measurement_runs_alone_and_last) {
    struct log log = {0};
    struct plan *plan = jobs_plan();
    jobs_add(plan, "a", "sleep 0.05")->alone = true;
    jobs_add(plan, "b", "sleep 0.05");
    jobs_add(plan, "c", "sleep 0.05");
    jobs_add(plan, "d", "sleep 0.05")->alone = true;
    g_ptr_array_unref(run_plan(plan, 4, NULL, &log));
    ck_assert_msg(g_str_has_prefix(log.text->str, "+b +c -") &&
                      g_str_has_suffix(log.text->str, "+a -a +d -d "),
                  "%s", log.text->str);
    plan_free(plan);
}
END_TEST

// build makes a file that use takes; both are saved after one run.
static struct plan *cached_plan(const char *build_key, const char *use_key) {
    struct plan *plan = jobs_plan();
    struct job *build = jobs_add(plan, "build", "echo made; echo made >out");
    jobs_set(&build->outputs, "out");
    struct job *use = jobs_add(plan, "use", "cat out; exit 5");
    job_add_input_from(use, "out", build);
    struct job *other = jobs_add(plan, "other", "echo other");
    g_ptr_array_add(other->after, build);
    const char *keys[] = {build_key, use_key, "0c"};
    for (guint i = 0; i < 3; i++) {
        struct job *job = g_ptr_array_index(plan->jobs, i);
        job->cacheable = true;
        g_free(job->key);
        job->key =
            g_compute_checksum_for_string(G_CHECKSUM_SHA256, keys[i], -1);
    }
    return plan;
}

START_TEST(saved_outcomes_are_used_and_files_made_again_when_needed) {
    struct log log = {0};
    g_autofree char *cache = g_dir_make_tmp("lockstep-cacheXXXXXX", NULL);
    struct plan *plan = cached_plan("0a", "0b");
    g_ptr_array_unref(run_plan(plan, 1, cache, &log));
    ck_assert_str_eq(log.text->str, "+build -build +use -use +other -other ");

    // All is there: nothing runs, a failure stays a failure.
    g_autoptr(GPtrArray) again = run_plan(plan, 1, cache, &log);
    ck_assert_str_eq(log.text->str, "=build =use =other ");
    assert_end(jobs_outcome(again, 1), OUTCOME_EXITED, 5);
    ck_assert_str_eq(jobs_outcome(again, 1)->output, "made\n");
    ck_assert(jobs_outcome(again, 0)->cached);
    plan_free(plan);

    // The user is new: the builder runs again for its file.
    plan = cached_plan("0a", "1b");
    g_autoptr(GPtrArray) changed = run_plan(plan, 1, cache, &log);
    ck_assert_str_eq(log.text->str, "=other +build -build +use -use ");
    ck_assert_str_eq(jobs_outcome(changed, 1)->output, "made\n");
    ck_assert(!jobs_outcome(changed, 0)->cached);
    plan_free(plan);

    // The builder is new, the user's outcome is there: no need for the file.
    plan = cached_plan("1a", "0b");
    g_ptr_array_unref(run_plan(plan, 1, cache, &log));
    ck_assert_str_eq(log.text->str, "=use =other +build -build ");
    plan_free(plan);
    remove_tree(cache);
}
END_TEST

START_TEST(uncacheable_job_runs_always) {
    struct log log = {0};
    g_autofree char *cache = g_dir_make_tmp("lockstep-cacheXXXXXX", NULL);
    struct plan *plan = cached_plan("0a", "0b");
    ((struct job *)g_ptr_array_index(plan->jobs, 1))->cacheable = false;
    g_ptr_array_unref(run_plan(plan, 2, cache, &log));
    g_ptr_array_unref(run_plan(plan, 2, cache, &log));
    ck_assert_str_eq(log.text->str, "=other +build -build +use -use ");
    plan_free(plan);
    remove_tree(cache);
}
END_TEST

START_TEST(files_are_not_made_for_a_job_that_will_not_run) {
    struct log log = {0};
    g_autofree char *cache = g_dir_make_tmp("lockstep-cacheXXXXXX", NULL);
    struct plan *plan = cached_plan("0a", "0b");
    g_ptr_array_unref(run_plan(plan, 1, cache, &log));
    plan_free(plan);
    // A new user, which waits for something that fails: on one slot the first
    // run comes first, and then there is no need.
    plan = cached_plan("0a", "1b");
    struct job *bad = jobs_add(plan, "bad", "false");
    struct job *use = g_ptr_array_steal_index(plan->jobs, 1);
    g_ptr_array_add(use->after, bad);
    g_ptr_array_add(plan->jobs, use);
    g_ptr_array_unref(run_plan(plan, 1, cache, &log));
    ck_assert_str_eq(log.text->str, "=other +bad =build -bad -use ");
    plan_free(plan);
    remove_tree(cache);
}
END_TEST

START_TEST(damaged_saved_outcome_is_run_again) {
    struct log log = {0};
    g_autofree char *cache = g_dir_make_tmp("lockstep-cacheXXXXXX", NULL);
    struct plan *plan = cached_plan("0a", "0b");
    g_ptr_array_unref(run_plan(plan, 1, cache, &log));
    const char *key = ((struct job *)g_ptr_array_index(plan->jobs, 2))->key;
    g_autofree char *file = g_strdup_printf("%s/%.2s/%s.json", cache, key, key);
    ck_assert_int_eq(truncate(file, 60), 0);
    g_ptr_array_unref(run_plan(plan, 1, cache, &log));
    ck_assert_str_eq(log.text->str, "=build =use +other -other ");
    plan_free(plan);
    remove_tree(cache);
}
END_TEST

START_TEST(output_that_was_not_made_is_trouble) {
    struct log log = {0};
    struct plan *plan = jobs_plan();
    struct job *build = jobs_add(plan, "build", "true");
    jobs_set(&build->outputs, "out");
    job_add_input_from(jobs_add(plan, "use", "cat out"), "out", build);
    g_autoptr(GPtrArray) outcomes = run_plan(plan, 2, NULL, &log);
    assert_end(jobs_outcome(outcomes, 1), OUTCOME_TROUBLE, 0);
    plan_free(plan);
}
END_TEST

// --- Interruption ----------------------------------------------------------

static void interrupt(const struct job *job, void *data) {
    (void)job;
    raise(*(int *)data);
}

START_TEST(interruption_kills_all_and_leaves_nothing) {
    static const int numbers[] = {SIGINT, SIGTERM};
    int number = numbers[_i % 2];
    g_autofree char *folder = g_dir_make_tmp("lockstep-testXXXXXX", NULL);
    chmod(folder, 0755);
    g_setenv("TMPDIR", folder, TRUE);
    struct plan *plan = jobs_plan();
    jobs_add(plan, "a", "sleep 87654");
    jobs_add(plan, "b", "setsid sleep 87654");
    jobs_add(plan, "c", "sleep 87654");
    struct exec_options options = {.slots = 2,
                                   .no_sandbox = _i >= 2,
                                   .on_start = interrupt,
                                   .data = &number};
    ck_assert_ptr_null(exec_run(plan, &options));
    ck_assert_int_ne(system("pgrep -f '[s]leep 87654'"), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    // The signals are the caller's again.
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    ck_assert(!sigismember(&blocked, number));
    plan_free(plan);
}
END_TEST

static void die_at_last(const struct job *job, void *data) {
    (void)data;
    if (strcmp(job->name, "x/last") == 0)
        raise(SIGKILL);
}

START_TEST(grader_that_is_killed_takes_its_jobs_along) {
    g_autofree char *folder = g_dir_make_tmp("lockstep-testXXXXXX", NULL);
    chmod(folder, 0755);
    g_setenv("TMPDIR", folder, TRUE);
    pid_t grader = fork();
    if (grader == 0) {
        struct plan *plan = jobs_plan();
        jobs_add(plan, "a", "sleep 76543");
        struct job *first = jobs_add(plan, "first", "true");
        g_ptr_array_add(jobs_add(plan, "last", "true")->after, first);
        struct exec_options options = {.slots = 2, .on_start = die_at_last};
        exec_run(plan, &options);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(grader, &status, 0), grader);
    ck_assert(WIFSIGNALED(status));
    for (int i = 0; i < 500 && system("pgrep -f '[s]leep 76543'") == 0; i++)
        g_usleep(10000);
    ck_assert_int_ne(system("pgrep -f '[s]leep 76543'"), 0);
    // What it could not remove the next run does.
    struct plan *plan = jobs_plan();
    jobs_add(plan, "a", "true");
    g_ptr_array_unref(jobs_run(plan, false));
    plan_free(plan);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

// --- Users and disks -------------------------------------------------------

START_TEST(it_works_for_an_ordinary_user) {
    if (geteuid() != 0)
        return;
    uid_t user = 64321;
    ck_assert_int_eq(setgroups(0, NULL), 0);
    ck_assert_int_eq(setresgid(user, user, user), 0);
    ck_assert_int_eq(setresuid(user, user, user), 0);
    struct plan *plan = jobs_plan();
    struct job *build = jobs_add(plan, "build", "id -u >out; ulimit -p");
    jobs_set(&build->outputs, "out");
    job_add_input_from(jobs_add(plan, "use", "cat out; mkdir x"), "out", build);
    g_autoptr(GPtrArray) outcomes = jobs_run(plan, _i == 1);
    assert_end(jobs_outcome(outcomes, 0), OUTCOME_EXITED, 0);
    ck_assert_msg(
        g_str_has_prefix(jobs_outcome(outcomes, 1)->output, "64321\n"), "%s",
        jobs_tell(jobs_outcome(outcomes, 1)));
    plan_free(plan);
}
END_TEST

START_TEST(root_never_runs_a_job_as_root) {
    if (geteuid() != 0)
        return;
    struct plan *plan = jobs_plan();
    jobs_add(plan, "a", "id -u; id -G; cat /etc/shadow");
    g_autoptr(GPtrArray) outcomes = jobs_run(plan, _i == 1);
    int user = atoi(jobs_outcome(outcomes, 0)->output);
    ck_assert_msg(user >= 60000 && user < 65000, "%s",
                  jobs_tell(jobs_outcome(outcomes, 0)));
    ck_assert_ptr_null(strstr(jobs_outcome(outcomes, 0)->output, "root"));
    plan_free(plan);
}
END_TEST

START_TEST(full_disk_is_trouble_and_says_so) {
    g_autofree char *folder = g_dir_make_tmp("lockstep-testXXXXXX", NULL);
    if (geteuid() != 0 ||
        mount("none", folder, "tmpfs", 0, "size=1M,mode=755") != 0) {
        rmdir(folder);
        return;
    }
    g_setenv("TMPDIR", folder, TRUE);
    g_autofree char *text = g_strnfill(2 << 20, 'x');
    struct plan *plan = jobs_plan();
    job_add_input_text(jobs_add(plan, "input", "true"), "big", text);
    jobs_set(&jobs_add(plan, "output", "cat /dev/zero >out")->outputs, "out");
    g_autoptr(GPtrArray) outcomes = jobs_run(plan, _i == 1);
    umount(folder);
    rmdir(folder);
    for (guint i = 0; i < 2; i++) {
        assert_end(jobs_outcome(outcomes, i), OUTCOME_TROUBLE, 0);
        ck_assert_msg(
            strcasestr(jobs_outcome(outcomes, i)->trouble, "no space"), "%s",
            jobs_outcome(outcomes, i)->trouble);
    }
    plan_free(plan);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("exec/plan");
    TCase *all = tcase_create("all");
    int first = exec_sandbox_works(NULL) ? 0 : 1;
    tcase_set_timeout(all, 60);
    tcase_add_test(all, jobs_run_side_by_side_up_to_the_slots);
    tcase_add_test(all, what_needs_a_failed_job_is_not_run);
    tcase_add_test(all, who_runs_the_plan_may_say_that_a_job_did_not_go_well);
    tcase_add_test(all, what_nobody_waits_for_any_more_is_not_run);
    tcase_add_test(all, jobs_in_turns_never_run_at_the_same_time);
    tcase_add_test(all, measurement_runs_alone_and_last);
    tcase_add_test(all,
                   saved_outcomes_are_used_and_files_made_again_when_needed);
    tcase_add_test(all, uncacheable_job_runs_always);
    tcase_add_test(all, files_are_not_made_for_a_job_that_will_not_run);
    tcase_add_test(all, damaged_saved_outcome_is_run_again);
    tcase_add_test(all, output_that_was_not_made_is_trouble);
    tcase_add_loop_test(all, interruption_kills_all_and_leaves_nothing,
                        first * 2, 4);
    tcase_add_test(all, grader_that_is_killed_takes_its_jobs_along);
    tcase_add_loop_test(all, it_works_for_an_ordinary_user, first, 2);
    tcase_add_loop_test(all, root_never_runs_a_job_as_root, first, 2);
    tcase_add_loop_test(all, full_disk_is_trouble_and_says_so, first, 2);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
