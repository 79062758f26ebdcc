// SPDX-License-Identifier: MIT
#include "read/debug_types.h"

#include <dwarf.h>
#include <string.h>

enum { DEPTH_MOST = 32, DIMENSIONS_MOST = 8 };

// --- Small questions ---------------------------------------------------------

// The type as written, with its typedefs.
static bool plain_type(Dwarf_Die *die, Dwarf_Die *type) {
    Dwarf_Attribute attribute;
    return dwarf_attr_integrate(die, DW_AT_type, &attribute) != NULL &&
           dwarf_formref_die(&attribute, type) != NULL;
}

bool debug_type_of(Dwarf_Die *die, Dwarf_Die *type) {
    Dwarf_Die written;
    int tag = dwarf_tag(die);
    if (tag == DW_TAG_structure_type || tag == DW_TAG_union_type) {
        *type = *die;
        return true;
    }
    return plain_type(die, &written) && dwarf_peel_type(&written, type) == 0;
}

uint64_t debug_type_size(Dwarf_Die *type) {
    Dwarf_Word size;
    return dwarf_aggregate_size(type, &size) == 0 ? size : 0;
}

static bool number_of(Dwarf_Die *die, unsigned name, uint64_t *number) {
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    if (dwarf_attr(die, name, &attribute) == NULL ||
        dwarf_formudata(&attribute, &value) != 0)
        return false;
    *number = value;
    return true;
}

// A typedef on the way from DIE to its type that says: look no further.
static bool is_opaque(Dwarf_Die *die) {
    static const char *const names[] = {"sem_t",     "mtx_t",       "cnd_t",
                                        "once_flag", "atomic_flag", "FILE"};
    Dwarf_Die type;
    bool have = plain_type(die, &type);
    for (int i = 0; have && i < DEPTH_MOST; i++) {
        const char *name = dwarf_diename(&type);
        if (dwarf_tag(&type) == DW_TAG_typedef && name != NULL) {
            if (g_str_has_prefix(name, "pthread_"))
                return true;
            for (size_t n = 0; n < G_N_ELEMENTS(names); n++)
                if (g_str_equal(names[n], name))
                    return true;
        }
        Dwarf_Die inner = type;
        have = dwarf_tag(&inner) != DW_TAG_pointer_type &&
               dwarf_tag(&inner) != DW_TAG_array_type &&
               plain_type(&inner, &type);
    }
    return false;
}

// --- The path to a member ----------------------------------------------------

// How many elements each dimension of the array TYPE has; 0: unknown.
static guint read_dimensions(Dwarf_Die *type, uint64_t *counts) {
    guint dimensions = 0;
    Dwarf_Die child;
    for (int more = dwarf_child(type, &child);
         more == 0 && dimensions < DIMENSIONS_MOST;
         more = dwarf_siblingof(&child, &child)) {
        if (dwarf_tag(&child) != DW_TAG_subrange_type)
            continue;
        uint64_t count = 0;
        if (!number_of(&child, DW_AT_count, &count) &&
            number_of(&child, DW_AT_upper_bound, &count))
            count++;
        counts[dimensions++] = count;
    }
    return dimensions;
}

bool debug_type_is_open(Dwarf_Die *type) {
    bool open = false;
    Dwarf_Die child, member;
    for (int more = dwarf_child(type, &child); more == 0;
         more = dwarf_siblingof(&child, &child)) {
        uint64_t counts[DIMENSIONS_MOST] = {0};
        open = dwarf_tag(&child) == DW_TAG_member &&
               debug_type_of(&child, &member) &&
               dwarf_tag(&member) == DW_TAG_array_type &&
               read_dimensions(&member, counts) == 1 && counts[0] == 0;
    }
    return open;
}

// Appends the indexes and returns the offset into the element.
static uint64_t enter_array(Dwarf_Die *type, uint64_t offset, GString *path) {
    uint64_t counts[DIMENSIONS_MOST];
    guint dimensions = read_dimensions(type, counts);
    Dwarf_Die element;
    uint64_t size =
        debug_type_of(type, &element) ? debug_type_size(&element) : 0;
    if (size == 0)
        return offset;
    for (guint d = 0; d < dimensions; d++) {
        uint64_t step = size;
        for (guint inner = d + 1; inner < dimensions; inner++)
            step *= MAX(counts[inner], 1);
        g_string_append_printf(path, "[%" G_GUINT64_FORMAT "]", offset / step);
        offset %= step;
    }
    return offset;
}

// Whether the member, maybe a bit-field, covers the byte at OFFSET; *START is
// where it begins.
static bool member_covers(Dwarf_Die *member, uint64_t offset, uint64_t *start) {
    Dwarf_Die type;
    uint64_t bits, at;
    *start = 0;
    if (dwarf_tag(member) != DW_TAG_member || !debug_type_of(member, &type))
        return false;
    bool placed = number_of(member, DW_AT_data_member_location, start);
    uint64_t size = debug_type_size(&type);
    if (!number_of(member, DW_AT_bit_size, &bits))
        return offset >= *start && (offset - *start < size || size == 0);
    if (number_of(member, DW_AT_data_bit_offset, &at)) {
        *start = at / 8;
    } else if (placed && number_of(member, DW_AT_bit_offset, &at)) {
        at = *start * 8 + size * 8 - at - bits; // counted from the high end
        *start = at / 8;
    } else {
        at = *start * 8;
    }
    return offset >= at / 8 && offset <= (at + bits - 1) / 8;
}

// Whether there is a part of MEMBER that is SIZE bytes large at OFFSET in it.
static bool has_part(Dwarf_Die *member, uint64_t offset, uint64_t size) {
    g_autoptr(GString) path = g_string_new(NULL);
    Dwarf_Die leaf, type;
    debug_type_path(member, offset, size, path, &leaf);
    return strchr(path->str, '+') == NULL && debug_type_of(&leaf, &type) &&
           debug_type_size(&type) == size;
}

// In a union several members cover a byte: the first with a part that fits.
static bool find_member(Dwarf_Die *type, uint64_t offset, uint64_t size,
                        Dwarf_Die *member, uint64_t *start) {
    bool is_union = dwarf_tag(type) == DW_TAG_union_type;
    bool found = false;
    Dwarf_Die child;
    for (int more = dwarf_child(type, &child); more == 0;
         more = dwarf_siblingof(&child, &child)) {
        uint64_t at;
        if (!member_covers(&child, offset, &at))
            continue;
        bool fits = !is_union || has_part(&child, offset - at, size);
        if (!found || fits) {
            *member = child;
            *start = at;
            found = true;
        }
        if (fits)
            break;
    }
    return found;
}

void debug_type_path(Dwarf_Die *die, uint64_t offset, uint64_t size,
                     GString *path, Dwarf_Die *leaf) {
    *leaf = *die;
    for (int depth = 0; depth < DEPTH_MOST; depth++) {
        Dwarf_Die type;
        if (is_opaque(leaf) || !debug_type_of(leaf, &type))
            return;
        int tag = dwarf_tag(&type);
        uint64_t whole = debug_type_size(&type);
        if (offset == 0 && size == whole && size > 8)
            return;
        if (tag == DW_TAG_array_type) {
            offset = enter_array(&type, offset, path);
            *leaf = type; // whose type is the element's
        } else if (tag == DW_TAG_structure_type || tag == DW_TAG_union_type) {
            Dwarf_Die member;
            uint64_t start;
            if (!find_member(&type, offset, size, &member, &start))
                break;
            const char *name = dwarf_diename(&member);
            if (name != NULL)
                g_string_append_printf(path, ".%s", name);
            offset -= start;
            *leaf = member;
        } else {
            break;
        }
    }
    if (offset > 0)
        g_string_append_printf(path, "+%" G_GUINT64_FORMAT, offset);
}

// --- Values ------------------------------------------------------------------

static int64_t sign_extended(uint64_t value, uint64_t size) {
    if (size == 0 || size >= 8)
        return (int64_t)value;
    uint64_t top = (uint64_t)1 << (size * 8 - 1);
    value &= (top << 1) - 1;
    return (int64_t)((value ^ top) - top);
}

static char *enumerator_of(Dwarf_Die *type, uint64_t value) {
    Dwarf_Die child;
    for (int more = dwarf_child(type, &child); more == 0;
         more = dwarf_siblingof(&child, &child)) {
        Dwarf_Attribute attribute;
        Dwarf_Sword constant;
        if (dwarf_tag(&child) == DW_TAG_enumerator &&
            dwarf_attr(&child, DW_AT_const_value, &attribute) != NULL &&
            dwarf_formsdata(&attribute, &constant) == 0 &&
            (uint32_t)constant == (uint32_t)value)
            return g_strdup(dwarf_diename(&child));
    }
    return NULL;
}

static char *float_value(uint64_t value, uint64_t size) {
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    double number;
    float single;
    uint32_t half = (uint32_t)value;
    memcpy(&number, &value, sizeof number);
    memcpy(&single, &half, sizeof single);
    g_ascii_formatd(text, sizeof text, "%g", size == 4 ? single : number);
    return g_strdup(text);
}

static char *base_value(Dwarf_Die *type, uint64_t value, uint64_t size) {
    uint64_t encoding = DW_ATE_signed;
    (void)number_of(type, DW_AT_encoding, &encoding);
    int64_t number = sign_extended(value, size);
    switch (encoding) {
    case DW_ATE_boolean:
        return g_strdup(value == 0   ? "false"
                        : value == 1 ? "true"
                                     : "neither true nor false");
    case DW_ATE_float:
        return float_value(value, size);
    case DW_ATE_signed_char:
    case DW_ATE_unsigned_char:
        if (value >= 0x20 && value < 0x7f)
            return g_strdup_printf("'%c'", (char)value);
        break;
    default:
        break;
    }
    if (encoding == DW_ATE_unsigned || encoding == DW_ATE_unsigned_char)
        return g_strdup_printf("%" G_GUINT64_FORMAT, value);
    return g_strdup_printf("%" G_GINT64_FORMAT, number);
}

// A thread's handle is an address in disguise.
static bool is_handle(Dwarf_Die *leaf) {
    Dwarf_Die type;
    return plain_type(leaf, &type) &&
           (g_strcmp0(dwarf_diename(&type), "pthread_t") == 0 ||
            g_strcmp0(dwarf_diename(&type), "thrd_t") == 0);
}

char *debug_type_value(Dwarf_Die *leaf, uint64_t value, uint64_t size) {
    Dwarf_Die type;
    if (leaf != NULL && is_handle(leaf))
        return g_strdup(value == 0 ? "0" : "a thread");
    if (leaf == NULL || !debug_type_of(leaf, &type))
        return g_strdup_printf("%" G_GINT64_FORMAT, sign_extended(value, size));
    int tag = dwarf_tag(&type);
    if (tag == DW_TAG_pointer_type)
        return value == 0 ? g_strdup("NULL") : NULL;
    char *name =
        tag == DW_TAG_enumeration_type ? enumerator_of(&type, value) : NULL;
    if (name != NULL)
        return name;
    if (tag == DW_TAG_base_type && debug_type_size(&type) == size)
        return base_value(&type, value, size);
    return g_strdup_printf("%" G_GINT64_FORMAT, sign_extended(value, size));
}

// --- Expressions -------------------------------------------------------------

bool debug_type_find(Dwarf_Die *unit, const char *name, Dwarf_Die *type) {
    bool tagged = g_str_has_prefix(name, "struct ");
    const char *bare = tagged ? name + strlen("struct ") : name;
    Dwarf_Die child;
    for (int more = dwarf_child(unit, &child); more == 0;
         more = dwarf_siblingof(&child, &child)) {
        int tag = dwarf_tag(&child);
        bool right = tagged ? tag == DW_TAG_structure_type
                            : tag == DW_TAG_typedef || tag == DW_TAG_base_type;
        if (right && g_strcmp0(dwarf_diename(&child), bare) == 0)
            return dwarf_peel_type(&child, type) == 0;
    }
    return false;
}

static bool member_called(Dwarf_Die *type, const char *name, gsize length,
                          Dwarf_Die *member) {
    for (int more = dwarf_child(type, member); more == 0;
         more = dwarf_siblingof(member, member)) {
        const char *here = dwarf_diename(member);
        if (here != NULL && strlen(here) == length &&
            strncmp(here, name, length) == 0)
            return true;
    }
    return false;
}

bool debug_type_walk(Dwarf_Die *die, const char *expression, Dwarf_Die *leaf) {
    *leaf = *die;
    for (const char *p = expression; *p != '\0';) {
        Dwarf_Die type, member;
        if (!debug_type_of(leaf, &type))
            return false;
        bool arrow = g_str_has_prefix(p, "->");
        if (*p == '[') {
            p += strcspn(p, "]");
            p += *p == ']';
            *leaf = type;
            continue;
        }
        if (arrow) {
            Dwarf_Die pointer = type;
            if (!debug_type_of(&pointer, &type))
                return false;
        } else if (*p != '.') {
            return false;
        }
        p += arrow ? 2 : 1;
        gsize length = strcspn(p, "-.[ ");
        if (!member_called(&type, p, length, &member))
            return false;
        *leaf = member;
        p += length;
    }
    return true;
}
