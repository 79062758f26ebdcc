// SPDX-License-Identifier: MIT
// What the C library reads and writes on the program's behalf.
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "explore/access.h"
#include "explore/memory.h"

static void reads(const void *address, size_t size, const void *pc) {
    access_range(address, size, false, pc);
}

static void writes(const void *address, size_t size, const void *pc) {
    access_range(address, size, true, pc);
}

// --- Memory -----------------------------------------------------------------

void *ex_memcpy(void *to, const void *from, size_t size) {
    reads(from, size, PC);
    writes(to, size, PC);
    return memmove(to, from, size);
}

void *ex_mempcpy(void *to, const void *from, size_t size) {
    reads(from, size, PC);
    writes(to, size, PC);
    return (char *)memmove(to, from, size) + size;
}

void *ex_memmove(void *to, const void *from, size_t size) {
    reads(from, size, PC);
    writes(to, size, PC);
    return memmove(to, from, size);
}

void *ex_memset(void *to, int byte, size_t size) {
    writes(to, size, PC);
    return memset(to, byte, size);
}

void ex_bzero(void *to, size_t size) {
    writes(to, size, PC);
    memset(to, 0, size);
}

int ex_memcmp(const void *a, const void *b, size_t size) {
    reads(a, size, PC);
    reads(b, size, PC);
    return memcmp(a, b, size);
}

void *ex_memchr(const void *in, int byte, size_t size) {
    const char *found = memchr(in, byte, size);
    reads(in, found ? (size_t)(found - (const char *)in) + 1 : size, PC);
    return memchr(in, byte, size);
}

// --- Strings ----------------------------------------------------------------

size_t ex_strlen(const char *text) {
    reads(text, strlen(text) + 1, PC);
    return strlen(text);
}

size_t ex_strnlen(const char *text, size_t most) {
    size_t length = strnlen(text, most);
    reads(text, length < most ? length + 1 : most, PC);
    return strnlen(text, most);
}

char *ex_strcpy(char *to, const char *from) {
    size_t size = strlen(from) + 1;
    reads(from, size, PC);
    writes(to, size, PC);
    return memmove(to, from, size);
}

char *ex_strncpy(char *to, const char *from, size_t most) {
    size_t length = strnlen(from, most);
    reads(from, length < most ? length + 1 : most, PC);
    writes(to, most, PC);
    return strncpy(to, from, most);
}

static char *append(char *to, const char *from, size_t most, const void *pc) {
    size_t length = strlen(to), more = strnlen(from, most);
    reads(to, length + 1, pc);
    reads(from, more < most ? more + 1 : most, pc);
    writes(to + length, more + 1, pc);
    memmove(to + length, from, more);
    to[length + more] = '\0';
    return to;
}

char *ex_strcat(char *to, const char *from) {
    return append(to, from, SIZE_MAX, PC);
}

char *ex_strncat(char *to, const char *from, size_t most) {
    return append(to, from, most, PC);
}

// So many characters of both decide how they compare.
static size_t compared(const char *a, const char *b, size_t most) {
    size_t i = 0;
    while (i < most && a[i] == b[i] && a[i] != '\0')
        i++;
    return i < most ? i + 1 : most;
}

int ex_strcmp(const char *a, const char *b) {
    size_t size = compared(a, b, SIZE_MAX);
    reads(a, size, PC);
    reads(b, size, PC);
    return strcmp(a, b);
}

int ex_strncmp(const char *a, const char *b, size_t most) {
    size_t size = compared(a, b, most);
    reads(a, size, PC);
    reads(b, size, PC);
    return strncmp(a, b, most);
}

char *ex_strchr(const char *text, int byte) {
    const char *found = strchr(text, byte);
    reads(text, found ? (size_t)(found - text) + 1 : strlen(text) + 1, PC);
    return strchr(text, byte);
}

char *ex_strrchr(const char *text, int byte) {
    reads(text, strlen(text) + 1, PC);
    return strrchr(text, byte);
}

char *ex_strstr(const char *text, const char *part) {
    reads(text, strlen(text) + 1, PC);
    reads(part, strlen(part) + 1, PC);
    return strstr(text, part);
}

// --- Copies in the heap -----------------------------------------------------

static char *copy(const char *text, size_t length, const void *pc) {
    char *block = memory_take(length + 1, 16, pc);
    if (block == NULL)
        return NULL;
    memcpy(block, text, length);
    block[length] = '\0';
    memory_filled(block, length + 1, pc);
    return block;
}

char *ex_strdup(const char *text) {
    if (!run.active)
        return strdup(text);
    size_t length = strlen(text);
    reads(text, length + 1, PC);
    return copy(text, length, PC);
}

char *ex_strndup(const char *text, size_t most) {
    if (!run.active)
        return strndup(text, most);
    size_t length = strnlen(text, most);
    reads(text, length < most ? length + 1 : most, PC);
    return copy(text, length, PC);
}

// The line may be in the program's heap, which libc could not make longer.
ssize_t ex_getdelim(char **line, size_t *size, int end, FILE *file) {
    size_t have = 0;
    if (!run.active || *line == NULL || !memory_size(*line, &have))
        return getdelim(line, size, end, file);
    extern void ex_free(void *);
    char *text = NULL;
    size_t text_size = 0;
    ssize_t length = getdelim(&text, &text_size, end, file);
    ex_free(*line);
    *line = text;
    *size = text_size;
    return length;
}

ssize_t ex_getline(char **line, size_t *size, FILE *file) {
    return ex_getdelim(line, size, '\n', file);
}
