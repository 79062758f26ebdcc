// SPDX-License-Identifier: MIT
#include "report/stepper.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/moment.h"
#include "report/story_end.h"
#include "report/story_words.h"
#include "report/text.h"

enum {
    LANES_MOST = 4,
    GUTTER = 13,     // columns of "  12  q.c:9  "
    CONTEXT = 3,     // lines of source before and after the current one
    ROWS_LEAST = 10, // of a terminal
    COLUMNS_LEAST = 40
};

struct stepper {
    const struct style *style;
    const struct trace *trace;
    guint at;  // the current event
    guint top; // the first that is shown
    int rows, columns;
};

static const struct trace_event *event_of(const struct trace *trace, guint i) {
    return trace->events->pdata[i];
}

// --- Plainly -----------------------------------------------------------------

static char *place_of(const struct style *style,
                      const struct trace_event *event) {
    struct trace_frame place = trace_stack_place(&event->stack);
    if (place.line <= 0)
        return g_strdup("");
    g_autofree char *base = g_path_get_basename(place.file);
    g_autofree char *cut = text_cut(style, base, 14);
    return g_strdup_printf("%s:%d", cut, place.line);
}

static void write_event(GString *out, const struct style *style,
                        const struct trace *trace,
                        const struct trace_event *event) {
    g_autofree char *place = place_of(style, event);
    g_autofree char *step = story_step(trace, event);
    g_autofree char *clean = text_clean(style, step);
    g_autofree char *line = g_strdup_printf(
        "%5d %c%c%-5s %-18s %s", event->step, event->preempted ? '>' : ' ',
        event->blocked ? '~' : ' ', trace_thread_name(trace, event->thread),
        place, clean);
    g_autofree char *cut = text_cut(style, line, style->width);
    g_string_append_printf(out, "%s\n", cut);
}

void stepper_write(GString *out, const struct style *style,
                   const struct trace *trace) {
    g_string_append(out, " step  thread place              what it does\n"
                         "                                "
                         "(> was interrupted, ~ had to wait)\n");
    for (guint i = 0; i < trace->events->len; i++)
        write_event(out, style, trace, event_of(trace, i));
    g_string_append_c(out, '\n');
    for (guint i = 0; i < trace->threads->len; i++) {
        const struct trace_thread *thread = trace->threads->pdata[i];
        g_autofree char *moment =
            moment_of(trace, thread->id, trace->events->len);
        g_autofree char *clean = text_clean(style, moment);
        g_string_append_printf(out, "%s: %s\n", thread->name, clean);
    }
    if (!trace->found)
        return;
    g_autofree char *end = story_end(trace);
    g_autofree char *clean = text_clean(style, end);
    g_autoptr(GPtrArray) lines = text_wrap(clean, style->width);
    g_string_append_c(out, '\n');
    for (guint i = 0; i < lines->len; i++)
        g_string_append_printf(out, "%s\n", (char *)lines->pdata[i]);
}

// --- One screen --------------------------------------------------------------

// TEXT at ROW and COLUMN, cut at the edge or after ROOM columns.
static void put(const struct stepper *stepper, int row, int column, int room,
                const char *text) {
    room = MIN(room, stepper->columns - column);
    if (row < 0 || row >= stepper->rows || room < 2)
        return;
    g_autofree char *clean = text_clean(stepper->style, text);
    g_autofree char *cut = text_cut(stepper->style, clean, room);
    mvaddstr(row, column, cut);
}

// Rows of the lower part: source and threads.
static int lower_rows(const struct stepper *stepper) {
    int threads = (int)MIN(stepper->trace->threads->len, 8);
    int wanted = MAX(2 * CONTEXT + 1, threads) + 1;
    return MIN(wanted, stepper->rows / 2);
}

static void draw_title(const struct stepper *stepper) {
    const struct trace *trace = stepper->trace;
    g_autofree char *title = g_strdup_printf(
        "%s%s%s  step %u of %u", trace->kind != NULL ? trace->kind : "trace",
        trace->message[0] != '\0' ? ": " : "", trace->message, stepper->at + 1,
        trace->events->len);
    attron(A_REVERSE);
    mvhline(0, 0, ' ', stepper->columns);
    put(stepper, 0, 0, stepper->columns, title);
    attroff(A_REVERSE);
}

static int lane_pitch(const struct stepper *stepper) {
    int threads = (int)stepper->trace->threads->len;
    if (threads == 0 || threads > LANES_MOST)
        return 0;
    return MAX(6, (stepper->columns - GUTTER) / (threads + 1));
}

static int lane_index(const struct stepper *stepper, int id) {
    for (guint i = 0; i < stepper->trace->threads->len; i++)
        if (((struct trace_thread *)stepper->trace->threads->pdata[i])->id ==
            id)
            return (int)i;
    return 0;
}

static void draw_heading(const struct stepper *stepper) {
    int pitch = lane_pitch(stepper);
    attron(A_BOLD);
    put(stepper, 1, 0, GUTTER, " step  line");
    for (guint i = 0; pitch > 0 && i < stepper->trace->threads->len; i++) {
        const struct trace_thread *thread = stepper->trace->threads->pdata[i];
        g_autofree char *name =
            thread->function == NULL
                ? g_strdup(thread->name)
                : g_strdup_printf("%s %s", thread->name, thread->function);
        put(stepper, 1, GUTTER + (int)i * pitch, pitch - 1, name);
    }
    attroff(A_BOLD);
}

static void draw_event(const struct stepper *stepper, int row, guint index) {
    const struct trace *trace = stepper->trace;
    const struct trace_event *event = event_of(trace, index);
    struct trace_frame place = trace_stack_place(&event->stack);
    int pitch = lane_pitch(stepper);
    g_autofree char *line =
        place.line > 0 ? g_strdup_printf("%d", place.line) : g_strdup("");
    g_autofree char *gutter = g_strdup_printf(
        "%c%4d %5s", event->preempted ? '>' : ' ', event->step, line);
    g_autofree char *step = story_step(trace, event);
    g_autofree char *named = g_strdup_printf(
        "%-5s %s", trace_thread_name(trace, event->thread), step);
    if (index == stepper->at)
        attron(A_REVERSE);
    put(stepper, row, 0, GUTTER, gutter);
    put(stepper, row, GUTTER + pitch * lane_index(stepper, event->thread),
        stepper->columns, pitch > 0 ? step : named);
    if (index == stepper->at)
        attroff(A_REVERSE);
}

static void draw_source(const struct stepper *stepper, int first, int width) {
    const struct trace_event *event = event_of(stepper->trace, stepper->at);
    struct trace_frame place = trace_stack_place(&event->stack);
    g_autofree char *title =
        g_strdup_printf("%s%s%s", place.file != NULL ? place.file : "no source",
                        place.function != NULL ? " in " : "",
                        place.function != NULL ? place.function : "");
    attron(A_BOLD);
    put(stepper, first, 0, width, title);
    attroff(A_BOLD);
    int context = MIN(CONTEXT, (stepper->rows - first - 3) / 2);
    for (int k = -context; k <= context && place.line > 0; k++) {
        const char *text =
            trace_line(stepper->trace, place.file, place.line + k);
        g_autofree char *line =
            g_strdup_printf("%c%4d %s", k == 0 ? '>' : ' ', place.line + k,
                            text != NULL ? text : "");
        if (k == 0)
            attron(A_BOLD);
        if (place.line + k > 0 && (text != NULL || k == 0))
            put(stepper, first + 1 + k + context, 0, width, line);
        if (k == 0)
            attroff(A_BOLD);
    }
}

static void draw_threads(const struct stepper *stepper, int first, int column) {
    const struct trace *trace = stepper->trace;
    int room = stepper->rows - first - 2;
    attron(A_BOLD);
    put(stepper, first, column, stepper->columns, "after this step");
    attroff(A_BOLD);
    for (guint i = 0; i < trace->threads->len && (int)i < room; i++) {
        const struct trace_thread *thread = trace->threads->pdata[i];
        g_autofree char *moment = moment_of(trace, thread->id, stepper->at + 1);
        g_autofree char *line =
            g_strdup_printf("%-4s %s", thread->name, moment);
        put(stepper, first + 1 + (int)i, column, stepper->columns, line);
    }
}

// What the last step means, in lines; none for the others.
static GPtrArray *end_lines(const struct stepper *stepper) {
    bool last = stepper->at + 1 == stepper->trace->events->len;
    g_autofree char *end = last && stepper->trace->found
                               ? story_end(stepper->trace)
                               : g_strdup("");
    g_autofree char *clean = text_clean(stepper->style, end);
    GPtrArray *lines = text_wrap(clean, stepper->columns);
    int most = (stepper->rows - lower_rows(stepper)) / 2;
    if ((int)lines->len > most)
        g_ptr_array_set_size(lines, most);
    return lines;
}

static void draw(struct stepper *stepper) {
    getmaxyx(stdscr, stepper->rows, stepper->columns);
    erase();
    if (stepper->rows < ROWS_LEAST || stepper->columns < COLUMNS_LEAST) {
        put(stepper, 0, 0, stepper->columns, "too small: 40x10 is needed");
        refresh();
        return;
    }
    int lower = stepper->rows - 1 - lower_rows(stepper);
    g_autoptr(GPtrArray) end = end_lines(stepper);
    guint room = (guint)(lower - 2) - end->len;
    guint count = stepper->trace->events->len;
    if (stepper->at < stepper->top)
        stepper->top = stepper->at;
    if (stepper->at >= stepper->top + room)
        stepper->top = stepper->at - room + 1;
    draw_title(stepper);
    draw_heading(stepper);
    for (guint i = 0; i < room && stepper->top + i < count; i++)
        draw_event(stepper, 2 + (int)i, stepper->top + i);
    for (guint i = 0; i < end->len; i++)
        put(stepper, lower - (int)(end->len - i), 0, stepper->columns,
            end->pdata[i]);
    draw_source(stepper, lower, stepper->columns / 2 - 1);
    draw_threads(stepper, lower, stepper->columns / 2);
    put(stepper, stepper->rows - 1, 0, stepper->columns,
        "arrows, j k, space: step   Home End: first, last   q: leave");
    refresh();
}

// --- Keys --------------------------------------------------------------------

// False: leave.
static bool act(struct stepper *stepper, int key) {
    guint last = stepper->trace->events->len - 1;
    guint page = (guint)MAX(stepper->rows / 2, 1);
    switch (key) {
    case 'q':
    case ERR: // the terminal is gone
        return false;
    case ' ':
    case 'j':
    case KEY_DOWN:
    case KEY_RIGHT:
        stepper->at = MIN(stepper->at + 1, last);
        break;
    case 'k':
    case KEY_UP:
    case KEY_LEFT:
    case KEY_BACKSPACE:
        stepper->at -= stepper->at > 0;
        break;
    case KEY_NPAGE:
        stepper->at = MIN(stepper->at + page, last);
        break;
    case KEY_PPAGE:
        stepper->at -= MIN(page, stepper->at);
        break;
    case 'g':
    case KEY_HOME:
        stepper->at = 0;
        break;
    case 'G':
    case KEY_END:
        stepper->at = last;
        break;
    default: // KEY_RESIZE, too: it is drawn anew
        break;
    }
    return true;
}

bool stepper_run(FILE *input, FILE *output, const struct style *style,
                 const struct trace *trace) {
    struct stepper stepper = {.style = style, .trace = trace};
    if (isatty(fileno(input)) != 1 || isatty(fileno(output)) != 1 ||
        trace->events->len == 0)
        return false;
    // Unlike initscr() it returns if there is no such terminal. From here on
    // ncurses restores the terminal when SIGINT or SIGTERM ends us.
    SCREEN *screen = newterm(NULL, output, input);
    if (screen == NULL)
        return false;
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    set_escdelay(50);
    (void)curs_set(0);
    do
        draw(&stepper);
    while (act(&stepper, getch()));
    endwin();
    delscreen(screen);
    return true;
}
