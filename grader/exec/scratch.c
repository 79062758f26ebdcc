// SPDX-License-Identifier: MIT
// How it works: lockstep-scratch-XXXXXX holds one numbered folder a job. Its
// lock (flock on the folder itself, gone with the process that took it) tells a
// living run from a dead one's leftovers. A read-only box gets its inputs from
// other jobs as hard links; a writable one gets copies, since a tool may write
// into a file in place. As root the folders belong to root or to the one
// unprivileged user who will run the job, and no other can look into them.
#include "exec/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "exec/box.h"

#define PREFIX "lockstep-scratch-"
#define MARK "this-is-a-scratch-folder" // in every one: not to be mixed up

struct scratch {
    char *path;
    char *etc;
    int lock; // descriptor of the folder
    int boxes;
};

static bool fail(GError **error, const char *what, const char *path) {
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s '%s': %s",
                what, path, g_strerror(errno));
    return false;
}

// --- Removing --------------------------------------------------------------

// Empties the folder FD (which it closes). A job may have taken its own rights
// away, so they are given back first.
static void empty_folder(int fd) {
    (void)fchmod(fd, 0700);
    DIR *folder = fdopendir(fd);
    if (folder == NULL) {
        close(fd);
        return;
    }
    for (struct dirent *one; (one = readdir(folder)) != NULL;) {
        if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, one->d_name, 0) == 0)
            continue;
        int inner = openat(fd, one->d_name,
                           O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inner < 0 && fchmodat(fd, one->d_name, 0700, 0) == 0)
            inner = openat(fd, one->d_name,
                           O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inner >= 0)
            empty_folder(inner);
        (void)unlinkat(fd, one->d_name, AT_REMOVEDIR);
    }
    closedir(folder);
}

static void remove_folder(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && chmod(path, 0700) == 0)
        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        empty_folder(fd);
    (void)rmdir(path);
}

void scratch_remove_box(struct scratch *scratch, const char *folder) {
    (void)scratch;
    if (folder != NULL)
        remove_folder(folder);
}

// --- The run's folder ------------------------------------------------------

// Removes what runs of this user left that did not live to do it themselves.
static void remove_leftovers(const char *parent) {
    g_autoptr(GDir) folder = g_dir_open(parent, 0, NULL);
    for (const char *name;
         folder != NULL && (name = g_dir_read_name(folder)) != NULL;) {
        g_autofree char *path = g_build_filename(parent, name, NULL);
        struct stat status;
        if (!g_str_has_prefix(name, PREFIX) || lstat(path, &status) != 0 ||
            !S_ISDIR(status.st_mode) || status.st_uid != geteuid())
            continue;
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
            if (faccessat(fd, MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                remove_folder(path);
            else
                (void)rmdir(path); // killed before it made the mark, or a
                                   // stranger's: then it is not empty
        }
        if (fd >= 0)
            close(fd);
    }
}

// Whether a user without rights gets through to PATH.
static bool all_may_pass(const char *path) {
    g_autofree char *at = g_canonicalize_filename(path, NULL);
    for (;;) {
        struct stat status;
        if (stat(at, &status) != 0 || (status.st_mode & S_IXOTH) == 0)
            return false;
        if (strcmp(at, "/") == 0)
            return true;
        char *up = g_path_get_dirname(at);
        g_free(at);
        at = up;
    }
}

// Another run that looks for leftovers may have been faster between our mkdtemp
// and our lock: then the folder we locked is gone, and we try again.
static bool make_and_lock(struct scratch *scratch, const char *parent,
                          GError **error) {
    for (;;) {
        g_autofree char *path = g_build_filename(parent, PREFIX "XXXXXX", NULL);
        if (g_mkdtemp(path) == NULL)
            return fail(error, "make a folder in", parent);
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct stat opened, named;
        if (fd >= 0 && flock(fd, LOCK_EX) == 0 && fstat(fd, &opened) == 0 &&
            lstat(path, &named) == 0 && opened.st_ino == named.st_ino) {
            scratch->lock = fd;
            scratch->path = g_steal_pointer(&path);
            return true;
        }
        if (fd >= 0)
            close(fd);
    }
}

static bool write_text(int folder, const char *name, const char *text,
                       GError **error);

struct scratch *scratch_new(GError **error) {
    const char *parent = g_getenv("TMPDIR");
    if (parent == NULL || *parent != '/' ||
        (geteuid() == 0 && !all_may_pass(parent)))
        parent = "/tmp";
    remove_leftovers(parent);
    g_autoptr(scratch_auto) scratch = g_new0(struct scratch, 1);
    scratch->lock = -1;
    if (!make_and_lock(scratch, parent, error))
        return NULL;
    scratch->etc = g_build_filename(scratch->path, "etc", NULL);
    // Root's may be passed through, not listed: the boxes are other users'.
    mode_t mode = geteuid() == 0 ? 0711 : 0700;
    if (!write_text(scratch->lock, MARK, "", error))
        return NULL;
    if (fchmod(scratch->lock, mode) != 0) {
        fail(error, "open", scratch->path);
        return NULL;
    }
    if (!write_text(scratch->lock, "etc/hosts",
                    "127.0.0.1 localhost box\n::1 localhost\n", error) ||
        !write_text(scratch->lock, "etc/nsswitch.conf", "hosts: files\n",
                    error))
        return NULL;
    return g_steal_pointer(&scratch);
}

void scratch_free(struct scratch *scratch) {
    if (scratch == NULL)
        return;
    if (scratch->path != NULL)
        remove_folder(scratch->path);
    if (scratch->lock >= 0)
        close(scratch->lock);
    g_free(scratch->path);
    g_free(scratch->etc);
    g_free(scratch);
}

const char *scratch_etc(const struct scratch *scratch) {
    return scratch->etc;
}

bool scratch_is_full(const struct scratch *scratch) {
    struct statvfs status;
    return fstatvfs(scratch->lock, &status) == 0 && status.f_bavail == 0;
}

// --- A box's folder --------------------------------------------------------

// Opens NAME ("lib/wb.h") below FOLDER, following no link on the way.
static int open_below(int folder, const char *name, int flags, mode_t mode) {
    g_auto(GStrv) parts = g_strsplit(name, "/", -1);
    int at = fcntl(folder, F_DUPFD_CLOEXEC, 3);
    for (char **part = parts; at >= 0 && *part != NULL; part++) {
        bool last = part[1] == NULL;
        if (!last && (flags & O_CREAT) && mkdirat(at, *part, 0755) == 0)
            (void)fchmodat(at, *part, 0755, 0); // whatever the umask
        int inner = strcmp(*part, "..") == 0
                        ? (errno = EINVAL, -1)
                        : openat(at, *part,
                                 (last ? flags : O_RDONLY | O_DIRECTORY) |
                                     O_NOFOLLOW | O_CLOEXEC,
                                 mode);
        int reason = errno;
        close(at);
        errno = reason;
        at = inner;
    }
    return at;
}

static bool write_all(int fd, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

static bool write_text(int folder, const char *name, const char *text,
                       GError **error) {
    int fd = open_below(folder, name, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd < 0)
        return fail(error, "make", name);
    bool good = write_all(fd, text, strlen(text)) && fchmod(fd, 0644) == 0;
    if (!good)
        fail(error, "write", name);
    close(fd);
    return good;
}

// The regular file NAME below FOLDER (AT_FDCWD: anywhere), open for reading;
// -1 with errno. O_NONBLOCK: opening a FIFO must not wait for a writer.
static int open_regular(int folder, const char *name, struct stat *status) {
    int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
    int fd = folder == AT_FDCWD ? open(name, flags | O_NOFOLLOW | O_CLOEXEC)
                                : open_below(folder, name, flags, 0);
    if (fd < 0)
        return -1;
    if (fstat(fd, status) == 0 && S_ISREG(status->st_mode))
        return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

static bool fail_to_open(GError **error, const char *path) {
    if (errno != ELOOP && errno != EINVAL)
        return fail(error, "read", path);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                "read '%s': it is no regular file", path);
    return false;
}

static bool copy_bytes(int from, int to, off_t size) {
    while (size > 0) {
        ssize_t copied = copy_file_range(from, NULL, to, NULL, (size_t)size, 0);
        if (copied == 0)
            return true; // it was cut meanwhile
        if (copied < 0)
            break;
        size -= copied;
    }
    // Not between these two file systems: by hand, from where it stands.
    char buffer[64 * 1024];
    while (size > 0) {
        ssize_t got = read(from, buffer, sizeof buffer);
        if (got <= 0)
            return got == 0;
        if (!write_all(to, buffer, (size_t)got))
            return false;
        size -= got;
    }
    return true;
}

static bool copy_file(int from_folder, const char *path, int folder,
                      const char *name, GError **error) {
    struct stat status;
    int from = open_regular(from_folder, path, &status);
    if (from < 0)
        return fail_to_open(error, path);
    mode_t mode = (status.st_mode & S_IXUSR) ? 0755 : 0644;
    int to = open_below(folder, name, O_WRONLY | O_CREAT | O_EXCL, mode);
    bool good = to >= 0 && fchmod(to, mode) == 0 &&
                copy_bytes(from, to, status.st_size);
    if (!good)
        fail(error, "copy", path);
    if (to >= 0)
        close(to);
    close(from);
    return good;
}

static bool take_output(const char *from, const char *name, int folder,
                        bool link, GError **error) {
    int from_folder = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (from_folder < 0)
        return fail(error, "open", from);
    struct stat status;
    bool plain = strchr(name, '/') == NULL;
    bool good = link && plain &&
                fstatat(from_folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                S_ISREG(status.st_mode) &&
                linkat(from_folder, name, folder, name, 0) == 0;
    if (!good)
        good = copy_file(from_folder, name, folder, name, error);
    close(from_folder);
    return good;
}

static bool fill_box(int folder, const struct job *job, scratch_find find,
                     void *data, GError **error) {
    bool link = !box_is_writable(job);
    for (guint i = 0; i < job->inputs->len; i++) {
        const struct job_input *input = g_ptr_array_index(job->inputs, i);
        bool good;
        if (input->text != NULL)
            good = write_text(folder, input->name, input->text, error);
        else if (input->path != NULL)
            good = copy_file(AT_FDCWD, input->path, folder, input->name, error);
        else
            good = take_output(find(input->from, data), input->name, folder,
                               link, error);
        if (!good)
            return false;
    }
    return true;
}

// Root made what is in FOLDER; a tool may want to replace or to write into it.
static bool give_away(int folder, uid_t owner, GError **error) {
    int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = again < 0 ? NULL : fdopendir(again);
    bool good = listing != NULL;
    for (struct dirent *one; good && (one = readdir(listing)) != NULL;) {
        if (strcmp(one->d_name, "..") == 0)
            continue;
        good = fchownat(folder, one->d_name, owner, owner,
                        AT_SYMLINK_NOFOLLOW) == 0;
        if (!good || one->d_type != DT_DIR || strcmp(one->d_name, ".") == 0)
            continue;
        int inner = openat(folder, one->d_name,
                           O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        good = inner >= 0 && give_away(inner, owner, NULL);
        if (inner >= 0)
            close(inner);
    }
    if (listing != NULL)
        closedir(listing);
    return good || fail(error, "give away", "the box");
}

char *scratch_make_box(struct scratch *scratch, const struct job *job,
                       uid_t owner, scratch_find find, void *data,
                       GError **error) {
    g_autofree char *path =
        g_strdup_printf("%s/%d", scratch->path, ++scratch->boxes);
    if (mkdir(path, 0700) != 0) {
        fail(error, "make", path);
        return NULL;
    }
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool good = folder >= 0 || fail(error, "open", path);
    good = good && fill_box(folder, job, find, data, error);
    if (good && owner != 0 && box_is_writable(job))
        good = give_away(folder, owner, error);
    else if (good && owner != 0) // its user may look, but not write
        good = (fchown(folder, 0, owner) == 0 && fchmod(folder, 0750) == 0) ||
               fail(error, "give away", path);
    if (folder >= 0)
        close(folder);
    if (!good)
        remove_folder(path);
    return good ? g_steal_pointer(&path) : NULL;
}

char *scratch_read(const char *folder, const char *name, gsize max) {
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (at < 0)
        return NULL;
    struct stat status;
    int fd = open_regular(at, name, &status);
    close(at);
    if (fd < 0)
        return NULL;
    gsize size = MIN((gsize)status.st_size, max);
    g_autofree char *bytes = g_malloc(size + 1);
    gsize have = 0;
    for (ssize_t got; have < size; have += (gsize)got)
        if ((got = read(fd, bytes + have, size - have)) <= 0)
            break;
    close(fd);
    return g_utf8_make_valid(bytes, (gssize)have);
}
