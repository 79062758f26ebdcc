// SPDX-License-Identifier: MIT
#include "explore/objects.h"

#include <string.h>

#include "explore/room.h"

enum { BUCKETS = 256 };
static struct object *buckets[BUCKETS];

static struct object **bucket_of(const void *address) {
    uintptr_t hash = ((uintptr_t)address >> 3) * 0x9e3779b1u;
    return &buckets[hash >> 8 & (BUCKETS - 1)];
}

struct object *object_known(const void *address, enum object_kind kind) {
    for (struct object *o = *bucket_of(address); o != NULL; o = o->next)
        if (o->address == address && o->kind == kind)
            return o;
    return NULL;
}

struct object *object_init(const void *address, enum object_kind kind) {
    struct object *o = object_known(address, kind);
    struct object **bucket = bucket_of(address);
    struct object *next = o != NULL ? o->next : *bucket;
    if (o == NULL)
        *bucket = o = room_take(sizeof *o);
    *o = (struct object){.address = address, .kind = kind, .next = next};
    return o;
}

struct object *object_at(const void *address, enum object_kind kind) {
    struct object *o = object_known(address, kind);
    if (o == NULL)
        return object_init(address, kind);
    if (o->destroyed)
        run_misuse("use-destroyed");
    return o;
}

void object_hold(struct thread *thread, const void *address, enum op_kind op,
                 unsigned step) {
    unsigned most = sizeof thread->held / sizeof thread->held[0];
    if (thread->held_count < most)
        thread->held[thread->held_count] = (struct held){address, op, step};
    thread->held_count++;
}

void object_let_go(struct thread *thread, const void *address) {
    unsigned most = sizeof thread->held / sizeof thread->held[0];
    unsigned count = thread->held_count < most ? thread->held_count : most;
    for (unsigned i = count; i > 0; i--) {
        if (thread->held[i - 1].object != address)
            continue;
        memmove(&thread->held[i - 1], &thread->held[i],
                (count - i) * sizeof thread->held[0]);
        thread->held_count--;
        return;
    }
}
