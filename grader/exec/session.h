// SPDX-License-Identifier: MIT
// The jobs of one run and how far each has come: what exec.c decides by. A job
// waits for others (`after`), and may take files from some of them (`sources`).
//
//  1. session_add() for every job, in the plan's order.
//  2. Ask what may run, start it, note what came of it (exec.c does).
//  3. Free the tasks with task_free().
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "exec/exec.h"

struct task {
    struct session *session;
    const struct job *job;
    GPtrArray *after;        // of struct task: must have gone well
    GPtrArray *sources;      // of struct task: this one takes files from them
    GPtrArray *takers;       // of struct task: take files from this one
    struct outcome *outcome; // NULL until it is done
    char *folder;            // with its files, while they are there
    struct run *run;         // while it runs
    int slot;                // while it runs
    bool wanted;             // somebody who will run needs its files
    bool announced;          // on_start was called
    bool saved;              // the outcome is in the cache, or need not be
    bool reported;
    const struct outcome *asked; // is_good was asked about this one,
    bool good;                   // and this was the answer
};

struct session {
    const struct exec_options *options;
    GPtrArray *tasks;   // of struct task, owned, in the plan's order
    GHashTable *by_job; // const struct job * -> struct task *
    GMainLoop *loop;
    struct scratch *scratch; // made for the first job that runs
    bool sandbox;
    bool *slots; // taken?
    int running;
    bool alone; // the one that runs wants no company
    bool interrupted;
};

struct task *session_task(const struct session *session, guint i);
// The task of JOB; aborts if the plan has it after one that needs it.
struct task *session_find(const struct session *session, const struct job *job);
// Appends JOB, with its saved outcome if there is one and it may be used.
void session_add(struct session *session, const struct job *job);
void task_free(struct task *task);

// Whether it exited with 0.
bool task_went_well(const struct task *task);
// The one whose failure means that TASK will never run, or NULL.
const struct task *task_find_failed(const struct task *task);
// Whether what TASK could find is known already, so that it need not run.
bool task_is_moot(const struct task *task);
// Whether all that it waits for went well and all files are there.
bool task_is_ready(const struct task *task);
// Whether none of those runs that must not run at the same time.
bool task_has_its_turn(const struct task *task);
// Notes for every task whether its files are needed by one that will run.
void session_update_wanted(struct session *session);
