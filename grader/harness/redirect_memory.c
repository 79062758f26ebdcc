// SPDX-License-Identifier: MIT
// Redirected: allocation, so that it can be made to fail. See redirect.h.
#include "harness/redirect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALLOCATING(call)                                                       \
    if (redirect_fails(WB_MALLOC, CALLER)) {                                   \
        errno = ENOMEM;                                                        \
        return NULL;                                                           \
    }                                                                          \
    return (call)

void *lk_malloc(size_t size) {
    ALLOCATING(malloc(size));
}

void *lk_calloc(size_t count, size_t size) {
    ALLOCATING(calloc(count, size));
}

void *lk_realloc(void *block, size_t size) {
    ALLOCATING(realloc(block, size));
}

void *lk_reallocarray(void *block, size_t count, size_t size) {
    ALLOCATING(reallocarray(block, count, size));
}

void *lk_aligned_alloc(size_t alignment, size_t size) {
    ALLOCATING(aligned_alloc(alignment, size));
}

int lk_posix_memalign(void **block, size_t alignment, size_t size) {
    if (redirect_fails(WB_MALLOC, CALLER))
        return ENOMEM;
    return posix_memalign(block, alignment, size);
}

char *lk_strdup(const char *text) {
    ALLOCATING(strdup(text));
}

char *lk_strndup(const char *text, size_t most) {
    ALLOCATING(strndup(text, most));
}
