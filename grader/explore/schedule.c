// SPDX-License-Identifier: MIT
#include "explore/schedule.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explore/host.h"
#include "explore/process.h"
#include "explore/shared.h"
#include "explore/threads.h"

struct shared *shared;
struct result *result;
const struct order *order;

static unsigned scenario_now;
static bool has_returned;

static int run_host(int count, char **arguments) {
    int status = explore_host.run(scenario_now, count, arguments);
    has_returned = true;
    return status;
}

bool process_may_end(void) {
    return explore_host.may_exit || has_returned;
}

// The process of a schedule, from here to its end.
static _Noreturn void become_schedule(unsigned slot, unsigned scenario,
                                      bool tracing) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    result = &shared->results[slot];
    order = &shared->orders[slot];
    scenario_now = scenario;
    run.ignore_races = settings.ignore_races;
    run.tracing = tracing;
    run.start = run.now = 1700000000 * (int64_t)1000000000;
    run.news = 1;
    threads_begin_main();
    choose_begin();
    process_watch_signals();
    run.active = true;
    threads_run_main(run_host, settings.argument_count, settings.arguments);
}

static void clear(struct result *r) {
    memset(r, 0, offsetof(struct result, sites));
}

static void note_death(struct result *r, int status) {
    if (r->finished)
        return;
    r->kind = RESULT_DIED;
    r->signature = RESULT_DIED;
    if (WIFSIGNALED(status))
        snprintf(r->message, sizeof r->message, "killed by signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(r->message, sizeof r->message,
                 "the program ended itself with status %d",
                 WEXITSTATUS(status));
}

void schedule_run(unsigned slot, unsigned scenario, bool tracing) {
    struct result *r = &shared->results[slot];
    clear(r);
    pid_t child = fork();
    if (child == 0)
        become_schedule(slot, scenario, tracing);
    int status = 0;
    if (child < 0) {
        r->kind = RESULT_INCONCLUSIVE;
        snprintf(r->message, sizeof r->message, "fork: %s", strerror(errno));
        r->finished = true;
        return;
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    note_death(r, status);
}
