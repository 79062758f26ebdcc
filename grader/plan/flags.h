// SPDX-License-Identifier: MIT
// The command lines of the tools, in one place. docs/how-grading-works.md says
// why each option is there.
#pragma once

#include <glib.h>

#include "model/job.h"

// How a program that judges an answer is built.
enum variant { VARIANT_PLAIN, VARIANT_ASAN, VARIANT_TSAN };

const char *variant_name(enum variant variant); // "plain", "asan", "tsan"

// Steps appended to JOB. The file names are those in the box.
void flags_check_source(struct job *job);  // ID.c's errors and warnings
void flags_preprocess(struct job *job);    // ID.c -> answer.i, own.i
void flags_list_symbols(struct job *job);  // answer.o -> symbols.txt
void flags_compile_preprocessed(struct job *job, enum variant variant);
void flags_isolate(struct job *job); // answer.o: calls redirected, rest hidden
void flags_link(struct job *job, enum variant variant);
void flags_run(struct job *job, enum variant variant);
void flags_valgrind(struct job *job, const char *tool);

// For the schedule explorer: answer.i becomes answer.o; with the suite's
// scenarios it becomes `explored`; what that finds is named in SCHEDULES_FILE.
#define SCHEDULES_FILE "schedules.jsonl"
void flags_compile_explored(struct job *job);
void flags_link_explored(struct job *job);
void flags_explore(struct job *job);
