// SPDX-License-Identifier: MIT
#include "read/signal.h"

#include <glib.h>
#include <signal.h>

static const struct {
    int number;
    const char *name;
    const char *words;
} signals[] = {
    {SIGSEGV, "SIGSEGV", "a pointer led to memory that is not there"},
    {SIGBUS, "SIGBUS", "a pointer led to memory that is not there"},
    {SIGFPE, "SIGFPE", "an integer was divided by zero"},
    {SIGABRT, "SIGABRT",
     "abort() was called: by an assertion, or by the C library because the "
     "heap "
     "or a lock is damaged"},
    {SIGILL, "SIGILL", "an instruction that there is not was executed"},
    {SIGPIPE, "SIGPIPE",
     "something was written into a pipe or socket that nobody reads any more"},
    {SIGTRAP, "SIGTRAP", "a trap was executed"},
    {SIGALRM, "SIGALRM", "an alarm went off that nobody handles"},
    {SIGKILL, "SIGKILL", "it was killed, by your code or for lack of memory"},
    {SIGXFSZ, "SIGXFSZ", "it wrote more than a test may"},
    {SIGXCPU, "SIGXCPU", "it used more CPU time than a test may"},
};

const char *signal_words(int number, const char **words) {
    for (guint i = 0; i < G_N_ELEMENTS(signals); i++) {
        if (signals[i].number == number) {
            *words = signals[i].words;
            return signals[i].name;
        }
    }
    *words = "";
    return "a signal";
}
