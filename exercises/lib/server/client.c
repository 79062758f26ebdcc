// SPDX-License-Identifier: MIT
#include "lib/server/client.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What one unit of patience asks for.
enum { ASLEEP_LOOKS = 3, SLEEPS = 20, COMPUTES_MS = 150 };

// The whole of a small file of /proc; false if it is not there.
static bool slurp(const char *path, char *text, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = read(fd, text, size - 1);
    close(fd);
    text[got < 0 ? 0 : got] = '\0';
    return got > 0;
}

// The state of a task, as a letter; its process's CPU time where asked for.
static char read_stat(const char *path, long *cpu_ms) {
    char text[512], state = '?';
    long user = 0, system = 0;
    if (!slurp(path, text, sizeof text))
        return state;
    // The name of the program may hold anything, blanks and brackets too.
    const char *rest = strrchr(text, ')');
    if (rest != NULL)
        sscanf(rest + 1,
               " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &state,
               &user, &system);
    if (cpu_ms != NULL)
        *cpu_ms = (user + system) * 1000 / sysconf(_SC_CLK_TCK);
    return state;
}

static long cpu_of(pid_t pid) {
    char path[64];
    long cpu_ms = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    read_stat(path, &cpu_ms);
    return cpu_ms;
}

// Only the main thread's: a sanitizer's own thread wakes up by the clock.
static long switches_of(pid_t pid) {
    static const char key[] = "\nvoluntary_ctxt_switches:";
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/task/%d/status", (int)pid, (int)pid);
    if (!slurp(path, text, sizeof text))
        return 0;
    const char *at = strstr(text, key);
    return at == NULL ? 0 : atol(at + sizeof key - 1);
}

static bool all_asleep(pid_t pid) {
    char path[64], stat[128];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return true; // gone, or there is no /proc: nothing to wait for
    bool asleep = true;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(stat, sizeof stat, "%s/%.20s/stat", path, entry->d_name);
        asleep &= strchr("RDTt", read_stat(stat, NULL)) == NULL;
    }
    closedir(folder);
    return asleep;
}

void client_heard(struct client *client) {
    client->asleep = 0;
    client->switches = switches_of(client->pid);
    client->cpu_ms = cpu_of(client->pid);
}

void client_look(struct client *client) {
    client->asleep = all_asleep(client->pid) ? client->asleep + 1 : 0;
}

enum client_mood client_mood(const struct client *client, int patience) {
    if (client->asleep >= ASLEEP_LOOKS * patience)
        return CLIENT_ASLEEP;
    // In between two looks: only worth the reading if it was not asleep.
    if (switches_of(client->pid) - client->switches >= SLEEPS * patience)
        return CLIENT_ASLEEP;
    if (cpu_of(client->pid) - client->cpu_ms >= COMPUTES_MS * patience)
        return CLIENT_BUSY;
    return CLIENT_ACTIVE;
}
