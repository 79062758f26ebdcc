// SPDX-License-Identifier: MIT
// How it works: every redraw moves the cursor up by the lines of the last one
// and erases from there on. That holds only as long as no line wraps, so lines
// are cut to the terminal's width, asked anew each time: it may have changed.
#include "report/live.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/text.h"

#define LINES_MOST 8
#define TIME_COLUMNS 9

// One exercise that is being worked on.
struct activity {
    const struct exercise *exercise;
    int expected; // jobs in the plan
    int ended;
    int run;                  // of those, not taken from the cache
    int running[STAGE_COUNT]; // jobs of that stage that run now
    int64_t start_us;         // of its first job
};

struct live {
    FILE *stream;
    struct style style;
    bool redraws;
    int drawn; // live lines on the terminal now
    int expected;
    int ended;
    int64_t start_us;
    int64_t (*now_us)(void);
    GPtrArray *activities; // of struct activity, in order of appearance
};

bool live_possible(FILE *stream) {
    const char *term = getenv("TERM");
    return isatty(fileno(stream)) == 1 && term != NULL && term[0] != '\0' &&
           strcmp(term, "dumb") != 0;
}

static int64_t monotonic_us(void) {
    return g_get_monotonic_time();
}

struct live *live_new(FILE *stream, const struct style *style, bool redraws) {
    struct live *live = g_new0(struct live, 1);
    live->stream = stream;
    live->style = *style;
    live->redraws = redraws;
    live->activities = g_ptr_array_new_with_free_func(g_free);
    live_use_clock(live, monotonic_us);
    return live;
}

void live_use_clock(struct live *live, int64_t (*now_us)(void)) {
    live->now_us = now_us;
    live->start_us = now_us();
}

static struct activity *find_activity(struct live *live,
                                      const struct exercise *exercise) {
    for (guint i = 0; i < live->activities->len; i++) {
        struct activity *activity = live->activities->pdata[i];
        if (activity->exercise == exercise)
            return activity;
    }
    struct activity *activity = g_new0(struct activity, 1);
    activity->exercise = exercise;
    g_ptr_array_add(live->activities, activity);
    return activity;
}

void live_expect(struct live *live, const struct plan *plan) {
    for (guint i = 0; i < plan->jobs->len; i++) {
        const struct job *job = plan->jobs->pdata[i];
        find_activity(live, job->exercise)->expected++;
    }
    live->expected += (int)plan->jobs->len;
}

// --- Live lines -------------------------------------------------------------

static void erase(struct live *live) {
    if (live->drawn > 0)
        fprintf(live->stream, "\r\033[%dA\033[J", live->drawn);
    live->drawn = 0;
}

static void draw_line(struct live *live, const char *text, int64_t since_us) {
    int room = style_width(live->stream) - TIME_COLUMNS - 1;
    double seconds = (double)(live->now_us() - since_us) / 1e6;
    g_autofree char *shown = text_cut(&live->style, text, room);
    fprintf(live->stream, "%s%*s%*.1f s\n", shown,
            MIN(room, 50) - MIN(text_columns(shown), MIN(room, 50)), "",
            TIME_COLUMNS - 2, seconds);
    live->drawn++;
}

// "memory, races", or NULL if nothing of it runs now.
static char *stages_running(const struct activity *activity) {
    GString *text = g_string_new(NULL);
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        if (activity->running[stage] > 0)
            g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "",
                                   stage_name((enum stage)stage));
    }
    return g_string_free(text, text->len == 0);
}

static int widest_id(const struct live *live) {
    int widest = 0;
    for (guint i = 0; i < live->activities->len; i++) {
        const struct activity *activity = live->activities->pdata[i];
        widest = MAX(widest, text_columns(activity->exercise->id));
    }
    return widest;
}

static void draw(struct live *live) {
    erase(live);
    int id_columns = widest_id(live);
    int hidden = 0;
    for (guint i = 0; i < live->activities->len; i++) {
        const struct activity *activity = live->activities->pdata[i];
        g_autofree char *stages = stages_running(activity);
        if (stages == NULL)
            continue;
        if (live->drawn >= LINES_MOST) {
            hidden++;
            continue;
        }
        g_autofree char *text = g_strdup_printf("%-*s  %s", id_columns,
                                                activity->exercise->id, stages);
        draw_line(live, text, activity->start_us);
    }
    g_autofree char *more =
        hidden > 0 ? g_strdup_printf(", %d more exercises at work", hidden)
                   : g_strdup("");
    g_autofree char *total = g_strdup_printf("%d of %d programs done%s",
                                             live->ended, live->expected, more);
    draw_line(live, total, live->start_us);
    fflush(live->stream);
}

// --- What happens -----------------------------------------------------------

void live_on_start(const struct job *job, void *data) {
    struct live *live = data;
    struct activity *activity = find_activity(live, job->exercise);
    if (activity->start_us == 0)
        activity->start_us = live->now_us();
    activity->running[job->stage]++;
    if (live->redraws)
        draw(live);
}

void live_on_end(const struct job *job, const struct outcome *outcome,
                 void *data) {
    struct live *live = data;
    struct activity *activity = find_activity(live, job->exercise);
    live->ended++;
    activity->ended++;
    // A job that came from the cache, or was not run, may never have started.
    if (activity->running[job->stage] > 0)
        activity->running[job->stage]--;
    if (!outcome->cached && outcome->end != OUTCOME_NOT_RUN)
        activity->run++;
    if (live->redraws) {
        draw(live);
    } else if (activity->ended == activity->expected && activity->run > 0) {
        double seconds = (double)(live->now_us() - activity->start_us) / 1e6;
        fprintf(live->stream, "%s: %d of %d programs run, %.1f s\n",
                activity->exercise->id, activity->run, activity->expected,
                seconds);
        fflush(live->stream);
    }
}

void live_on_tick(void *data) {
    struct live *live = data;
    if (live->redraws)
        draw(live);
}

void live_finish(struct live *live) {
    erase(live);
    fflush(live->stream);
}

void live_free(struct live *live) {
    if (live == NULL)
        return;
    live_finish(live);
    g_ptr_array_unref(live->activities);
    g_free(live);
}
