// SPDX-License-Identifier: MIT
// Gives every object of one execution a name of its own.
//
//  1. object_names_new().
//  2. object_names_add() for every use of an object, in the order of the steps.
//     It returns a number that stands for that object.
//  3. object_names_get() when all are known: only then is it plain which names
//     are taken twice. object_names_value() tells a value that was read or
//     written there, object_names_about() what a reader may want to know
//     besides.
//  4. object_names_free().
//
// In this order: a variable with a fixed address ("accounts[2].lock"), one in a
// function's frame ("lock (in main)"), a block of the heap by the type that it
// has where it is allocated ("q->lock", "account#2->lock" if there are more),
// the expression on the line that uses it, and else the block itself.
#pragma once

#include <glib.h>
#include <stdint.h>

#include "read/debug_names.h"

// One use of an object; all of it is the caller's.
struct object_use {
    uint64_t address;
    uint64_t size;
    bool is_lock;  // a mutex, a semaphore …: the line is a call
    bool is_block; // allocated or freed: the block, not what is in it
    bool is_write;
    const uint64_t *stack; // return addresses, innermost first
    guint depth;
    bool in_frame; // the next three are known
    uint64_t frame_pc;
    int64_t frame_offset;
    int frame_thread;
    int64_t block_number; // -1: not in a block of the heap
    uint64_t block;
    uint64_t block_size;
    const uint64_t *block_stack;
    guint block_depth;
};

struct object_names;

// Looks for sources where the debug information says they are; SOURCES (file as
// compiled -> text, or NULL) comes first. Both are borrowed. NAMES may be NULL:
// then objects have numbers.
struct object_names *object_names_new(struct debug_names *names,
                                      GHashTable *sources);
void object_names_free(struct object_names *objects);

guint object_names_add(struct object_names *objects,
                       const struct object_use *use);
// Both are owned by OBJECTS; _about may be NULL.
const char *object_names_get(struct object_names *objects, guint number);
const char *object_names_about(struct object_names *objects, guint number);
// The caller frees it. Never an address.
char *object_names_value(struct object_names *objects, guint number,
                         uint64_t value, uint64_t size);

// The text of the source that PLACE lies in, or NULL.
const char *object_names_source(struct object_names *objects,
                                const struct debug_place *place);

typedef struct object_names object_names_auto;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(object_names_auto, object_names_free)
