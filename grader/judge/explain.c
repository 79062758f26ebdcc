// SPDX-License-Identifier: MIT
#include "judge/explain.h"

struct explanation {
    const char *why;
    const char *next;
};

static const struct explanation explanations[FINDING_KIND_COUNT] = {
    [FINDING_BUILD_ERROR] =
        {"The compiler or the linker could not make a program of the file, so "
         "nothing else could be tried.",
         "Start at the first error: later ones are often its echo. Compare "
         "what stands there with the declaration in the header."},
    [FINDING_FORBIDDEN_SYMBOL] =
        {"The exercise leaves this name out: it would bypass what is being "
         "practised, or hide what the tools have to see.",
         "Read in the task which means are allowed, and ask what this call was "
         "meant to achieve there."},
    [FINDING_UNDEFINED_BEHAVIOUR] =
        {"C gives this operation no meaning, so the compiler may assume that "
         "it never happens and rearrange the code around it.",
         "Work out which values reach this line in the test, and where the "
         "first one that does not fit its type or range comes from."},
    [FINDING_MEMORY_ERROR] =
        {"The code touches memory that is not, or is no longer, its own. "
         "Whatever lies there now is read or spoiled.",
         "Ask of this memory who owns it, how large it is and until when it "
         "lives, and which thread may still be using it then."},
    [FINDING_UNINITIALISED_READ] =
        {"A decision depends on memory that nobody has written, so it depends "
         "on what happened to lie there.",
         "Follow the value back to where its memory was obtained, and look for "
         "a path on which it is read before it is set."},
    [FINDING_DATA_RACE] =
        {"Two threads use the same memory, at least one of them writes, and "
         "nothing orders the two: in C that has no defined result at all, on "
         "any machine.",
         "For each of the two places, name the lock that is held there. Then "
         "look whether it is the same one, and held for long enough."},
    [FINDING_API_MISUSE] =
        {"The function was called in a state that its manual page rules out; "
         "what it does then is anyone's guess.",
         "Read the conditions on that manual page, and follow this object "
         "through its life: made, used by whom, given back, destroyed."},
    [FINDING_DEADLOCK] =
        {"Each of these threads waits for something that only another of them "
         "could give, or that nobody will ever give back. None can go on.",
         "Follow the chain from thread to thread: who holds what, and in which "
         "order did each ask? Check every path out of a function, too."},
    [FINDING_LOST_WAKEUP] =
        {"A thread sleeps although what it waits for has already happened, or "
         "the wake-up went to another: nobody is left to wake it.",
         "Look at the moment between testing the condition and going to sleep, "
         "and at who is woken, of all those that may be waiting."},
    [FINDING_LIVELOCK] =
        {"The threads run, but each undoes or repeats what it has just done in "
         "answer to the others, and this can go on for ever.",
         "Look at what each does after its attempt has failed: let one of them "
         "go first, or wait until something has changed."},
    [FINDING_BROKEN_INVARIANT] =
        {"Another thread could see a state that must never be visible. Every "
         "single access may be safe and the whole still be torn apart.",
         "Say in one sentence what must always hold, then find every moment at "
         "which it does not, and who could look in just then."},
    [FINDING_CHILD_LEAK] =
        {"A child process outlives the call, or has ended and was never waited "
         "for. It keeps its place in the process table, and may go on working "
         "unseen.",
         "Count on every path, the failing ones included, the children started "
         "and the children waited for, and what each child does at its end."},
    [FINDING_NO_OVERLAP] =
        {"The parts ran one after the other, where the task asks for them to "
         "be under way at the same time.",
         "Find the wait that stands between the start of one part and the "
         "start of the next, or the lock that lets only one in."},
    [FINDING_BUSY_WAIT] =
        {"The code asks again and again instead of sleeping until it is told. "
         "That takes the processor from those who could bring the answer, or "
         "answers late.",
         "Find the loop that repeats while nothing changes, and ask which "
         "event would end it and who could announce that."},
    [FINDING_CRASH] =
        {"The process was killed by a signal in the middle of its work, and "
         "with it every thread in it.",
         "Look at the values used on the reported line: a pointer that may be "
         "NULL, an index, a result that was taken without its error check."},
    [FINDING_WRONG_RESULT] =
        {"The code ran to its end, but what came out is not what the contract "
         "in the header promises.",
         "Read the sentence of the contract that the test names, then take the "
         "values of the message and go through the code with them by hand."},
    [FINDING_HANG] =
        {"The call never returned: it was still running, or asleep with "
         "nothing on its way to it, when nothing could change any more.",
         "See where each thread stands, and ask what would have to happen for "
         "it to go on, and who would have to do that."},
    [FINDING_DID_NOT_FINISH] =
        {"The test's process was gone before the test had reached its end. "
         "However it left, nothing has been proved by it.",
         "Look for exit, _exit, pthread_exit, or a child process that returns "
         "into code that belongs to its parent."},
    [FINDING_THREAD_LEAK] =
        {"The call returned, but a thread that it had started was neither "
         "joined nor detached. Its stack is never given back, and it may still "
         "be using what is already gone.",
         "Count on every path, the failing ones included, how many threads "
         "have been started by then and how many are joined."},
    [FINDING_FD_LEAK] =
        {"More descriptors are open after the call than before it. They run "
         "out, and a reader waits for ever for the end of a pipe whose other "
         "end somebody still holds.",
         "For every descriptor that the code obtains, find who closes it, in "
         "this process and in every child, when all goes well and when not."},
    [FINDING_MEMORY_LEAK] =
        {"This memory was never freed, and nothing points to it any more. A "
         "program that runs for long grows until it is stopped.",
         "Decide who owns this block, then walk through the ways out of the "
         "function, above all the early ones."},
    [FINDING_RESOURCE_LIMIT] =
        {"The program asked for more than the exercise grants: memory, output, "
         "processes or files. It was stopped to protect this machine.",
         "Find what grows without a bound: a loop that allocates, prints, "
         "starts or opens, and the condition that should have ended it."},
    [FINDING_CPU_COST] =
        {"The result is right, but all threads together burned far more "
         "processor time than the plain serial version needs for it.",
         "Ask what the threads do besides the work itself in the innermost "
         "loop, and which memory they write there side by side."},
    [FINDING_TOO_SLOW] =
        {"More threads, yet hardly faster than one. The measurement was taken "
         "beside a kernel known to scale, so it is not the machine.",
         "Ask what the threads share while they work, and whether each has "
         "about as much to do as the others."},
    [FINDING_ADVICE] =
        {"This fails nothing. It is something that a reviewer would point out.",
         "Read it when the rest is done, and decide for yourself."},
};

const char *explain_why(enum finding_kind kind) {
    return explanations[kind].why;
}

const char *explain_next(enum finding_kind kind) {
    return explanations[kind].next;
}
