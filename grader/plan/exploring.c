// SPDX-License-Identifier: MIT
#include "plan/exploring.h"

// What happens to one source, by sh: $1 the source, $2 the workbook, $3 where
// the objects go without ".o", and then the user's options. -O0, because what
// an optimiser makes of `while (!flag) {}` has no step in it any more;
// read-before-write, because x++ is two steps. docs/adr/0005 says why it goes
// by way of LLVM IR.
//
// The second script lets the debugger find the objects that the first has put
// behind an assembler statement: it points the debug information at their
// places in the frame instead of at the statement's result.
static const char compile_script[] =
    "source=$1 home=$2 out=$3; shift 3; "
    "flags='-std=gnu11 -D_GNU_SOURCE= -w -gdwarf-4 -O0 "
    "-fno-omit-frame-pointer -fsanitize=thread "
    "-mllvm -tsan-instrument-read-before-write'; "
    "clang-14 $flags \"$@\" -Xclang -disable-llvm-passes -S -emit-llvm "
    "\"$source\" -o \"$out.ll\" && "
    "awk -f \"$home/grader/harness/stack_objects.awk\" \"$out.ll\" "
    ">\"$out.moved.ll\" && "
    "awk '"
    "/^define / { delete moved } "
    "/ = call .* asm \"\", \"=r,0\"\\(.* %lk\\./ { moved[$1] = 1 } "
    "/call void @llvm.dbg.declare\\(metadata / { "
    "  at = index($0, \", metadata !\"); head = substr($0, 1, at - 1); "
    "  n = split(head, word, \" \"); name = word[n]; "
    "  if (name in moved) "
    "    $0 = substr(head, 1, length(head) - length(name)) \"%lk.\" "
    "         substr(name, 2) substr($0, at) } "
    "{ print }' \"$out.moved.ll\" >\"$out.shown.ll\" && "
    "clang-14 $flags -x ir -c \"$out.shown.ll\" -o \"$out.raw.o\" && "
    "objcopy --redefine-syms=\"$home/grader/explore/redirect.syms\" "
    "\"$out.raw.o\" \"$out.o\"";

GStrv exploring_compile(const struct exploring *exploring, guint file) {
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    g_autofree char *out = g_strdup_printf("%s/%u", exploring->folder, file);
    g_strv_builder_add_many(words, "sh", "-c", compile_script, "sh",
                            exploring->files[file], exploring->home, out, NULL);
    g_strv_builder_addv(words, (const char **)exploring->compile);
    return g_strv_builder_end(words);
}

GStrv exploring_link(const struct exploring *exploring) {
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    g_autofree char *archive =
        g_build_filename(exploring->home, "build/explore/explore.a", NULL);
    g_autofree char *program = exploring_program(exploring);
    g_strv_builder_add_many(words, "clang-14", "-fuse-ld=lld", "-no-pie",
                            "-Wl,-z,now", NULL);
    for (guint i = 0; i < g_strv_length(exploring->files); i++) {
        g_autofree char *object =
            g_strdup_printf("%s/%u.o", exploring->folder, i);
        g_strv_builder_add(words, object);
    }
    g_strv_builder_add(words, archive);
    g_strv_builder_addv(words, (const char **)exploring->link);
    g_strv_builder_add_many(words, "-lpthread", "-lm", "-lrt", "-o", program,
                            NULL);
    return g_strv_builder_end(words);
}

GStrv exploring_run(const struct exploring *exploring) {
    g_autoptr(GStrvBuilder) words = g_strv_builder_new();
    g_autofree char *program = exploring_program(exploring);
    g_autofree char *output = exploring_output(exploring);
    g_strv_builder_add(words, program);
    g_strv_builder_addv(words, (const char **)exploring->options);
    g_strv_builder_add_many(words, "--out", output, NULL);
    if (exploring->arguments[0] != NULL)
        g_strv_builder_add(words, "--");
    g_strv_builder_addv(words, (const char **)exploring->arguments);
    return g_strv_builder_end(words);
}

char *exploring_output(const struct exploring *exploring) {
    return g_build_filename(exploring->folder, "lines", NULL);
}

char *exploring_program(const struct exploring *exploring) {
    return g_build_filename(exploring->folder, "program", NULL);
}
