// SPDX-License-Identifier: MIT
// How it works: once, all variables with a fixed address are gathered from all
// units, those inside functions too, and sorted by address. Code is looked up
// unit by unit in the line tables: clang writes no table of address ranges.
#include "read/debug_names.h"

#include <dwarf.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "read/debug_types.h"

enum { DEPTH_MOST = 64 };

struct variable {
    uint64_t address;
    uint64_t size;
    Dwarf_Die die;
    const char *name;
    const char *function; // it is static in; NULL: none
    const char *file;     // its unit
    bool ambiguous;       // another has the same name
};

struct debug_names {
    int fd;
    Dwarf *dwarf;
    Elf *elf;
    GArray *units;     // of Dwarf_Die
    GArray *variables; // of struct variable, by address
};

// --- Variables with a fixed address ------------------------------------------

static bool fixed_address(Dwarf_Die *die, uint64_t *address) {
    Dwarf_Attribute attribute, indirect;
    Dwarf_Op *ops;
    size_t count;
    Dwarf_Addr value;
    if (dwarf_attr(die, DW_AT_location, &attribute) == NULL ||
        dwarf_getlocation(&attribute, &ops, &count) != 0 || count != 1)
        return false;
    if (ops[0].atom == DW_OP_addr) {
        *address = ops[0].number;
        return true;
    }
    if (ops[0].atom != DW_OP_addrx || // DWARF 5
        dwarf_getlocation_attr(&attribute, &ops[0], &indirect) != 0 ||
        dwarf_formaddr(&indirect, &value) != 0)
        return false;
    *address = value;
    return true;
}

static void add_variable(struct debug_names *names, Dwarf_Die *die,
                         const char *function, const char *file) {
    struct variable variable = {.die = *die, .function = function};
    Dwarf_Die type;
    Dwarf_Die base = *die; // a definition may refer to its declaration
    Dwarf_Attribute attribute;
    if (!fixed_address(die, &variable.address) || !debug_type_of(die, &type))
        return;
    if (dwarf_attr(die, DW_AT_specification, &attribute) != NULL)
        (void)dwarf_formref_die(&attribute, &base);
    variable.name = dwarf_diename(&base);
    variable.file = file;
    variable.size = MAX(debug_type_size(&type), 1);
    if (variable.name != NULL)
        g_array_append_val(names->variables, variable);
}

// DIE's children, and those of its blocks.
static void add_variables(struct debug_names *names, Dwarf_Die *die,
                          const char *function, const char *file, int depth) {
    Dwarf_Die child;
    if (depth > DEPTH_MOST)
        return;
    for (int more = dwarf_child(die, &child); more == 0;
         more = dwarf_siblingof(&child, &child)) {
        int tag = dwarf_tag(&child);
        if (tag == DW_TAG_variable)
            add_variable(names, &child, function, file);
        else if (tag == DW_TAG_subprogram)
            add_variables(names, &child, dwarf_diename(&child), file,
                          depth + 1);
        else if (tag == DW_TAG_lexical_block)
            add_variables(names, &child, function, file, depth + 1);
    }
}

static gint compare_variables(gconstpointer a, gconstpointer b) {
    const struct variable *left = a;
    const struct variable *right = b;
    return left->address < right->address   ? -1
           : left->address > right->address ? 1
                                            : 0;
}

static void mark_ambiguous(GArray *variables) {
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < variables->len; i++) {
        struct variable *variable =
            &g_array_index(variables, struct variable, i);
        gpointer other;
        if (g_hash_table_lookup_extended(seen, variable->name, NULL, &other)) {
            variable->ambiguous = true;
            g_array_index(variables, struct variable, GPOINTER_TO_UINT(other))
                .ambiguous = true;
        } else {
            g_hash_table_insert(seen, (char *)variable->name,
                                GUINT_TO_POINTER(i));
        }
    }
}

static void read_units(struct debug_names *names) {
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;
    uint8_t kind;
    while (dwarf_get_units(names->dwarf, unit, &unit, NULL, &kind, &die,
                           NULL) == 0) {
        if (dwarf_tag(&die) != DW_TAG_compile_unit)
            continue;
        const char *file = dwarf_diename(&die);
        g_array_append_val(names->units, die);
        // The explorer's own are nobody's business, and take no names.
        if (file == NULL || strstr(file, "grader/explore/") == NULL)
            add_variables(names, &die, NULL, file, 0);
    }
    g_array_sort(names->variables, compare_variables);
    mark_ambiguous(names->variables);
}

// --- Life --------------------------------------------------------------------

struct debug_names *debug_names_open(const char *program, GError **error) {
    int fd = open(program, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "read '%s': %s", program, g_strerror(errno));
        return NULL;
    }
    Dwarf *dwarf = dwarf_begin(fd, DWARF_C_READ);
    if (dwarf == NULL) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "read the debug information of '%s': %s", program,
                    dwarf_errmsg(-1));
        close(fd);
        return NULL;
    }
    struct debug_names *names = g_new0(struct debug_names, 1);
    names->fd = fd;
    names->dwarf = dwarf;
    names->elf = dwarf_getelf(dwarf);
    names->units = g_array_new(FALSE, FALSE, sizeof(Dwarf_Die));
    names->variables = g_array_new(FALSE, FALSE, sizeof(struct variable));
    read_units(names);
    return names;
}

void debug_names_free(struct debug_names *names) {
    if (names == NULL)
        return;
    g_array_unref(names->units);
    g_array_unref(names->variables);
    dwarf_end(names->dwarf);
    close(names->fd);
    g_free(names);
}

// --- Code --------------------------------------------------------------------

static Dwarf_Die *find_unit(struct debug_names *names, uint64_t pc) {
    for (guint i = 0; i < names->units->len; i++) {
        Dwarf_Die *unit = &g_array_index(names->units, Dwarf_Die, i);
        if (dwarf_haspc(unit, pc) == 1)
            return unit;
    }
    return NULL;
}

static bool find_function(Dwarf_Die *unit, uint64_t pc, Dwarf_Die *function) {
    for (int more = dwarf_child(unit, function); more == 0;
         more = dwarf_siblingof(function, function))
        if (dwarf_tag(function) == DW_TAG_subprogram &&
            dwarf_haspc(function, pc) == 1)
            return true;
    return false;
}

// The symbol that covers PC; its strings are libelf's.
static const char *find_symbol(struct debug_names *names, uint64_t pc,
                               bool exact) {
    for (Elf_Scn *section = NULL;
         (section = elf_nextscn(names->elf, section)) != NULL;) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == NULL ||
            header.sh_type != SHT_SYMTAB || header.sh_entsize == 0)
            continue;
        Elf_Data *data = elf_getdata(section, NULL);
        int count = (int)(header.sh_size / header.sh_entsize);
        for (int i = 0; data != NULL && i < count; i++) {
            GElf_Sym symbol;
            if (gelf_getsym(data, i, &symbol) != NULL &&
                GELF_ST_TYPE(symbol.st_info) == STT_FUNC &&
                pc >= symbol.st_value &&
                pc < symbol.st_value + (exact ? 1 : symbol.st_size))
                return elf_strptr(names->elf, header.sh_link, symbol.st_name);
        }
    }
    return NULL;
}

// PATH without the folder that the compiler was run in.
static const char *as_given(Dwarf_Die *unit, const char *path) {
    Dwarf_Attribute attribute;
    const char *folder = dwarf_attr(unit, DW_AT_comp_dir, &attribute) == NULL
                             ? NULL
                             : dwarf_formstring(&attribute);
    gsize length = folder == NULL ? 0 : strlen(folder);
    if (length > 1 && strncmp(path, folder, length) == 0 && path[length] == '/')
        path += length + 1;
    while (g_str_has_prefix(path, "./"))
        path += 2;
    return path;
}

struct debug_place debug_names_code(struct debug_names *names, uint64_t pc) {
    struct debug_place place = {0};
    Dwarf_Die *unit = find_unit(names, pc);
    Dwarf_Die function;
    if (unit == NULL) {
        place.function = find_symbol(names, pc, false);
        return place;
    }
    if (find_function(unit, pc, &function))
        place.function = dwarf_diename(&function);
    Dwarf_Line *line = dwarf_getsrc_die(unit, pc);
    if (line == NULL || dwarf_lineno(line, &place.line) != 0)
        return place;
    (void)dwarf_linecol(line, &place.column);
    place.path = dwarf_linesrc(line, NULL, NULL);
    if (place.path != NULL)
        place.file = as_given(unit, place.path);
    return place;
}

// --- Data --------------------------------------------------------------------

static const struct variable *find_variable(struct debug_names *names,
                                            uint64_t address) {
    guint low = 0;
    guint high = names->variables->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        const struct variable *variable =
            &g_array_index(names->variables, struct variable, middle);
        if (variable->address > address)
            high = middle;
        else if (address - variable->address < variable->size)
            return variable;
        else
            low = middle + 1;
    }
    return NULL;
}

char *debug_names_global(struct debug_names *names, uint64_t address,
                         uint64_t size, struct debug_type *type) {
    const struct variable *variable = find_variable(names, address);
    *type = (struct debug_type){0};
    if (variable == NULL)
        return NULL;
    GString *text = g_string_new(variable->name);
    Dwarf_Die die = variable->die;
    debug_type_path(&die, address - variable->address, size, text, &type->leaf);
    type->known = true;
    g_autofree char *file =
        variable->file != NULL ? g_path_get_basename(variable->file) : NULL;
    if (variable->function != NULL)
        g_string_append_printf(text, " (in %s)", variable->function);
    else if (variable->ambiguous && file != NULL)
        g_string_append_printf(text, " (%s)", file);
    return g_string_free(text, FALSE);
}

// Where DIE lies from the frame pointer.
static bool frame_place(Dwarf_Die *die, int64_t *offset) {
    Dwarf_Attribute attribute;
    Dwarf_Op *ops;
    size_t count;
    if (dwarf_attr(die, DW_AT_location, &attribute) == NULL ||
        dwarf_getlocation(&attribute, &ops, &count) != 0 || count != 1 ||
        (ops[0].atom != DW_OP_fbreg && ops[0].atom != DW_OP_breg6))
        return false;
    *offset = (int64_t)ops[0].number;
    return true;
}

// Looks below DIE for the variable at OFFSET. Of blocks whose variables share a
// place, the one that is running (at PC) counts most.
static bool find_local(Dwarf_Die *die, uint64_t pc, int64_t offset,
                       Dwarf_Die *found, int64_t *start, int depth) {
    bool any = false;
    Dwarf_Die child;
    for (int more = dwarf_child(die, &child); more == 0 && depth < DEPTH_MOST;
         more = dwarf_siblingof(&child, &child)) {
        int tag = dwarf_tag(&child);
        Dwarf_Die type;
        int64_t at;
        if (tag == DW_TAG_lexical_block) {
            if (!any || dwarf_haspc(&child, pc) == 1)
                any |= find_local(&child, pc, offset, found, start, depth + 1);
        } else if ((tag == DW_TAG_variable || tag == DW_TAG_formal_parameter) &&
                   !any && frame_place(&child, &at) && offset >= at &&
                   debug_type_of(&child, &type) &&
                   (uint64_t)(offset - at) < MAX(debug_type_size(&type), 1)) {
            *found = child;
            *start = at;
            any = true;
        }
    }
    return any;
}

char *debug_names_local(struct debug_names *names, uint64_t pc, int64_t offset,
                        uint64_t size, struct debug_type *type) {
    Dwarf_Die *unit = find_unit(names, pc);
    Dwarf_Die function, variable;
    int64_t start;
    *type = (struct debug_type){0};
    if (unit == NULL || !find_function(unit, pc, &function) ||
        !find_local(&function, pc, offset, &variable, &start, 0))
        return NULL;
    GString *text = g_string_new(dwarf_diename(&variable));
    debug_type_path(&variable, (uint64_t)(offset - start), size, text,
                    &type->leaf);
    type->known = true;
    const char *name = dwarf_diename(&function);
    g_string_append_printf(text, " (in %s)", name != NULL ? name : "?");
    return g_string_free(text, FALSE);
}

// --- Blocks of the heap ------------------------------------------------------

static bool find_named(Dwarf_Die *die, const char *name, Dwarf_Die *found,
                       int depth) {
    Dwarf_Die child;
    bool any = false;
    for (int more = dwarf_child(die, &child); more == 0 && depth < DEPTH_MOST;
         more = dwarf_siblingof(&child, &child)) {
        int tag = dwarf_tag(&child);
        if (tag == DW_TAG_lexical_block)
            any |= find_named(&child, name, found, depth + 1);
        else if ((tag == DW_TAG_variable || tag == DW_TAG_formal_parameter) &&
                 g_strcmp0(dwarf_diename(&child), name) == 0) {
            *found = child;
            any = true;
        }
    }
    return any;
}

// The die of the pointer that EXPRESSION is, in the function at PC.
static bool find_pointer(struct debug_names *names, uint64_t pc,
                         const char *expression, Dwarf_Die *leaf) {
    Dwarf_Die *unit = find_unit(names, pc);
    Dwarf_Die function, variable;
    gsize length = strcspn(expression, "-.[ ");
    g_autofree char *name = g_strndup(expression, length);
    if (unit == NULL || !find_function(unit, pc, &function))
        return false;
    if (!find_named(&function, name, &variable, 0) &&
        !find_named(unit, name, &variable, 0))
        return false;
    return debug_type_walk(&variable, expression + length, leaf);
}

// What BLOCK holds, one or several of it; *HOLDER is a die of that type.
static bool find_target(struct debug_names *names,
                        const struct debug_block *block, Dwarf_Die *holder,
                        Dwarf_Die *target) {
    Dwarf_Die pointer;
    Dwarf_Die *unit = find_unit(names, block->pc);
    if (block->expression != NULL) {
        if (!find_pointer(names, block->pc, block->expression, &pointer) ||
            !debug_type_of(&pointer, holder) ||
            dwarf_tag(holder) != DW_TAG_pointer_type ||
            !debug_type_of(holder, target))
            return false;
    } else {
        if (block->type_name == NULL || unit == NULL ||
            !debug_type_find(unit, block->type_name, target))
            return false;
        *holder = *target;
    }
    return debug_type_size(target) > 1; // not a buffer of bytes
}

static bool is_plain_name(const char *expression) {
    return expression[strcspn(expression, "-.[ ")] == '\0';
}

char *debug_names_block_name(struct debug_names *names,
                             const struct debug_block *block) {
    Dwarf_Die holder, target;
    if (!find_target(names, block, &holder, &target))
        return NULL;
    if (block->expression != NULL && is_plain_name(block->expression))
        return g_strdup(block->expression);
    const char *name = block->type_name;
    if (block->expression != NULL)
        name = dwarf_diename(&target);
    if (name == NULL)
        return g_strdup(block->expression);
    return g_strdup(g_str_has_prefix(name, "struct ") ? name + 7 : name);
}

char *debug_names_block(struct debug_names *names,
                        const struct debug_block *block, uint64_t offset,
                        uint64_t size, struct debug_type *type) {
    Dwarf_Die holder, target;
    *type = (struct debug_type){0};
    if (!find_target(names, block, &holder, &target))
        return NULL;
    g_autofree char *own = block->called == NULL
                               ? debug_names_block_name(names, block)
                               : g_strdup(block->called);
    uint64_t whole = debug_type_size(&target);
    int tag = dwarf_tag(&target);
    bool is_struct = tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
    bool several =
        block->size >= 2 * whole && !(is_struct && debug_type_is_open(&target));
    GString *path = g_string_new(NULL);
    debug_type_path(&holder, several ? offset % whole : offset, size, path,
                    &type->leaf);
    type->known = true;
    if (several)
        g_string_prepend(path, "]");
    g_autofree char *rest = g_string_free(path, FALSE);
    if (several)
        return g_strdup_printf("%s[%" G_GUINT64_FORMAT "%s", own,
                               offset / whole, rest);
    if (is_struct && rest[0] == '.')
        return g_strdup_printf("%s->%s", own, rest + 1);
    return g_strdup_printf("*%s%s", own, rest);
}

char *debug_names_value(struct debug_names *names,
                        const struct debug_type *type, uint64_t value,
                        uint64_t size) {
    Dwarf_Die leaf = type->leaf;
    char *text = debug_type_value(type->known ? &leaf : NULL, value, size);
    if (text != NULL)
        return text;
    struct debug_type target;
    Dwarf_Die pointer, pointed;
    uint64_t whole =
        debug_type_of(&leaf, &pointer) && debug_type_of(&pointer, &pointed)
            ? debug_type_size(&pointed)
            : 0;
    g_autofree char *name = debug_names_global(names, value, whole, &target);
    if (name != NULL)
        return g_strdup_printf("&%s", name);
    return g_strdup(find_symbol(names, value, true));
}
