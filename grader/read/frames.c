// SPDX-License-Identifier: MIT
#include "read/frames.h"

#include <stdlib.h>
#include <string.h>

#include "read/text.h"

void frame_release(struct frame *frame) {
    g_clear_pointer(&frame->function, g_free);
    g_clear_pointer(&frame->file, g_free);
}

void stack_release(struct stack *stack) {
    frame_release(&stack->answer);
    g_clear_pointer(&stack->callee, g_free);
    g_clear_pointer(&stack->outer, g_free);
}

// "/box/heap.c:44:9 (program+0x…)", "/box/heap.c:14", "<null> (…)", "(…)".
static void parse_place(const char *text, struct frame *frame) {
    const char *module = strstr(text, " (");
    g_autofree char *place = module == NULL
                                 ? g_strdup(text)
                                 : g_strndup(text, (size_t)(module - text));
    g_strstrip(place);
    int numbers[2] = {0, 0};
    int count = 0;
    for (char *colon; count < 2 && (colon = strrchr(place, ':')) != NULL;) {
        char *end;
        long number = strtol(colon + 1, &end, 10);
        if (end == colon + 1 || *end != '\0' || number < 0 || number > 9999999)
            break;
        numbers[count++] = (int)number;
        *colon = '\0';
    }
    if (count == 0 || *place == '\0')
        return;
    g_autofree char *base = g_path_get_basename(place);
    frame->file = text_printable(base, 120);
    frame->line = numbers[count - 1];
    frame->column = count == 2 ? numbers[0] : 0;
}

bool frame_parse(const char *line, struct frame *frame) {
    while (*line == ' ')
        line++;
    if (*line != '#' || !g_ascii_isdigit(line[1]))
        return false;
    for (line++; g_ascii_isdigit(*line);)
        line++;
    while (*line == ' ')
        line++;
    *frame = (struct frame){0};
    if (g_str_has_prefix(line, "0x")) { // ASan's address
        line += strcspn(line, " ");
        const char *function = text_after(line, " in ");
        line = function == NULL ? line + strspn(line, " ") : function;
        if (function == NULL) {
            frame->function = g_strdup("");
            return true;
        }
    }
    // A C++ name of the runtime holds blanks; its parameters are in (…).
    size_t length = strcspn(line, " ");
    g_autofree char *name = g_strndup(line, length);
    frame->function = text_printable(name, 120);
    parse_place(line + length, frame);
    return true;
}

static bool is_answer(const struct read_context *context,
                      const struct frame *frame) {
    return frame->file != NULL && frame->line > 0 &&
           g_str_equal(frame->file, context->answer_file);
}

// The last function before the answer's frame is the one that the learner
// called.
static void note_callee(struct stack *stack, const struct frame *frame) {
    if (*frame->function == '\0')
        return;
    g_free(stack->callee);
    stack->callee = text_function(frame->function);
    stack->is_library = frame->file == NULL ||
                        g_str_has_prefix(frame->function, "lk_") ||
                        g_str_has_prefix(frame->function, "__");
}

guint stack_read(const struct read_context *context, GStrv lines, guint at,
                 struct stack *stack) {
    *stack = (struct stack){0};
    struct frame frame;
    for (; lines[at] != NULL && frame_parse(lines[at], &frame); at++) {
        if (stack->outer == NULL)
            stack->outer = text_function(frame.function);
        stack->depth++;
        if (!stack_is_answer(stack) && is_answer(context, &frame)) {
            stack->answer = frame;
            continue;
        }
        if (!stack_is_answer(stack))
            note_callee(stack, &frame);
        frame_release(&frame);
    }
    return at;
}

void stack_add_place(struct finding *finding, const struct stack *stack,
                     const char *thread, const char *role) {
    const struct frame *frame = &stack->answer;
    if (frame->file != NULL)
        finding_add_place(finding, frame->file, frame->line, frame->column,
                          *frame->function == '\0' ? NULL : frame->function,
                          thread, role);
}
