// SPDX-License-Identifier: MIT
// One job at a time: how it ended, and that nothing of it is left. Every test
// runs in a sandbox (if one works here) and without.
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test_exec_jobs.h"

// Of the loop tests: 0 in a sandbox, 1 without.
#define WITHOUT (_i == 1)

// Runs one script; the outcome stays valid until the next call.
static const struct outcome *run_job(struct plan *plan, bool without) {
    static GPtrArray *outcomes;
    g_clear_pointer(&outcomes, g_ptr_array_unref);
    outcomes = jobs_run(plan, without);
    plan_free(plan);
    return jobs_outcome(outcomes, outcomes->len - 1);
}

static const struct outcome *run_script(const char *script, bool without) {
    struct plan *plan = jobs_plan();
    jobs_add(plan, "one", script);
    return run_job(plan, without);
}

// Whether a process with WORD in its command line is left on this machine.
static bool is_running(const char *word) {
    g_autofree char *command = g_strdup_printf("pgrep -f '%s'", word);
    return system(command) == 0;
}

START_TEST(exit_status_and_output_are_recorded) {
    const struct outcome *outcome =
        run_script("echo out; echo err >&2; exit 7", WITHOUT);
    assert_end(outcome, OUTCOME_EXITED, 7);
    ck_assert_str_eq(outcome->output, "out\nerr\n");
    ck_assert_int_ge(outcome->wall_ms, 0);
    ck_assert_int_gt(outcome->peak_kb, 0);
}
END_TEST

START_TEST(death_by_signal_is_not_exit_139) {
    assert_end(run_script("kill -SEGV $$", WITHOUT), OUTCOME_SIGNALLED,
               SIGSEGV);
    assert_end(run_script("kill -ABRT $$", WITHOUT), OUTCOME_SIGNALLED,
               SIGABRT);
    assert_end(run_script("kill -KILL $$", WITHOUT), OUTCOME_SIGNALLED,
               SIGKILL);
    assert_end(run_script("kill -INT $$", WITHOUT), OUTCOME_SIGNALLED, SIGINT);
    assert_end(run_script("exit 139", WITHOUT), OUTCOME_EXITED, 139);
    assert_end(run_script("exit 134", WITHOUT), OUTCOME_EXITED, 134);
}
END_TEST

START_TEST(first_failing_step_is_the_last) {
    struct plan *plan = jobs_plan();
    struct job *job = jobs_add(plan, "steps", "echo 1");
    job_add_step(job, "printf", "%s.", "it's $HOME", "a  b", "", "*", NULL);
    job_add_step(job, "false", NULL);
    job_add_step(job, "echo", "never", NULL);
    const struct outcome *outcome = run_job(plan, WITHOUT);
    assert_end(outcome, OUTCOME_EXITED, 1);
    ck_assert_str_eq(outcome->output, "1\nit's $HOME.a  b..*.");
}
END_TEST

START_TEST(missing_program_is_the_graders_trouble) {
    struct plan *plan = jobs_plan();
    struct job *job = jobs_add(plan, "missing", "true");
    job_add_step(job, "no-such-program", "x", NULL);
    const struct outcome *outcome = run_job(plan, WITHOUT);
    assert_end(outcome, OUTCOME_TROUBLE, 0);
    ck_assert_msg(strstr(outcome->trouble, "no-such-program") != NULL, "%s",
                  outcome->trouble);
}
END_TEST

START_TEST(exit_127_of_a_program_is_no_trouble) {
    assert_end(run_script("exit 127", WITHOUT), OUTCOME_EXITED, 127);
}
END_TEST

START_TEST(environment_is_ours_alone) {
    g_setenv("LOCKSTEP_TEST_SECRET", "x", TRUE);
    struct plan *plan = jobs_plan();
    struct job *job = jobs_add(plan, "environment",
                               "echo $PATH,$HOME,$LC_ALL,$OWN,"
                               "$LOCKSTEP_TEST_SECRET; umask; ulimit -c");
    jobs_set(&job->environment, "OWN=a b");
    ck_assert_str_eq(run_job(plan, WITHOUT)->output,
                     "/usr/bin:/bin:/usr/lib/llvm-14/bin,/tmp,C.UTF-8,a b,\n"
                     "0022\n0\n");
}
END_TEST

START_TEST(no_descriptor_is_inherited) {
    int mine = dup2(STDOUT_FILENO, 37); // without O_CLOEXEC
    const struct outcome *outcome =
        run_script("cat; for n in 0 1 2 3 4 5 6 7 8 9 10 11 12 37; do "
                   "[ -e /proc/$$/fd/$n ] && echo $n; done; true",
                   WITHOUT);
    close(mine);
    // dash keeps the script's redirections, if any, above 9: none here.
    ck_assert_str_eq(outcome->output, "0\n1\n2\n");
}
END_TEST

START_TEST(deadline_kills_what_has_stopped_itself) {
    struct plan *plan = jobs_plan();
    struct job *job = jobs_add(plan, "stop", "kill -STOP $$");
    job->limits.wall_ms = 300;
    const struct outcome *outcome = run_job(plan, WITHOUT);
    assert_end(outcome, OUTCOME_DEADLINE, 0);
    ck_assert_int_ge(outcome->wall_ms, 300);
}
END_TEST

START_TEST(deadline_kills_what_ignores_all_signals) {
    struct plan *plan = jobs_plan();
    struct job *job = jobs_add(
        plan, "ignore", "trap '' HUP INT TERM XCPU; echo on; sleep 1000; :");
    job->limits.wall_ms = 300;
    const struct outcome *outcome = run_job(plan, WITHOUT);
    assert_end(outcome, OUTCOME_DEADLINE, 0);
    ck_assert_str_eq(outcome->output, "on\n");
}
END_TEST

START_TEST(daemon_ends_with_its_job) {
    // It holds the output pipe as well, and the job does not wait for it.
    const struct outcome *outcome = run_script(
        "(setsid sh -c 'trap \"\" TERM; sleep 98765' & ) & echo started",
        WITHOUT);
    assert_end(outcome, OUTCOME_EXITED, 0);
    ck_assert_int_lt(outcome->wall_ms, 50000);
    ck_assert_msg(!is_running("[s]leep 98765"), "the daemon lives");
}
END_TEST

START_TEST(output_is_capped) {
    struct plan *plan = jobs_plan();
    struct job *job = jobs_add(plan, "flood", "yes");
    job->limits.output_bytes = 1000;
    const struct outcome *outcome = run_job(plan, WITHOUT);
    assert_end(outcome, OUTCOME_OUTPUT, 0);
    ck_assert(outcome->output_capped);
    ck_assert_uint_eq(strlen(outcome->output), 1000);
}
END_TEST

START_TEST(output_up_to_the_cap_is_kept) {
    struct plan *plan = jobs_plan();
    struct job *job =
        jobs_add(plan, "much", "head -c 300000 /dev/zero | tr '\\0' a");
    job->limits.output_bytes = 300000;
    const struct outcome *outcome = run_job(plan, WITHOUT);
    assert_end(outcome, OUTCOME_EXITED, 0);
    ck_assert(!outcome->output_capped);
    ck_assert_uint_eq(strlen(outcome->output), 300000);
}
END_TEST

START_TEST(output_becomes_utf8) {
    const struct outcome *outcome =
        run_script("printf 'a\\377b\\0c\\033d'", WITHOUT);
    ck_assert_str_eq(outcome->output, "a\xef\xbf\xbd"
                                      "b\xef\xbf\xbd"
                                      "c\033d");
}
END_TEST

START_TEST(cpu_limit_is_kept) {
    struct plan *plan = jobs_plan();
    struct job *job = jobs_add(plan, "spin", "while :; do :; done");
    job->limits.cpu_ms = 1000;
    const struct outcome *outcome = run_job(plan, WITHOUT);
    assert_end(outcome, OUTCOME_SIGNALLED, SIGXCPU);
    ck_assert_msg(outcome->cpu_ms >= 500 && outcome->cpu_ms < 3000, "%s",
                  jobs_tell(outcome));
}
END_TEST

START_TEST(memory_limit_is_kept) {
    struct plan *plan = jobs_plan();
    struct job *job = jobs_add(plan, "memory",
                               "dd if=/dev/zero of=/dev/null bs=500M count=1");
    job->limits.memory_bytes = 200 << 20;
    const struct outcome *outcome = run_job(plan, WITHOUT);
    ck_assert_msg(outcome->end == OUTCOME_EXITED && outcome->code == 1, "%s",
                  jobs_tell(outcome));
    ck_assert_int_lt(outcome->peak_kb, 220 * 1024);
}
END_TEST

START_TEST(file_size_limit_is_kept) {
    struct plan *plan = jobs_plan();
    struct job *job = jobs_add(plan, "file", "true");
    job_add_step(job, "dd", "if=/dev/zero", "of=big", "bs=1M", "count=9", NULL);
    jobs_set(&job->outputs, "big");
    job->limits.file_bytes = 4 << 20;
    assert_end(run_job(plan, WITHOUT), OUTCOME_SIGNALLED, SIGXFSZ);
}
END_TEST

START_TEST(fork_bomb_is_bounded) {
    struct plan *plan = jobs_plan();
    struct job *job =
        jobs_add(plan, "bomb", "b() { sleep 9876 & b & b & wait; }; b");
    job->limits.wall_ms = 1500;
    job->limits.processes = 30;
    const struct outcome *outcome = run_job(plan, WITHOUT);
    ck_assert_msg(strstr(outcome->output, "Cannot fork") != NULL, "%s",
                  jobs_tell(outcome));
    ck_assert_msg(!is_running("[s]leep 9876"), "something of it lives");
}
END_TEST

START_TEST(kept_files_are_in_the_outcome) {
    struct plan *plan = jobs_plan();
    struct job *job = jobs_add(
        plan, "keep",
        "echo text >a.txt; mkdir d; printf 'x\\377' >d/b; ln -s /etc/passwd l;"
        "mkfifo f; mkdir e; chmod 0 e");
    jobs_set(&job->keep, "a.txt;d/b;l;f;missing;../1/a.txt;e;d");
    const struct outcome *outcome = run_job(plan, WITHOUT);
    assert_end(outcome, OUTCOME_EXITED, 0);
    ck_assert_str_eq(g_hash_table_lookup(outcome->files, "a.txt"), "text\n");
    ck_assert_str_eq(g_hash_table_lookup(outcome->files, "d/b"),
                     "x\xef\xbf\xbd");
    ck_assert_uint_eq(g_hash_table_size(outcome->files), 2);
}
END_TEST

START_TEST(inputs_are_laid_out_and_outputs_handed_on) {
    g_autofree char *folder = g_dir_make_tmp("a b ü'XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "my file ö.c", NULL);
    ck_assert(g_file_set_contents(path, "content\n", -1, NULL));
    struct plan *plan = jobs_plan();
    struct job *first =
        jobs_add(plan, "make",
                 "cat lib/a.txt b.txt >out; cp /bin/true 'my prog'; "
                 "echo more >>lib/a.txt; mv b.txt lib/");
    job_add_input_text(first, "lib/a.txt", "text\n");
    job_add_input_file(first, "b.txt", path);
    jobs_set(&first->outputs, "out;my prog");
    struct job *second =
        jobs_add(plan, "use", "cat out; './my prog' && echo good");
    job_add_input_from(second, "out", first);
    job_add_input_from(second, "my prog", first);
    const struct outcome *outcome = run_job(plan, WITHOUT);
    assert_end(outcome, OUTCOME_EXITED, 0);
    ck_assert_str_eq(outcome->output, "text\ncontent\ngood\n");
    unlink(path);
    rmdir(folder);
}
END_TEST

START_TEST(only_regular_files_are_inputs) {
    g_autofree char *folder = g_dir_make_tmp("lockstep-testXXXXXX", NULL);
    g_autofree char *link = g_build_filename(folder, "link", NULL);
    g_autofree char *fifo = g_build_filename(folder, "fifo", NULL);
    g_autofree char *gone = g_build_filename(folder, "gone", NULL);
    ck_assert_int_eq(symlink("/etc/passwd", link), 0);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    const char *paths[] = {link, fifo, folder, "/dev/null", gone};
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
        struct plan *plan = jobs_plan();
        struct job *job = jobs_add(plan, "input", "cat x");
        job_add_input_file(job, "x", paths[i]);
        const struct outcome *outcome = run_job(plan, WITHOUT);
        assert_end(outcome, OUTCOME_TROUBLE, 0);
        ck_assert_msg(strstr(outcome->trouble, paths[i]) != NULL, "%s",
                      outcome->trouble);
    }
    unlink(link);
    unlink(fifo);
    rmdir(folder);
}
END_TEST

START_TEST(job_without_outputs_cannot_write) {
    if (!exec_sandbox_works(NULL))
        return;
    const struct outcome *outcome = run_script(
        "for f in ./x /x /usr/x /etc/x /dev/x; do (echo a >$f) 2>/dev/null && "
        "echo wrote $f; done; echo a >/tmp/x && echo a >/dev/shm/x && "
        "cat /tmp/x; head -c 20000000 /dev/zero 2>/dev/null >/dev/shm/y || "
        "echo full",
        false);
    ck_assert_str_eq(outcome->output, "a\nfull\n");
}
END_TEST

START_TEST(sandbox_reaps_orphans) {
    if (!exec_sandbox_works(NULL))
        return;
    const struct outcome *outcome =
        run_script("(setsid true &); (sleep 0.05 &); sleep 0.3; "
                   "cat /proc/[0-9]*/status | grep -c 'State:.Z'; "
                   "(kill -KILL -1); echo never",
                   false);
    assert_end(outcome, OUTCOME_SIGNALLED, SIGKILL);
    ck_assert_str_eq(outcome->output, "0\n");
}
END_TEST

START_TEST(sandbox_shows_nothing_of_the_machine) {
    if (!exec_sandbox_works(NULL))
        return;
    const struct outcome *outcome = run_script(
        "hostname; ls -A / /box; echo /etc/*; ls /proc | grep -c '^[0-9]'; "
        "grep -c : /proc/net/dev; grep CapEff /proc/self/status; "
        "getent ahosts localhost | head -1; unshare -U true 2>/dev/null || "
        "echo no unshare",
        false);
    ck_assert_msg(
        g_str_has_prefix(outcome->output, "box\n/:\nbin\nbox\ndev\netc\nlib") &&
            strstr(outcome->output, "root") == NULL &&
            strstr(outcome->output, "/etc/passwd") == NULL &&
            strstr(outcome->output, "CapEff:\t0000000000000000\n") != NULL &&
            strstr(outcome->output, "no unshare\n") != NULL &&
            strstr(outcome->output, "127.0.0.1 ") != NULL,
        "%s", outcome->output);
}
END_TEST

START_TEST(sanitizers_and_valgrind_work) {
    static const char program[] =
        "#include <pthread.h>\n#include <stdlib.h>\nint n;\n"
        "static void *f(void *a) { n++; return a; }\n"
        "int main(int c, char **v) { pthread_t a, b; (void)v;\n"
        "  if (c > 1) { char *volatile p = malloc(9); p = 0; return !!p; }\n"
        "  pthread_create(&a, 0, f, 0); pthread_create(&b, 0, f, 0);\n"
        "  pthread_join(a, 0); pthread_join(b, 0); return 0; }\n";
    struct plan *plan = jobs_plan();
    struct job *build = jobs_add(plan, "build", "true");
    job_add_input_text(build, "t.c", program);
    job_add_step(build, "clang", "-g", "-gdwarf-4", "-fsanitize=thread", "t.c",
                 "-o", "tsan", NULL);
    job_add_step(build, "clang", "-g", "-gdwarf-4", "-fsanitize=address", "t.c",
                 "-o", "asan", NULL);
    job_add_step(build, "clang", "-g", "-gdwarf-4", "t.c", "-o", "plain", NULL);
    jobs_set(&build->outputs, "tsan;asan;plain");
    struct job *tsan = jobs_add(plan, "tsan", "./tsan; echo $?");
    job_add_input_from(tsan, "tsan", build);
    struct job *asan = jobs_add(plan, "asan", "./asan x; echo $?");
    job_add_input_from(asan, "asan", build);
    struct job *valgrind =
        jobs_add(plan, "valgrind", "valgrind -q --tool=helgrind ./plain");
    job_add_input_from(valgrind, "plain", build);
    valgrind->wants_jit = true;
    g_autoptr(GPtrArray) outcomes = jobs_run(plan, WITHOUT);
    assert_end(jobs_outcome(outcomes, 0), OUTCOME_EXITED, 0);
    static const char *const words[] = {"", "data race", "LeakSanitizer",
                                        "Possible data race"};
    for (guint i = 1; i < 4; i++)
        ck_assert_msg(strstr(jobs_outcome(outcomes, i)->output, words[i]) !=
                          NULL,
                      "%s", jobs_tell(jobs_outcome(outcomes, i)));
    plan_free(plan);
}
END_TEST

START_TEST(nothing_is_left_in_the_scratch_folder) {
    g_autofree char *folder = g_dir_make_tmp("x yXXXXXX", NULL);
    chmod(folder, 0755);
    // One of a run that was killed at once.
    g_autofree char *dead =
        g_build_filename(folder, "lockstep-scratch-dead", NULL);
    ck_assert_int_eq(mkdir(dead, 0700), 0);
    g_setenv("TMPDIR", folder, TRUE);
    assert_end(run_script("pwd", WITHOUT), OUTCOME_EXITED, 0);
    g_unsetenv("TMPDIR");
    ck_assert_msg(rmdir(folder) == 0, "something is left in %s", folder);
}
END_TEST

START_TEST(no_stranger_is_taken_for_a_leftover) {
    g_autofree char *folder = g_dir_make_tmp("xXXXXXX", NULL);
    chmod(folder, 0755);
    static const char *const names[] = {"lockstep", "lockstep-x",
                                        "lockstep-scratch-x"};
    g_setenv("TMPDIR", folder, TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *own = g_build_filename(folder, names[i], "a", NULL);
        ck_assert_int_eq(g_mkdir_with_parents(own, 0700), 0);
    }
    assert_end(run_script("pwd", false), OUTCOME_EXITED, 0);
    g_unsetenv("TMPDIR");
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *own = g_build_filename(folder, names[i], "a", NULL);
        g_autofree char *parent = g_path_get_dirname(own);
        ck_assert_msg(rmdir(own) == 0 && rmdir(parent) == 0, "%s is gone", own);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("exec/run");
    TCase *both = tcase_create("with and without a sandbox");
    tcase_set_timeout(both, 120);
    const TTest *const looped[] = {
        exit_status_and_output_are_recorded,
        death_by_signal_is_not_exit_139,
        first_failing_step_is_the_last,
        missing_program_is_the_graders_trouble,
        exit_127_of_a_program_is_no_trouble,
        environment_is_ours_alone,
        no_descriptor_is_inherited,
        deadline_kills_what_has_stopped_itself,
        deadline_kills_what_ignores_all_signals,
        daemon_ends_with_its_job,
        output_is_capped,
        output_up_to_the_cap_is_kept,
        output_becomes_utf8,
        cpu_limit_is_kept,
        memory_limit_is_kept,
        file_size_limit_is_kept,
        fork_bomb_is_bounded,
        kept_files_are_in_the_outcome,
        inputs_are_laid_out_and_outputs_handed_on,
        only_regular_files_are_inputs,
        sanitizers_and_valgrind_work,
        nothing_is_left_in_the_scratch_folder,
    };
    for (size_t i = 0; i < G_N_ELEMENTS(looped); i++)
        tcase_add_loop_test(both, looped[i], exec_sandbox_works(NULL) ? 0 : 1,
                            2);
    tcase_add_test(both, job_without_outputs_cannot_write);
    tcase_add_test(both, no_stranger_is_taken_for_a_leftover);
    tcase_add_test(both, sandbox_reaps_orphans);
    tcase_add_test(both, sandbox_shows_nothing_of_the_machine);
    suite_add_tcase(suite, both);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
