// SPDX-License-Identifier: MIT
#include "harness/tasks.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/table.h"

#define SERVER_NAME "wb-server"
#define SYMBOLIZER_NAME "llvm-symbolizer" // as the kernel cuts it: 15 bytes

// The whole of a small /proc file; false if it is gone.
static bool slurp(const char *path, char *buffer, size_t size) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = read(fd, buffer, size - 1);
    close(fd);
    if (got < 0)
        return false;
    buffer[got] = '\0';
    return true;
}

static void *grown(void *items, int count, int *room, size_t size) {
    if (count < *room)
        return items;
    *room = *room == 0 ? 32 : *room * 2;
    items = realloc(items, (size_t)*room * size);
    if (items == NULL)
        abort();
    return items;
}

// --- Processes ---------------------------------------------------------------

static bool read_process(pid_t pid, struct process *process) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (!slurp(path, text, sizeof text))
        return false;
    // The name may hold anything, blanks and parentheses too.
    char *name = strchr(text, '(');
    char *rest = strrchr(text, ')');
    long user, system;
    int parent;
    if (name == NULL || rest == NULL ||
        sscanf(rest + 2,
               "%c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld",
               &process->state, &parent, &user, &system) != 4)
        return false;
    *rest = '\0';
    process->pid = pid;
    process->parent = parent;
    process->cpu_ms = (user + system) * 1000 / sysconf(_SC_CLK_TCK);
    process->is_server = strcmp(name + 1, SERVER_NAME) == 0;
    process->is_tool = process->is_server ||
                       strcmp(name + 1, SYMBOLIZER_NAME) == 0;
    return true;
}

static bool listed(const struct process_list *list, pid_t pid) {
    for (int i = 0; i < list->count; i++)
        if (list->processes[i].pid == pid)
            return true;
    return false;
}

static void add_process(struct process_list *list, struct process process) {
    list->processes = grown(list->processes, list->count, &list->room,
                            sizeof *list->processes);
    list->processes[list->count++] = process;
}

static void read_all(struct process_list *all) {
    DIR *folder = opendir("/proc");
    if (folder == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct process process;
        if (isdigit((unsigned char)entry->d_name[0]) &&
            read_process(atoi(entry->d_name), &process))
            add_process(all, process);
    }
    closedir(folder);
}

void processes_below(pid_t root, struct process_list *list) {
    struct process_list all = {0};
    read_all(&all);
    // A child may have a smaller pid than its parent: repeat until no more.
    for (int before = -1; before != list->count;) {
        before = list->count;
        for (int i = 0; i < all.count; i++) {
            struct process *p = &all.processes[i];
            bool below = p->parent == root || listed(list, p->parent);
            if (below && !listed(list, p->pid))
                add_process(list, *p);
        }
    }
    process_list_release(&all);
}

void process_list_release(struct process_list *list) {
    free(list->processes);
    *list = (struct process_list){0};
}

// --- Tasks -------------------------------------------------------------------

static const char *fd_kind(pid_t pid, long fd, char *buffer, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%ld", (int)pid, fd);
    ssize_t length = readlink(path, buffer, size - 1);
    buffer[length < 0 ? 0 : length] = '\0';
    return buffer;
}

// Whether only the test's own processes can make FD ready. SERVER: the test
// server, to which a socket may lead, or 0.
static bool fd_is_internal(pid_t pid, long fd, pid_t server) {
    char kind[128];
    fd_kind(pid, fd, kind, sizeof kind);
    if (strncmp(kind, "pipe:", 5) == 0 || strstr(kind, "[eventfd]") != NULL ||
        strstr(kind, "[signalfd]") != NULL)
        return true;
    return strncmp(kind, "socket:", 7) == 0 && server == 0;
}

static bool has_timer_fd(pid_t pid) {
    char path[64], kind[128];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return true; // cannot tell: assume the worst
    bool found = false;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        fd_kind(pid, atol(entry->d_name), kind, sizeof kind);
        found |= strstr(kind, "timerfd") != NULL;
    }
    closedir(folder);
    return found;
}

static bool futex_is_endless(const long *argument) {
    int command = (int)argument[1] & FUTEX_CMD_MASK;
    return (command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET ||
            command == FUTEX_LOCK_PI) &&
           argument[3] == 0;
}

// Whether a wait for a child can be for the server: its end comes when the
// machine gets to it.
static bool waits_for_server(long call, const long *argument, pid_t server) {
    if (server == 0)
        return false;
    if (call == SYS_wait4)
        return (pid_t)argument[0] == server || (pid_t)argument[0] <= 0;
    return argument[0] != P_PID || (pid_t)argument[1] == server;
}

// Whether a task asleep in this system call can only be woken by another task
// of the test.
static bool call_is_endless(pid_t pid, long call, const long *argument,
                            pid_t server) {
    bool served = server != 0;
    if (table->alarms)
        return false;
    switch (call) {
    case SYS_futex:
        return futex_is_endless(argument);
    case SYS_read:
    case SYS_readv:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_write:
    case SYS_writev:
    case SYS_sendto:
    case SYS_sendmsg:
        return fd_is_internal(pid, argument[0], server);
    case SYS_wait4:
    case SYS_waitid:
        return !waits_for_server(call, argument, server);
    case SYS_rt_sigsuspend:
        return true;
    case SYS_rt_sigtimedwait:
        return argument[2] == 0;
#ifdef SYS_pause
    case SYS_pause:
        return true;
#endif
#ifdef SYS_poll
    case SYS_poll:
        return (int)argument[2] < 0 && !served && !has_timer_fd(pid);
#endif
#ifdef SYS_epoll_wait
    case SYS_epoll_wait:
#endif
    case SYS_epoll_pwait:
        return (int)argument[3] < 0 && !served && !has_timer_fd(pid);
    case SYS_ppoll:
        return argument[2] == 0 && !served && !has_timer_fd(pid);
#ifdef SYS_select
    case SYS_select:
#endif
    case SYS_pselect6:
        return argument[4] == 0 && !served && !has_timer_fd(pid);
    default:
        return false;
    }
}

static long switches_of(const char *status) {
    long voluntary = 0, forced = 0;
    const char *at = strstr(status, "\nvoluntary_ctxt_switches:");
    if (at != NULL)
        sscanf(at, "\nvoluntary_ctxt_switches: %ld", &voluntary);
    at = strstr(status, "nonvoluntary_ctxt_switches:");
    if (at != NULL)
        sscanf(at, "nonvoluntary_ctxt_switches: %ld", &forced);
    return voluntary + forced;
}

static char state_of(const char *status) {
    const char *at = strstr(status, "\nState:");
    char state = 'R';
    if (at != NULL)
        sscanf(at, "\nState: %c", &state);
    return state;
}

static bool read_task(pid_t pid, pid_t tid, pid_t server, struct task *task) {
    char path[96], text[4096];
    snprintf(path, sizeof path, "/proc/%d/task/%d/status", (int)pid, (int)tid);
    if (!slurp(path, text, sizeof text))
        return false;
    *task = (struct task){.pid = pid, .tid = tid, .system_call = -1};
    task->switches = switches_of(text);
    char state = state_of(text);
    if (state == 'Z' || state == 'X') {
        task->state = TASK_GONE;
    } else if (state == 'T') {
        task->state = TASK_STOPPED;
    } else if (state == 'S') {
        task->state = TASK_TIMED;
        long argument[6] = {0};
        snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", (int)pid,
                 (int)tid);
        if (slurp(path, text, sizeof text) &&
            sscanf(text, "%ld %lx %lx %lx %lx %lx %lx", &task->system_call,
                   (unsigned long *)&argument[0], (unsigned long *)&argument[1],
                   (unsigned long *)&argument[2], (unsigned long *)&argument[3],
                   (unsigned long *)&argument[4],
                   (unsigned long *)&argument[5]) == 7) {
            memcpy(task->arguments, argument, sizeof task->arguments);
            if (call_is_endless(pid, task->system_call, argument, server))
                task->state = TASK_ENDLESS;
        }
    }
    return true;
}

static bool is_tool_thread(pid_t tid) {
    for (int i = 0; i < TABLE_TOOL_THREADS; i++)
        if (table->tool_threads[i] == tid)
            return true;
    return false;
}

// A tool's thread does nothing for the test, with one exception: a process has
// ended only when its last thread has, whosever that is. So while the first one
// is a zombie, the end of a tool's thread is still to come, and may wake the
// parent; on a busy machine it takes its time.
static void add_tasks(const struct process *process, pid_t server,
                      struct task_list *list) {
    bool ends = process->state == 'Z';
    pid_t pid = process->pid;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        pid_t tid = atoi(entry->d_name);
        struct task task;
        bool is_tool = is_tool_thread(tid);
        if (tid > 0 && (!is_tool || ends) &&
            read_task(pid, tid, server, &task)) {
            if (is_tool)
                task.state = TASK_RUNNING;
            list->tasks = grown(list->tasks, list->count, &list->room,
                                sizeof *list->tasks);
            list->tasks[list->count++] = task;
        }
    }
    closedir(folder);
}

void tasks_of(const struct process_list *processes, struct task_list *list) {
    list->count = 0;
    pid_t server = 0;
    for (int i = 0; i < processes->count; i++)
        if (processes->processes[i].is_server)
            server = processes->processes[i].pid;
    for (int i = 0; i < processes->count; i++)
        if (!processes->processes[i].is_tool)
            add_tasks(&processes->processes[i], server, list);
}

void task_list_release(struct task_list *list) {
    free(list->tasks);
    *list = (struct task_list){0};
}

bool tasks_any(const struct task_list *list, enum task_state state) {
    for (int i = 0; i < list->count; i++)
        if (list->tasks[i].state == state)
            return true;
    return false;
}

bool tasks_stuck(const struct task_list *before, const struct task_list *now) {
    if (now->count == 0 || before->count != now->count)
        return false;
    for (int i = 0; i < now->count; i++) {
        const struct task *a = &before->tasks[i], *b = &now->tasks[i];
        if (a->tid != b->tid || a->state != b->state ||
            a->switches != b->switches || a->system_call != b->system_call)
            return false;
        if (b->state != TASK_ENDLESS && b->state != TASK_GONE)
            return false;
    }
    return tasks_any(now, TASK_ENDLESS);
}

bool tasks_look(pid_t pid, pid_t tid, struct task *task) {
    return read_task(pid, tid, 0, task);
}

// --- Who else has it open ----------------------------------------------------

static bool opens_for(pid_t pid, const char *fd, int mode) {
    char path[96], text[256];
    snprintf(path, sizeof path, "/proc/%d/fdinfo/%s", (int)pid, fd);
    if (!slurp(path, text, sizeof text))
        return false;
    const char *at = strstr(text, "flags:");
    unsigned flags = 0;
    if (at != NULL)
        sscanf(at, "flags: %o", &flags);
    int access = (int)flags & O_ACCMODE;
    return access == mode || access == O_RDWR;
}

// A descriptor of PID that is the other end of KIND, or -1.
static int other_end(pid_t pid, const char *kind, int mode) {
    char path[64], other[128];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return -1;
    int found = -1;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        fd_kind(pid, atol(entry->d_name), other, sizeof other);
        if (strcmp(other, kind) == 0 && opens_for(pid, entry->d_name, mode))
            found = atoi(entry->d_name);
    }
    closedir(folder);
    return found;
}

static int child_number(pid_t pid) {
    for (int i = 0; i < table->slots_used && i < TABLE_SLOTS; i++)
        if (table->slots[i].pid == pid)
            return table->slots[i].child;
    return 0;
}

const char *tasks_describe_fd(const struct process_list *processes, pid_t pid,
                              int fd, bool writing, char *buffer, int size) {
    char kind[128];
    buffer[0] = '\0';
    fd_kind(pid, fd, kind, sizeof kind);
    if (strncmp(kind, "pipe:", 5) != 0)
        return buffer;
    int at = snprintf(buffer, (size_t)size, "a pipe whose %s end is open in",
                      writing ? "read" : "write");
    int holders = 0;
    for (int i = 0; i < processes->count && at < size; i++) {
        pid_t holder = processes->processes[i].pid;
        int end = other_end(holder, kind, writing ? O_RDONLY : O_WRONLY);
        if (end < 0)
            continue;
        char name[48];
        int number = child_number(holder);
        if (number == 0)
            snprintf(name, sizeof name, "the parent");
        else
            snprintf(name, sizeof name, "child %d", number);
        at += snprintf(buffer + at, (size_t)(size - at), "%s %s%s (fd %d)",
                       holders++ > 0 ? "," : "", name,
                       holder == pid ? " itself" : "", end);
    }
    if (holders == 0 && at < size)
        snprintf(buffer + at, (size_t)(size - at), " no process");
    return buffer;
}
