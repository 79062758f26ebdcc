// SPDX-License-Identifier: MIT
// The tokens of preprocessed C, each with the file and line that the line
// markers (`# 12 "bank_global.c"`) give it.
#pragma once

#include <glib.h>
#include <stdbool.h>

enum token_type {
    TOKEN_WORD, // identifier or keyword
    TOKEN_SIGN, // one character that is no word: '(' …
    TOKEN_TEXT, // a string or character constant; `text` is "\""
    TOKEN_NUMBER,
    TOKEN_PRAGMA // a whole #pragma line; `text` is what follows "#pragma "
};

struct token {
    enum token_type type;
    char *text;
    const char *file; // owned by the list
    int line;
};

struct token_list {
    GArray *tokens;   // of struct token
    GPtrArray *files; // of char *: every file that a marker names, once each,
                      // in order
    GArray *entered;  // of int: for each file, the line of the answer after
                      // which it was first named; 0 unknown
};

// ANSWER: the answer's file; `entered` tells its lines.
struct token_list *token_list_new(const char *text, const char *answer);
void token_list_free(struct token_list *list);

typedef struct token_list token_list_auto;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(token_list_auto, token_list_free)
