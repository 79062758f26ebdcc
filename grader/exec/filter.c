// SPDX-License-Identifier: MIT
// How it works: libseccomp compiles the rules once into a memory file; every
// box opens that file anew, because descriptors that share an offset would
// leave the second reader nothing. ptrace stays allowed: LeakSanitizer stops
// the threads of its own process with it. Not covered: 32-bit system calls
// (the kernel refuses them, the filter being for one architecture) and
// anything that a descriptor handed in from outside could do.
#include "exec/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_IMPLIES_EXEC_BIT 0x0400000u // of <linux/personality.h>

static const char *const refused[] = {
    "process_vm_readv",
    "process_vm_writev",
    "kcmp",
    "pidfd_getfd",
    "process_madvise",
    "bpf",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "userfaultfd",
    "perf_event_open",
    "fanotify_init",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "setns",
    "unshare",
    "add_key",
    "request_key",
    "keyctl",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "clock_settime",
    "clock_adjtime",
    "settimeofday",
    "adjtimex",
    "open_by_handle_at",
    "name_to_handle_at",
    "swapon",
    "swapoff",
    "acct",
    "quotactl",
    "syslog",
    "sethostname",
    "setdomainname",
    "iopl",
    "ioperm",
    "vhangup",
    "lookup_dcookie",
};

// A name that this libseccomp does not know is one that this machine's kernel
// headers did not have either: nothing to refuse.
static int refuse(scmp_filter_ctx context, const char *name, int error_number) {
    int number = seccomp_syscall_resolve_name(name);
    if (number < 0)
        return 0;
    return seccomp_rule_add(context, SCMP_ACT_ERRNO(error_number), number, 0);
}

static int refuse_namespaces(scmp_filter_ctx context) {
    static const unsigned flags[] = {
        CLONE_NEWNS,  CLONE_NEWUSER, CLONE_NEWPID,   CLONE_NEWNET,
        CLONE_NEWIPC, CLONE_NEWUTS,  CLONE_NEWCGROUP};
    int result = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++)
        result |=
            seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, flags[i], flags[i]));
    // Its flags lie in memory where no filter can look; glibc falls back to
    // clone when told that there is no clone3.
    return result | refuse(context, "clone3", ENOSYS);
}

static int refuse_sockets(scmp_filter_ctx context) {
    int result = 0;
    for (int family = 0; family < AF_MAX; family++)
        if (family != AF_UNIX && family != AF_INET && family != AF_INET6)
            result |= seccomp_rule_add(
                context, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family, 0));
    result |=
        seccomp_rule_add(context, SCMP_ACT_ERRNO(EAFNOSUPPORT),
                         SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_GE, AF_MAX, 0));
    // Typing into a terminal that someone left open to us.
    return result |
           seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                            SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, TIOCSTI));
}

static int refuse_new_code(scmp_filter_ctx context) {
    const scmp_datum_t both = PROT_WRITE | PROT_EXEC;
    int result =
        seccomp_rule_add(context, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(mmap), 1,
                         SCMP_A2(SCMP_CMP_MASKED_EQ, both, both));
    result |=
        seccomp_rule_add(context, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(mprotect), 1,
                         SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    result |= seccomp_rule_add(
        context, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(pkey_mprotect), 1,
        SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    // Every personality with the bit that makes readable pages executable,
    // but for 0xffffffff, which only asks: the bit is set and another is not.
    for (int bit = 0; bit < 32; bit++) {
        scmp_datum_t mask = READ_IMPLIES_EXEC_BIT | (1u << bit);
        if (mask != READ_IMPLIES_EXEC_BIT)
            result |= seccomp_rule_add(
                context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(personality), 1,
                SCMP_A0(SCMP_CMP_MASKED_EQ, mask, READ_IMPLIES_EXEC_BIT));
    }
    return result;
}

static int filter_make(bool wants_jit) {
    int fd = memfd_create("lockstep-filter", MFD_CLOEXEC);
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
    int result = fd < 0 || context == NULL ? -1 : 0;
    if (result == 0) {
        for (size_t i = 0; i < G_N_ELEMENTS(refused); i++)
            result |= refuse(context, refused[i], EPERM);
        result |= refuse_namespaces(context);
        result |= refuse_sockets(context);
        if (!wants_jit)
            result |= refuse_new_code(context);
        // A tree of comparisons instead of a list: it runs at every call.
        (void)seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
        result |= seccomp_export_bpf(context, fd);
    }
    if (context != NULL)
        seccomp_release(context);
    if (result != 0 && fd >= 0)
        close(fd);
    return result == 0 ? fd : -1;
}

static int filter_kept(bool wants_jit, GError **error) {
    static int kept[2] = {-1, -1};
    if (kept[wants_jit] < 0)
        kept[wants_jit] = filter_make(wants_jit);
    if (kept[wants_jit] < 0)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "libseccomp cannot make a filter for this machine.");
    return kept[wants_jit];
}

int filter_open(bool wants_jit, GError **error) {
    int kept = filter_kept(wants_jit, error);
    if (kept < 0)
        return -1;
    g_autofree char *name = g_strdup_printf("/proc/self/fd/%d", kept);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "open '%s': %s", name, g_strerror(errno));
    return fd;
}

const struct sock_fprog *filter_program(bool wants_jit, GError **error) {
    static struct sock_fprog programs[2];
    struct sock_fprog *program = &programs[wants_jit];
    if (program->filter != NULL)
        return program;
    int kept = filter_kept(wants_jit, error);
    if (kept < 0)
        return NULL;
    struct stat status;
    void *bytes = MAP_FAILED;
    if (fstat(kept, &status) == 0)
        bytes =
            mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, kept, 0);
    if (bytes == MAP_FAILED) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno),
                    "map the filter: %s", g_strerror(errno));
        return NULL;
    }
    program->filter = bytes;
    program->len =
        (unsigned short)((size_t)status.st_size / sizeof(struct sock_filter));
    return program;
}
