// SPDX-License-Identifier: MIT
// Looks at the processes of a test from outside, through /proc: who is there,
// who sleeps, and in which system call.
//
// The question it exists for: can anything still happen? Every task of the test
// sleeps in a call without a time limit (a futex, a pipe, a child), and none of
// them ran between two looks: then no one is left who could wake anyone, and
// that is proof, not a guess, however busy the machine is: a task that has been
// woken but not yet scheduled is "runnable", not "sleeping".
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum task_state {
    TASK_RUNNING, // or runnable
    TASK_ENDLESS, // asleep in a call without a time limit
    TASK_TIMED,   // asleep, but time or another process can wake it
    TASK_STOPPED, // by a signal
    TASK_GONE     // a zombie
};

struct task {
    pid_t pid;
    pid_t tid;
    enum task_state state;
    long system_call;  // number, -1 unknown
    long arguments[3]; // of the system call
    long switches;     // context switches so far
};

struct task_list {
    struct task *tasks;
    int count;
    int room;
};

struct process {
    pid_t pid;
    pid_t parent;
    char state;      // as in /proc/PID/stat
    long cpu_ms;     // of all its threads
    bool is_server;  // the workbench's own test server
    bool is_tool;    // the test server or the symbolizer: ours, not the test's
};

struct process_list {
    struct process *processes;
    int count;
    int room;
};

// All processes below ROOT, without ROOT itself.
void processes_below(pid_t root, struct process_list *list);
void process_list_release(struct process_list *list);

// The tasks of all processes in LIST but the test server's and the tool's own
// threads (table->tool_threads); of a process that is about to end, these too.
void tasks_of(const struct process_list *processes, struct task_list *list);
void task_list_release(struct task_list *list);

// True if both looks saw the same tasks, all TASK_ENDLESS, none of which ran
// in between.
bool tasks_stuck(const struct task_list *before, const struct task_list *now);
bool tasks_any(const struct task_list *list, enum task_state state);

// What a task blocked on FD of process PID waits for, for people: "a pipe whose
// write end is still open in child 1 and in the process itself". BUFFER is
// returned; empty if there is nothing to say.
const char *tasks_describe_fd(const struct process_list *processes, pid_t pid,
                              int fd, bool writing, char *buffer, int size);
// Looks at one task, as if no test server were there; false if it is gone.
bool tasks_look(pid_t pid, pid_t tid, struct task *task);
