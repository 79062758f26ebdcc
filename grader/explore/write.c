// SPDX-License-Identifier: MIT
#include "explore/write.h"

#include <stdbool.h>
#include <string.h>

#include "explore/schedule.h"
#include "explore/shared.h"

// --- Pieces ------------------------------------------------------------------

// How many bytes the UTF-8 character at C has, 2 to 4; 0 if there is none, or
// ASCII.
static int wide_character(const unsigned char *c) {
    int size = *c >= 0xc2 && *c < 0xe0   ? 2
               : *c >= 0xe0 && *c < 0xf0 ? 3
               : *c >= 0xf0 && *c < 0xf5 ? 4
                                         : 0;
    for (int i = 1; i < size; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0; // the end of the text, too
    bool overlong = (*c == 0xe0 && c[1] < 0xa0) || (*c == 0xf0 && c[1] < 0x90);
    bool surrogate = *c == 0xed && c[1] >= 0xa0;
    bool too_large = *c == 0xf4 && c[1] >= 0x90;
    return overlong || surrogate || too_large ? 0 : size;
}

// Text as a JSON string. What is neither printable ASCII nor a character of
// UTF-8 becomes an escape.
static void write_string(FILE *out, const char *text) {
    fputc('"', out);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        int wide = wide_character(c);
        if (wide > 0) {
            fwrite(c, 1, (size_t)wide, out);
            c += wide - 1;
        } else if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else if (*c < 32 || *c >= 127)
            fprintf(out, "\\u%04x", *c);
        else
            fputc(*c, out);
    }
    fputc('"', out);
}

static void write_address(FILE *out, const char *key, const void *address) {
    fprintf(out, ",\"%s\":\"%p\"", key, address);
}

static void write_stack(FILE *out, const char *key, const void *const *stack,
                        unsigned most) {
    fprintf(out, ",\"%s\":[", key);
    for (unsigned i = 0; i < most && stack[i] != NULL; i++)
        fprintf(out, "%s\"%p\"", i ? "," : "", stack[i]);
    fputc(']', out);
}

static void write_object(FILE *out, const struct event *e) {
    if (e->object != NULL)
        write_address(out, "object", e->object);
    if (e->frame_thread >= 0) {
        write_address(out, "frame_pc", e->frame_function);
        fprintf(out, ",\"frame_offset\":%ld,\"frame_thread\":%d",
                e->frame_offset, e->frame_thread);
    }
    if (e->has_block) {
        write_address(out, "block", e->block);
        fprintf(out, ",\"block_size\":%zu,\"block_number\":%u", e->block_size,
                e->block_number);
        write_stack(out, "block_stack", e->block_stack, 4);
    }
}

static void write_note(FILE *out, const struct event *e) {
    static const char *const notes[] = {NULL,      "lost",  "stale", "spurious",
                                        "timeout", "woken", "early"};
    if (e->note == NOTE_WOKEN)
        fprintf(out, ",\"note\":\"woken %d\"", e->other);
    else if (e->note != NOTE_NONE)
        fprintf(out, ",\"note\":\"%s\"", notes[e->note]);
}

static const char *const orders[] = {"relaxed", "consume", "acquire",
                                     "release", "acq_rel", "seq_cst"};

static void write_event(FILE *out, const struct event *e) {
    fprintf(out, "{\"type\":\"event\",\"step\":%u,\"thread\":%d,\"op\":\"%s\"",
            e->step, e->thread, op_name((enum op_kind)e->kind));
    write_object(out, e);
    if (e->size > 0)
        fprintf(out, ",\"size\":%u", e->size);
    if (e->has_value)
        fprintf(out, ",\"value\":%llu,\"before\":%llu",
                (unsigned long long)e->value, (unsigned long long)e->before);
    if (e->order < 6)
        fprintf(out, ",\"order\":\"%s\"", orders[e->order]);
    if (e->other >= 0)
        fprintf(out, ",\"thread_object\":%d", e->other);
    if (e->result != 0)
        fprintf(out, ",\"result\":%d", e->result);
    if (e->preempted)
        fputs(",\"switch\":true", out);
    if (e->blocked)
        fputs(",\"blocked\":true", out);
    write_note(out, e);
    write_stack(out, "stack", e->stack, e->depth);
    fputs("}\n", out);
}

// --- Lines -------------------------------------------------------------------

void write_begin(FILE *out, const char *scenario) {
    fputs("{\"type\":\"run\",\"scenario\":", out);
    if (scenario != NULL)
        write_string(out, scenario);
    else
        fputs("null", out);
    fprintf(out, ",\"seed\":%lu,\"budget\":%u}\n", settings.seed,
            settings.budget);
}

static void write_threads(FILE *out) {
    for (unsigned i = 0; i < shared->thread_count; i++) {
        fprintf(out, "{\"type\":\"thread\",\"id\":%d", shared->threads[i].id);
        if (shared->threads[i].parent >= 0) {
            fprintf(out, ",\"parent\":%d,\"created\":%u",
                    shared->threads[i].parent, shared->threads[i].created);
            write_address(out, "entry", shared->threads[i].entry);
            write_stack(out, "stack", shared->threads[i].stack, STACK_SHOWN);
        }
        fputs("}\n", out);
    }
}

static void write_waiting(FILE *out, unsigned i) {
    const struct event *e = &shared->waiting[i];
    fprintf(out, "{\"type\":\"waiting\",\"thread\":%d,\"op\":\"%s\"", e->thread,
            op_name((enum op_kind)e->kind));
    write_object(out, e);
    if (e->other >= 0)
        fprintf(out, ",\"thread_object\":%d", e->other);
    fputs(",\"holders\":[", out);
    for (unsigned h = 0; h < 8 && shared->holders[i][h] >= 0; h++)
        fprintf(out, "%s%d", h ? "," : "", shared->holders[i][h]);
    fputc(']', out);
    write_stack(out, "stack", e->stack, e->depth);
    fputs("}\n", out);
}

static void write_details(FILE *out, const struct result *r) {
    if (r->kind == RESULT_DATA_RACE)
        fprintf(out, "{\"type\":\"race\",\"first\":%u,\"second\":%u}\n",
                r->race[0], r->race[1]);
    if (r->kind == RESULT_MEMORY_ERROR)
        fprintf(out,
                "{\"type\":\"memory\",\"what\":\"%s\",\"allocated\":%u,"
                "\"freed\":%u,\"used\":%u}\n",
                r->memory, r->memory_steps[0], r->memory_steps[1],
                r->memory_steps[2]);
    if (r->misuse[0] != '\0')
        fprintf(out, "{\"type\":\"misuse\",\"what\":\"%s\",\"step\":%u}\n",
                r->misuse, r->misuse_step);
}

void write_trace(FILE *out) {
    write_threads(out);
    for (unsigned i = 0; i < shared->event_count; i++)
        write_event(out, &shared->events[i]);
    for (unsigned i = 0; i < shared->held_count; i++) {
        const struct event *e = &shared->held[i];
        fprintf(out,
                "{\"type\":\"held\",\"thread\":%d,\"op\":\"%s\",\"step\":%u",
                e->thread, op_name((enum op_kind)e->kind), e->step);
        write_object(out, e);
        fputs("}\n", out);
    }
    for (unsigned i = 0; i < shared->waiting_count; i++)
        write_waiting(out, i);
    write_details(out, &shared->results[0]);
}

static void write_uncontrolled(FILE *out, unsigned bits) {
    static const char *const names[] = {"fork",
                                        "socket",
                                        "clone",
                                        "signal",
                                        "entropy",
                                        "file",
                                        "asynchronous cancellation",
                                        "longjmp"};
    fputs(",\"uncontrolled\":[", out);
    const char *comma = "";
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!(bits & 1u << i))
            continue;
        fprintf(out, "%s\"%s\"", comma, names[i]);
        comma = ",";
    }
    fputc(']', out);
}

static void write_found(FILE *out, const struct search *search,
                        const char *strategy) {
    const struct result *r = &shared->results[0];
    fprintf(out, ",\"kind\":\"%s\",\"message\":", result_name(r->kind));
    write_string(out, r->message);
    if (r->file[0] != '\0') {
        fputs(",\"file\":", out);
        write_string(out, r->file);
        fprintf(out, ",\"line\":%d", r->line);
    }
    fprintf(out,
            ",\"schedule\":%u,\"strategy\":\"%s\",\"seed\":%lu,"
            "\"preemptions\":%u,\"steps\":%u",
            search->schedule, strategy, settings.seed, r->preemptions,
            r->steps);
}

void write_result(FILE *out, const struct search *search, int confirmed,
                  const char *strategy) {
    bool found = search->found && confirmed;
    const char *reason = NULL;
    if (search->found && !confirmed)
        reason = "the same schedule did not end twice in the same way";
    else if (search_gave_up(search))
        reason = search->reason;
    fprintf(out,
            "{\"type\":\"result\",\"found\":%s,\"schedules_run\":%u,"
            "\"complete\":%s,\"bound\":%d,\"interleavings\":%u",
            found ? "true" : "false", search->schedules_run,
            search->complete && !search->found ? "true" : "false",
            search->bound, search->interleavings);
    write_uncontrolled(out, search->uncontrolled);
    fputs(",\"inconclusive\":", out);
    if (reason != NULL)
        write_string(out, reason);
    else
        fputs("null", out);
    if (found)
        write_found(out, search, strategy);
    fputs("}\n", out);
}
