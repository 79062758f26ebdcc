// SPDX-License-Identifier: MIT
// What addresses of a program are called in its source, from its debug
// information (DWARF, by libdw) and its symbols. The program must not be
// position independent: addresses are taken as they are.
//
//  1. debug_names_open() reads the program's file.
//  2. debug_names_code() names places of code; debug_names_global(), _local()
//     and _block() name data and say of what type it is; debug_names_value()
//     then tells a value of that type.
//  3. debug_names_free().
//
// Nothing in the file is trusted: what makes no sense is named nothing.
#pragma once

#include <elfutils/libdw.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct debug_names;

// All strings belong to the debug_names.
struct debug_place {
    const char *function; // NULL: unknown
    const char *file;     // as the compiler was given it; NULL: unknown
    const char *path;     // the same, from the root; NULL: unknown
    int line;             // 0: unknown
    int column;           // 0: unknown
};

// Of what type named data is.
struct debug_type {
    bool known;
    Dwarf_Die leaf;
};

struct debug_names *debug_names_open(const char *program, GError **error);
void debug_names_free(struct debug_names *names);

// The place of the instruction at PC; of a return address ask for one less.
struct debug_place debug_names_code(struct debug_names *names, uint64_t pc);

// SIZE bytes at ADDRESS, if they lie in a global or static variable:
// "accounts[2].lock". NULL if not. Of two statics of one name each gets its
// file, or its function: "count (in worker)". The caller frees it.
char *debug_names_global(struct debug_names *names, uint64_t address,
                         uint64_t size, struct debug_type *type);

// SIZE bytes at OFFSET from the frame pointer of the function at PC:
// "lock (in main)". NULL if no variable lies there. The caller frees it.
char *debug_names_local(struct debug_names *names, uint64_t pc, int64_t offset,
                        uint64_t size, struct debug_type *type);

// A block of the heap, as the code that allocates it speaks of it.
struct debug_block {
    uint64_t pc; // in the function that does
    const char
        *expression;       // what it is assigned to: "q", "list->head"; or NULL
    const char *type_name; // then: "struct node", "queue_t"
    const char *called;    // how to name it; NULL: debug_names_block_name()
    uint64_t size;
};

// A name for the block: a variable's own, else that of its type: "q", "node".
// NULL if its type is unknown, void or char. The caller frees it.
char *debug_names_block_name(struct debug_names *names,
                             const struct debug_block *block);

// The part of SIZE bytes at OFFSET of BLOCK: "q->lock", "cells[3]", "*n". NULL
// as above. The caller frees it.
char *debug_names_block(struct debug_names *names,
                        const struct debug_block *block, uint64_t offset,
                        uint64_t size, struct debug_type *type);

// VALUE in words. A pointer is named after what it points to, where that is a
// global, a function or NULL; else NULL. The caller frees it.
char *debug_names_value(struct debug_names *names,
                        const struct debug_type *type, uint64_t value,
                        uint64_t size);

typedef struct debug_names debug_names_auto;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(debug_names_auto, debug_names_free)
