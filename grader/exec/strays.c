// SPDX-License-Identifier: MIT
#include "exec/strays.h"

#include <dirent.h>
#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS_MAX 100 // against a program that forks faster than we look

void strays_adopt(void) {
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

// Only a process of that user may kill all of them in one system call, which
// no fork can outrun.
static void kill_user(uid_t uid) {
    pid_t pid = fork();
    if (pid == 0) {
        if (setresgid(uid, uid, uid) == 0 && setresuid(uid, uid, uid) == 0)
            (void)kill(-1, SIGKILL); // spares the caller
        _exit(0);
    }
    if (pid > 0)
        (void)waitpid(pid, NULL, 0);
}

static bool has_mark(int pid, const char *entry) {
    g_autofree char *path = g_strdup_printf("/proc/%d/environ", pid);
    g_autofree char *text = NULL;
    gsize size = 0;
    if (!g_file_get_contents(path, &text, &size, NULL))
        return false;
    for (const char *at = text; at < text + size; at += strlen(at) + 1)
        if (strcmp(at, entry) == 0)
            return true;
    return false;
}

static int kill_marked(const char *entry) {
    int killed = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *one; proc != NULL && (one = readdir(proc)) != NULL;) {
        int pid = atoi(one->d_name);
        if (pid > 0 && pid != getpid() && has_mark(pid, entry))
            killed += kill(pid, SIGKILL) == 0;
    }
    if (proc != NULL)
        closedir(proc);
    return killed;
}

void strays_kill(const char *mark, uid_t uid) {
    if (uid != 0) {
        kill_user(uid);
        return;
    }
    g_autofree char *entry = g_strconcat(STRAYS_MARK "=", mark, NULL);
    for (int i = 0; i < ROUNDS_MAX && kill_marked(entry) > 0; i++)
        g_usleep(1000); // a killed process needs a moment to go
}

void strays_end(void) {
    g_autofree char *path =
        g_strdup_printf("/proc/self/task/%d/children", (int)getpid());
    for (int i = 0; i < ROUNDS_MAX; i++) {
        g_autofree char *text = NULL;
        if (!g_file_get_contents(path, &text, NULL, NULL))
            break;
        g_auto(GStrv) pids = g_strsplit(g_strstrip(text), " ", -1);
        if (pids[0] == NULL)
            break;
        for (char **pid = pids; *pid != NULL; pid++)
            if (kill(atoi(*pid), SIGKILL) == 0)
                (void)waitpid(atoi(*pid), NULL, 0);
    }
    (void)prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

unsigned strays_count_tasks(uid_t user) {
    unsigned count = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *one; proc != NULL && (one = readdir(proc)) != NULL;) {
        if (atoi(one->d_name) <= 0)
            continue;
        g_autofree char *path = g_strdup_printf("/proc/%s/task", one->d_name);
        struct stat status;
        // A folder has a link for itself, one in its parent, one per child.
        if (stat(path, &status) == 0 && status.st_uid == user)
            count += (unsigned)status.st_nlink - 2;
    }
    if (proc != NULL)
        closedir(proc);
    return count;
}
