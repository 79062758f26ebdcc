// SPDX-License-Identifier: MIT
// How it works: objects are told apart by address, size and block; names are
// made as they are added, and blocks get their base names then too ("account").
// When the first name is asked for, blocks that share a base name are numbered,
// and whatever names are still taken twice get the thread or a number.
#include "read/object_names.h"

#include <string.h>

#include "read/source.h"
#include "read/text.h"

enum { FRAMES_MOST = 6, EXPRESSION_MOST = 60, SOURCE_MOST = 4 << 20 };

struct block {
    int64_t number;
    uint64_t address;
    uint64_t size;
    char *expression; // at the allocation, or NULL
    char *type_name;  // by sizeof, or NULL
    uint64_t pc;      // of the code whose types these are
    char *base;       // "q"; NULL: nothing is known
    char *called;     // "q", "q#2"; filled at the end
    char *about;
};

struct object {
    uint64_t address;
    uint64_t size;
    struct block *block; // NULL: none
    bool is_block;
    bool typed; // the block's type names it
    int thread; // whose frame it is in; -1
    char *name;
    struct debug_type type;
};

struct object_names {
    struct debug_names *names;
    GHashTable *given;   // file -> text; borrowed
    GHashTable *read;    // path -> text or NULL
    GPtrArray *objects;  // of struct object
    GHashTable *numbers; // key -> index + 1
    GPtrArray *blocks;   // of struct block
    bool named;
};

static void block_free(struct block *block) {
    g_free(block->expression);
    g_free(block->type_name);
    g_free(block->base);
    g_free(block->called);
    g_free(block->about);
    g_free(block);
}

static void object_free(struct object *object) {
    g_free(object->name);
    g_free(object);
}

struct object_names *object_names_new(struct debug_names *names,
                                      GHashTable *sources) {
    struct object_names *objects = g_new0(struct object_names, 1);
    objects->names = names;
    objects->given = sources;
    objects->read =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    objects->objects =
        g_ptr_array_new_with_free_func((GDestroyNotify)object_free);
    objects->numbers =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    objects->blocks =
        g_ptr_array_new_with_free_func((GDestroyNotify)block_free);
    return objects;
}

void object_names_free(struct object_names *objects) {
    if (objects == NULL)
        return;
    g_hash_table_unref(objects->read);
    g_ptr_array_unref(objects->objects);
    g_hash_table_unref(objects->numbers);
    g_ptr_array_unref(objects->blocks);
    g_free(objects);
}

// --- Source ------------------------------------------------------------------

static char *read_source(const char *path) {
    g_autofree char *text = NULL;
    gsize length;
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
        !g_file_get_contents(path, &text, &length, NULL) ||
        length > SOURCE_MOST)
        return NULL;
    return g_utf8_make_valid(text, (gssize)length);
}

const char *object_names_source(struct object_names *objects,
                                const struct debug_place *place) {
    const char *text = NULL;
    if (place->file == NULL)
        return NULL;
    if (objects->given != NULL)
        text = g_hash_table_lookup(objects->given, place->file);
    if (text != NULL || place->path == NULL)
        return text;
    if (!g_hash_table_contains(objects->read, place->path))
        g_hash_table_insert(objects->read, g_strdup(place->path),
                            read_source(place->path));
    return g_hash_table_lookup(objects->read, place->path);
}

static char *line_at(struct object_names *objects, uint64_t return_address,
                     struct debug_place *place) {
    *place = debug_names_code(objects->names, return_address - 1);
    const char *source = object_names_source(objects, place);
    return source == NULL ? NULL : source_line(source, place->line);
}

// What LINE assigns to: "q" in "queue_t *q = malloc(…);". NULL: nothing.
static char *assigned_to(const char *line) {
    static GRegex *regex; // the grader has one thread
    if (regex == NULL)
        regex = g_regex_new("([A-Za-z_]\\w*(?:(?:->|\\.)\\w+|\\[[^\\]]*\\])*)"
                            "\\s*=(?!=)",
                            G_REGEX_OPTIMIZE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    return g_regex_match(regex, line, 0, &match) ? g_match_info_fetch(match, 1)
                                                 : NULL;
}

// "struct node" in "malloc(sizeof(struct node))".
static char *sized_type(const char *line) {
    static GRegex *regex;
    if (regex == NULL)
        regex = g_regex_new("sizeof\\s*\\(?\\s*((?:struct )?[A-Za-z_]\\w*)",
                            G_REGEX_OPTIMIZE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    return g_regex_match(regex, line, 0, &match) ? g_match_info_fetch(match, 1)
                                                 : NULL;
}

// --- Blocks ------------------------------------------------------------------

static char *base_name(struct object_names *objects,
                       const struct block *block) {
    struct debug_block known = {.pc = block->pc,
                                .expression = block->expression,
                                .type_name = block->type_name,
                                .size = block->size};
    return debug_names_block_name(objects->names, &known);
}

// Goes from the allocation outwards until a line tells what the block is.
// Returns the number of that frame.
static guint find_base(struct object_names *objects, struct block *block,
                       const struct object_use *use) {
    guint i;
    for (i = 0; i < MIN(use->block_depth, FRAMES_MOST); i++) {
        struct debug_place place;
        g_autofree char *line = line_at(objects, use->block_stack[i], &place);
        if (line == NULL)
            continue;
        block->pc = use->block_stack[i] - 1;
        block->expression = assigned_to(line);
        block->base = base_name(objects, block);
        if (block->base != NULL)
            break;
        g_clear_pointer(&block->expression, g_free);
        block->type_name = sized_type(line);
        block->base = base_name(objects, block);
        if (block->base != NULL)
            break;
        g_clear_pointer(&block->type_name, g_free);
    }
    return i;
}

// Where a function that makes objects returns it to a plain variable, that
// variable's name says more than the maker's own.
static void prefer_outer_name(struct object_names *objects, struct block *block,
                              const struct object_use *use, guint frame) {
    struct debug_place inner =
        debug_names_code(objects->names, use->block_stack[frame] - 1);
    for (guint i = frame + 1; i < MIN(use->block_depth, FRAMES_MOST); i++) {
        struct debug_place place;
        g_autofree char *line = line_at(objects, use->block_stack[i], &place);
        g_autofree char *left = line == NULL ? NULL : assigned_to(line);
        if (left == NULL || inner.function == NULL ||
            strstr(line, inner.function) == NULL)
            return;
        struct debug_block known = {.pc = use->block_stack[i] - 1,
                                    .expression = left,
                                    .size = block->size};
        char *name = debug_names_block_name(objects->names, &known);
        if (name == NULL)
            return;
        g_free(block->base);
        block->base = name;
        inner = place;
    }
}

static char *about_block(struct object_names *objects,
                         const struct object_use *use) {
    struct debug_place place = {0};
    for (guint i = 0; i < use->block_depth && place.file == NULL; i++)
        place = debug_names_code(objects->names, use->block_stack[i] - 1);
    g_autofree char *bytes = text_count((long)use->block_size, "byte");
    if (place.file == NULL)
        return g_strdup_printf("a block of %s", bytes);
    return g_strdup_printf("%s allocated in %s (%s:%d)", bytes,
                           place.function != NULL ? place.function : "?",
                           place.file, place.line);
}

static struct block *find_block(struct object_names *objects,
                                const struct object_use *use) {
    if (use->block_number < 0 || objects->names == NULL)
        return NULL;
    for (guint i = 0; i < objects->blocks->len; i++) {
        struct block *block = objects->blocks->pdata[i];
        if (block->number == use->block_number)
            return block;
    }
    struct block *block = g_new0(struct block, 1);
    block->number = use->block_number;
    block->address = use->block;
    block->size = use->block_size;
    block->about = about_block(objects, use);
    guint frame = find_base(objects, block, use);
    if (block->base != NULL)
        prefer_outer_name(objects, block, use, frame);
    g_ptr_array_add(objects->blocks, block);
    return block;
}

// --- Objects -----------------------------------------------------------------

// The source's own words where the object is used.
static char *use_expression(struct object_names *objects,
                            const struct object_use *use) {
    struct debug_place place = {0};
    if (use->depth == 0)
        return NULL;
    place = debug_names_code(objects->names, use->stack[0] - 1);
    const char *source = object_names_source(objects, &place);
    if (source == NULL)
        return NULL;
    char *text =
        use->is_lock
            ? source_argument(source, place.line, place.column, "", 0)
            : source_variable(source, place.line, place.column, use->is_write);
    if (text != NULL && strlen(text) > EXPRESSION_MOST)
        g_clear_pointer(&text, g_free);
    return text;
}

static void name_object(struct object_names *objects, struct object *object,
                        const struct object_use *use) {
    object->block = find_block(objects, use);
    object->thread = -1;
    object->typed = object->block != NULL && object->block->base != NULL;
    if (objects->names == NULL || object->is_block)
        return;
    object->name = debug_names_global(objects->names, use->address, use->size,
                                      &object->type);
    if (object->name == NULL && use->in_frame) {
        object->name =
            debug_names_local(objects->names, use->frame_pc, use->frame_offset,
                              use->size, &object->type);
        object->thread = use->frame_thread;
    }
    if (object->name == NULL && !object->typed)
        object->name = use_expression(objects, use);
}

guint object_names_add(struct object_names *objects,
                       const struct object_use *use) {
    g_autofree char *key =
        g_strdup_printf("%" G_GINT64_MODIFIER "x/%" G_GUINT64_FORMAT
                        "/%" G_GINT64_FORMAT "/%d/%" G_GINT64_MODIFIER "x",
                        use->address, use->size, use->block_number,
                        use->is_block, use->in_frame ? use->frame_pc : 0);
    guint known = GPOINTER_TO_UINT(g_hash_table_lookup(objects->numbers, key));
    if (known > 0)
        return known - 1;
    struct object *object = g_new0(struct object, 1);
    object->address = use->address;
    object->size = use->size;
    object->is_block = use->is_block;
    name_object(objects, object, use);
    g_ptr_array_add(objects->objects, object);
    g_hash_table_insert(objects->numbers, g_steal_pointer(&key),
                        GUINT_TO_POINTER(objects->objects->len));
    return objects->objects->len - 1;
}

// --- Names, once all are known -----------------------------------------------

static void call_blocks(struct object_names *objects) {
    g_autoptr(GHashTable) count = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) next = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < objects->blocks->len; i++) {
        struct block *block = objects->blocks->pdata[i];
        if (block->base == NULL)
            block->base = g_strdup("block");
        guint seen = GPOINTER_TO_UINT(g_hash_table_lookup(count, block->base));
        g_hash_table_insert(count, block->base, GUINT_TO_POINTER(seen + 1));
    }
    for (guint i = 0; i < objects->blocks->len; i++) {
        struct block *block = objects->blocks->pdata[i];
        guint total = GPOINTER_TO_UINT(g_hash_table_lookup(count, block->base));
        guint mine =
            GPOINTER_TO_UINT(g_hash_table_lookup(next, block->base)) + 1;
        g_hash_table_insert(next, block->base, GUINT_TO_POINTER(mine));
        block->called = total == 1 && !g_str_equal(block->base, "block")
                            ? g_strdup(block->base)
                            : g_strdup_printf("%s#%u", block->base, mine);
    }
}

// "*entry", or "cells[]": the pointer itself may be called "entry".
static char *whole_block(struct object_names *objects, struct block *block) {
    struct debug_block known = {.pc = block->pc,
                                .expression = block->expression,
                                .type_name = block->type_name,
                                .called = "",
                                .size = block->size};
    struct debug_type type;
    g_autofree char *part =
        debug_names_block(objects->names, &known, 0, block->size, &type);
    return part != NULL && part[0] == '['
               ? g_strdup_printf("%s[]", block->called)
               : g_strdup_printf("*%s", block->called);
}

static char *block_part(struct object_names *objects, struct object *object) {
    struct block *block = object->block;
    uint64_t offset = object->address - block->address;
    if (object->is_block && object->typed)
        return whole_block(objects, block);
    if (object->is_block)
        return g_strdup(block->called);
    if (object->typed) {
        struct debug_block known = {.pc = block->pc,
                                    .expression = block->expression,
                                    .type_name = block->type_name,
                                    .called = block->called,
                                    .size = block->size};
        char *name = debug_names_block(objects->names, &known, offset,
                                       object->size, &object->type);
        if (name != NULL)
            return name;
    }
    return g_strdup_printf("%s+%" G_GUINT64_FORMAT, block->called, offset);
}

// Whether both are the same bytes, seen in two sizes.
static bool same_place(const struct object *a, const struct object *b) {
    return a->address == b->address && a->block == b->block;
}

// NAME, with something added if another object has it.
static char *unique_name(struct object_names *objects, GHashTable *taken,
                         struct object *object, const char *name) {
    g_autofree char *text = g_strdup(name);
    for (guint n = 1;; n++) {
        gpointer other;
        if (!g_hash_table_lookup_extended(taken, text, NULL, &other) ||
            same_place(objects->objects->pdata[GPOINTER_TO_UINT(other)],
                       object))
            return g_steal_pointer(&text);
        g_free(text);
        gsize length = strlen(name);
        text = n == 1 && object->thread >= 0 && g_str_has_suffix(name, ")")
                   ? g_strdup_printf("%.*s, T%d)", (int)length - 1, name,
                                     object->thread)
                   : g_strdup_printf("%s #%u", name, n + 1);
    }
}

static void name_all(struct object_names *objects) {
    g_autoptr(GHashTable) taken =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    objects->named = true;
    call_blocks(objects);
    for (guint i = 0; i < objects->objects->len; i++) {
        struct object *object = objects->objects->pdata[i];
        g_autofree char *name = g_steal_pointer(&object->name);
        if (name == NULL && object->block != NULL)
            name = block_part(objects, object);
        if (name == NULL)
            name = g_strdup("unnamed memory");
        g_autofree char *clean = text_printable(name, 120);
        object->name = unique_name(objects, taken, object, clean);
        if (!g_hash_table_contains(taken, object->name))
            g_hash_table_insert(taken, g_strdup(object->name),
                                GUINT_TO_POINTER(i));
    }
}

static struct object *get_object(struct object_names *objects, guint number) {
    g_assert(number < objects->objects->len);
    if (!objects->named)
        name_all(objects);
    return objects->objects->pdata[number];
}

const char *object_names_get(struct object_names *objects, guint number) {
    return get_object(objects, number)->name;
}

const char *object_names_about(struct object_names *objects, guint number) {
    const struct object *object = get_object(objects, number);
    return object->block == NULL ? NULL : object->block->about;
}

// What a pointer points to, of the blocks and objects that are known.
static char *pointer_name(struct object_names *objects, uint64_t value) {
    for (guint i = objects->blocks->len; i-- > 0;) {
        const struct block *block = objects->blocks->pdata[i];
        if (value == block->address)
            return g_strdup(block->called);
        if (value > block->address && value - block->address < block->size)
            return g_strdup_printf("%s+%" G_GUINT64_FORMAT, block->called,
                                   value - block->address);
    }
    for (guint i = 0; i < objects->objects->len; i++) {
        const struct object *object = objects->objects->pdata[i];
        if (object->address == value)
            return g_strdup_printf("&%s", object->name);
    }
    return g_strdup("a pointer");
}

char *object_names_value(struct object_names *objects, guint number,
                         uint64_t value, uint64_t size) {
    const struct object *object = get_object(objects, number);
    struct debug_type unknown = {0};
    if (size > 8)
        return g_strdup("");
    char *text =
        objects->names == NULL
            ? g_strdup_printf("%" G_GINT64_FORMAT, (gint64)value)
            : debug_names_value(objects->names,
                                object->size == size ? &object->type : &unknown,
                                value, size);
    // Without a type, what can only be an address is one.
    if (text != NULL && !object->type.known && size == 8 && value >> 40 != 0 &&
        value >> 56 == 0)
        g_clear_pointer(&text, g_free);
    return text != NULL ? text : pointer_name(objects, value);
}
