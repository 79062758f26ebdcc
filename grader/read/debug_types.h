// SPDX-License-Identifier: MIT
// Types of C as DWARF describes them: the path to a member, a value in words,
// the type of an expression. Dies are libdw's and live as long as its Dwarf.
#pragma once

#include <elfutils/libdw.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

// The type of the variable, member or pointer DIE, without typedefs and
// qualifiers; a struct or union is its own. False if there is none (void).
bool debug_type_of(Dwarf_Die *die, Dwarf_Die *type);

// Whether the struct TYPE ends with an array of no stated length.
bool debug_type_is_open(Dwarf_Die *type);

// Bytes that an object of TYPE takes; 0 if unknown.
uint64_t debug_type_size(Dwarf_Die *type);

// Follows OFFSET into an object of DIE's type (DIE a variable, member, …) and
// appends the way there to PATH: "[2].lock". It ends at what has SIZE bytes and
// no parts, at a struct or array of SIZE bytes, or at an object of pthreads,
// semaphores or <threads.h>, whose insides are nobody's business. *LEAF becomes
// the die whose type was reached (DIE itself, or a member). An offset that lies
// in no part appends "+3".
void debug_type_path(Dwarf_Die *die, uint64_t offset, uint64_t size,
                     GString *path, Dwarf_Die *leaf);

// VALUE, SIZE bytes large, as its type prints it: "-1", "true", "'x'", "NULL".
// NULL for what is best named by whoever knows the addresses: a pointer. LEAF
// may be NULL: signed. The caller frees it.
char *debug_type_value(Dwarf_Die *leaf, uint64_t value, uint64_t size);

// The type NAME ("struct queue", "queue_t") in the unit UNIT.
bool debug_type_find(Dwarf_Die *unit, const char *name, Dwarf_Die *type);

// Walks EXPRESSION ("->items[i].next") on from DIE, whose type is peeled at
// every step; true if *LEAF is the die that it ends at.
bool debug_type_walk(Dwarf_Die *die, const char *expression, Dwarf_Die *leaf);
