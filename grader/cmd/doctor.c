// SPDX-License-Identifier: MIT
// How it works: each check prints one line, and under it, if something is
// lacking, what that costs. Versions come from dpkg's own list of packages, so
// nothing has to be run. Not checked: whether the tools work (the canaries of
// every run do that).
#include <sys/statvfs.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "exec/exec.h"

#define DPKG_STATUS "/var/lib/dpkg/status"

static const struct {
    const char *package;
    const char *cost;
} packages[] = {
    {"clang-14", "nothing can be compiled or graded"},
    {"libclang-rt-14-dev", "the stages memory and races cannot run"},
    {"llvm-14", "reports of the stages memory and races have no line numbers"},
    {"lld-14", "answers cannot be linked"},
    {"binutils", "nothing can be graded: objcopy prepares every answer"},
    {"pkg-config", "lockstep itself cannot be built"},
    {"libc6-dev", "nothing can be compiled"},
    {"libglib2.0-dev", "lockstep itself cannot be built"},
    {"libjson-glib-dev", "lockstep itself cannot be built"},
    {"libseccomp-dev", "lockstep itself cannot be built"},
    {"check", "the hidden suites cannot be built"},
    {"libcurl4-openssl-dev", "exercises that fetch pages cannot be graded"},
    {"libmicrohttpd-dev", "exercises that fetch pages cannot be graded"},
    {"valgrind", "the stage locks, and memcheck in memory, cannot run"},
    {"libc6-dbg", "valgrind refuses to start: no locks, no memcheck"},
    {"bubblewrap", "answers run without a sandbox, held by limits alone"},
    {"bats", "the workbook's own end-to-end tests cannot run"},
};

struct checkup {
    FILE *out;
    int lacks; // that keep answers from being graded
};

static void good(const struct checkup *checkup, const char *what,
                 const char *detail) {
    fprintf(checkup->out, "ok    %-22s %s\n", what, detail);
}

static void note(const struct checkup *checkup, const char *what,
                 const char *detail, const char *cost) {
    fprintf(checkup->out, "note  %-22s %s\n      %s\n", what, detail, cost);
}

static void lack(struct checkup *checkup, const char *what, const char *detail,
                 const char *cost) {
    fprintf(checkup->out, "LACK  %-22s %s\n      %s\n", what, detail, cost);
    checkup->lacks++;
}

// Package -> version of all that is installed; empty where there is no dpkg.
static GHashTable *installed_packages(void) {
    GHashTable *versions =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(DPKG_STATUS, &text, NULL, NULL))
        return versions;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    const char *package = "";
    bool installed = false;
    for (int i = 0; lines[i] != NULL; i++) {
        if (g_str_has_prefix(lines[i], "Package: "))
            package = lines[i] + 9;
        else if (g_str_has_prefix(lines[i], "Status: "))
            installed = g_str_has_suffix(lines[i], " ok installed");
        else if (g_str_has_prefix(lines[i], "Version: ") && installed)
            g_hash_table_insert(versions, g_strdup(package),
                                g_strdup(lines[i] + 9));
    }
    return versions;
}

static void check_packages(struct checkup *checkup) {
    g_autoptr(GHashTable) versions = installed_packages();
    if (g_hash_table_size(versions) == 0) {
        note(checkup, "packages", "no list of packages in " DPKG_STATUS,
             "versions are unknown; Debian 12 is what Lockstep is tested on");
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(packages); i++) {
        const char *version =
            g_hash_table_lookup(versions, packages[i].package);
        if (version != NULL)
            good(checkup, packages[i].package, version);
        else
            lack(checkup, packages[i].package, "not installed: make setup",
                 packages[i].cost);
    }
}

static void check_sandbox(const struct checkup *checkup) {
    const char *reason = NULL;
    if (exec_sandbox_works(&reason))
        good(checkup, "sandbox", "bubblewrap works");
    else
        note(checkup, "sandbox", reason ? reason : "bubblewrap does not work",
             "answers run as your user, held by limits and process groups");
}

static void check_random_bits(const struct checkup *checkup) {
    g_autofree char *text = NULL;
    if (!g_file_get_contents("/proc/sys/vm/mmap_rnd_bits", &text, NULL, NULL)) {
        note(checkup, "vm.mmap_rnd_bits", "cannot be read",
             "above 28, ThreadSanitizer of clang 14 needs randomisation off");
        return;
    }
    g_strchomp(text);
    if (g_ascii_strtoll(text, NULL, 10) <= 28)
        good(checkup, "vm.mmap_rnd_bits", text);
    else
        note(checkup, "vm.mmap_rnd_bits", text,
             "ThreadSanitizer is run without address randomisation");
}

static void check_cpus(const struct checkup *checkup) {
    g_autofree char *count = g_strdup_printf("%u", g_get_num_processors());
    if (g_get_num_processors() >= 2)
        good(checkup, "CPUs", count);
    else
        note(checkup, "CPUs", count,
             "the stage speed proves parallelism but measures no speedup");
}

static void check_disk(struct checkup *checkup) {
    struct statvfs disk;
    if (access("build", W_OK) != 0 || statvfs("build", &disk) != 0) {
        lack(checkup, "build/", "cannot be written to",
             "nothing can be graded; copy the workbook to a place of your own");
        return;
    }
    guint64 free_mb = (guint64)disk.f_bavail * disk.f_frsize / 1000000;
    g_autofree char *text =
        g_strdup_printf("%" G_GUINT64_FORMAT " MB free", free_mb);
    if (free_mb >= 200)
        good(checkup, "build/", text);
    else
        note(checkup, "build/", text,
             "a grade needs up to 200 MB; it may end as trouble");
}

static int run(struct cmd_context *context, int argc, char **argv) {
    if (!cmd_parse(context, &cmd_doctor, &argc, &argv, NULL))
        return EXIT_USAGE;
    if (argc > 1)
        return cmd_usage(&cmd_doctor, "it takes no arguments");
    struct checkup checkup = {.out = context->out};
    check_packages(&checkup);
    check_sandbox(&checkup);
    check_random_bits(&checkup);
    check_cpus(&checkup);
    check_disk(&checkup);
    return checkup.lacks == 0 ? EXIT_OK : EXIT_TROUBLE;
}

const struct command cmd_doctor = {
    .name = "doctor",
    .usage = "",
    .summary = "checks this machine and says what each lack costs",
    .run = run,
};
