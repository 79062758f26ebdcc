// SPDX-License-Identifier: MIT
#include "harness/symbols.h"

#include <ctype.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *to_tool;
static FILE *from_tool;
static pid_t tool_pid;

static char self_path[4096];

// --- The symbolizer's process ------------------------------------------------

static int start_tool(void) {
    if (to_tool != NULL)
        return 0;
    int down[2], up[2];
    if (pipe(down) != 0 || pipe(up) != 0)
        return -1;
    tool_pid = fork();
    if (tool_pid == 0) {
        dup2(down[0], 0);
        dup2(up[1], 1);
        closefrom(3);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execlp("llvm-symbolizer-14", "llvm-symbolizer", "--basenames",
               "--functions=linkage", NULL);
        execlp("llvm-symbolizer", "llvm-symbolizer", "--basenames",
               "--functions=linkage", NULL);
        _exit(127);
    }
    close(down[0]);
    close(up[1]);
    to_tool = fdopen(down[1], "w");
    from_tool = fdopen(up[0], "r");
    return 0;
}

void symbols_stop(void) {
    if (to_tool == NULL)
        return;
    fclose(to_tool);
    fclose(from_tool);
    to_tool = from_tool = NULL;
    waitpid(tool_pid, NULL, 0);
}

void symbols_forget_in_child(void) {
    if (to_tool == NULL)
        return;
    close(fileno(to_tool));
    close(fileno(from_tool));
}

// --- Questions ---------------------------------------------------------------

struct frame {
    char function[256];
    char file[256];
    int line;
    int column;
};

enum { MOST_FRAMES = 8 };

static void parse_place(char *text, struct frame *frame) {
    frame->line = frame->column = 0;
    char *column = strrchr(text, ':');
    if (column != NULL) {
        *column = '\0';
        char *line = strrchr(text, ':');
        if (line != NULL) {
            *line = '\0';
            frame->line = atoi(line + 1);
            frame->column = atoi(column + 1);
        }
    }
    snprintf(frame->file, sizeof frame->file, "%s",
             strcmp(text, "??") == 0 ? "" : text);
}

// The inlined frames at OFFSET of MODULE, innermost first; how many.
static int ask_code(const char *module, unsigned long offset,
                    struct frame *frames) {
    if (start_tool() != 0)
        return 0;
    fprintf(to_tool, "CODE \"%s\" 0x%lx\n", module, offset);
    fflush(to_tool);
    char line[1024];
    int count = 0;
    while (fgets(line, sizeof line, from_tool) != NULL && line[0] != '\n') {
        char place[1024];
        if (fgets(place, sizeof place, from_tool) == NULL)
            break;
        line[strcspn(line, "\n")] = place[strcspn(place, "\n")] = '\0';
        if (count == MOST_FRAMES)
            continue;
        struct frame *frame = &frames[count++];
        snprintf(frame->function, sizeof frame->function, "%s",
                 strcmp(line, "??") == 0 ? "" : line);
        parse_place(place, frame);
    }
    return count;
}

// Name and size of the global at OFFSET of MODULE.
static void ask_data(const char *module, unsigned long offset, char *name,
                     size_t size, long *bytes) {
    name[0] = '\0';
    *bytes = 0;
    if (start_tool() != 0)
        return;
    fprintf(to_tool, "DATA \"%s\" 0x%lx\n", module, offset);
    fflush(to_tool);
    char line[1024];
    for (int i = 0;
         fgets(line, sizeof line, from_tool) != NULL && line[0] != '\n'; i++) {
        line[strcspn(line, "\n")] = '\0';
        if (i == 0 && strcmp(line, "??") != 0)
            snprintf(name, size, "%s", line);
        if (i == 1)
            sscanf(line, "%*d %ld", bytes);
    }
}

static int own_module(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    *(uintptr_t *)data = info->dlpi_addr;
    return 1; // the program itself comes first
}

uintptr_t symbols_base(void) {
    static uintptr_t base;
    if (base == 0)
        dl_iterate_phdr(own_module, &base);
    return base;
}

static const char *own_path(void) {
    if (self_path[0] == '\0') {
        ssize_t length =
            readlink("/proc/self/exe", self_path, sizeof self_path - 1);
        self_path[length < 0 ? 0 : length] = '\0';
    }
    return self_path;
}

const char *symbols_address(uintptr_t address, char *buffer, size_t size) {
    buffer[0] = '\0';
    if (address == 0)
        return buffer;
    struct frame frames[MOST_FRAMES];
    if (ask_code(own_path(), address - symbols_base(), frames) > 0)
        snprintf(buffer, size, "%s|%s|%d|%d", frames[0].function,
                 frames[0].file, frames[0].line, frames[0].column);
    return buffer;
}

const char *symbols_site(uintptr_t site, char *buffer, size_t size) {
    return symbols_address(site == 0 ? 0 : site - 1, buffer, size);
}

const char *symbols_function(uintptr_t address, char *buffer, size_t size) {
    symbols_address(address, buffer, size);
    buffer[strcspn(buffer, "|")] = '\0';
    return buffer;
}

// --- Reports -----------------------------------------------------------------

// "    #3 {/box/suite+0x1234}": NUMBER runs on through inlined frames, as the
// tools count.
static int write_frame(FILE *out, const char *line, int number) {
    char module[1024];
    unsigned long offset;
    const char *open = strchr(line, '{');
    if (open == NULL ||
        sscanf(open, "{%1023[^+]+0x%lx}", module, &offset) != 2) {
        fprintf(out, "    #%d ??\n", number);
        return number + 1;
    }
    struct frame frames[MOST_FRAMES];
    int count = ask_code(module, offset, frames);
    const char *base = strrchr(module, '/');
    base = base == NULL ? module : base + 1;
    for (int i = 0; i < count; i++, number++) {
        struct frame *f = &frames[i];
        if (f->line > 0)
            fprintf(out, "    #%d %s %s:%d:%d (%s+0x%lx)\n", number,
                    f->function, f->file, f->line, f->column, base, offset);
        else
            fprintf(out, "    #%d %s <null> (%s+0x%lx)\n", number,
                    f->function[0] ? f->function : "<null>", base, offset);
    }
    return number;
}

// "  Location is global '<null>' at 0x… (suite+0x1476260)"
static void write_global(FILE *out, const char *line) {
    unsigned long offset = 0;
    char name[256];
    long bytes;
    const char *plus = strrchr(line, '+');
    if (plus != NULL)
        sscanf(plus, "+0x%lx", &offset);
    ask_data(own_path(), offset, name, sizeof name, &bytes);
    fprintf(out, "  Location is global '%s' of size %ld\n",
            name[0] ? name : "<null>", bytes);
}

static const char *frame_start(const char *line) {
    while (*line == ' ')
        line++;
    return line[0] == '#' && isdigit((unsigned char)line[1]) ? line + 1 : NULL;
}

char *symbols_rewrite(const char *report) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return strdup(report);
    int number = 0;
    for (const char *at = report; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        char *line = strndup(at, length);
        const char *frame = frame_start(line);
        if (frame != NULL) {
            number = write_frame(out, line, atoi(frame) == 0 ? 0 : number);
        } else if (strstr(line, "global '<null>'") != NULL) {
            write_global(out, line);
        } else {
            fprintf(out, "%s\n", line);
        }
        free(line);
        at += length + (at[length] == '\n');
    }
    fclose(out);
    return text;
}
