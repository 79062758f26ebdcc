// SPDX-License-Identifier: MIT
// Two generators: functions that hand out one value a call, and go on from
// where they were when they are called again. All that a generator remembers
// lies in a struct; nothing of it lives in static or global variables, so any
// number of them can be under way at once.
//
// --- How to write one -------------------------------------------------------
// These three macros put a `switch` around the body of a function. CO_YIELD
// notes the line where it stands and returns VALUE; the next call jumps there
// and goes on behind it. LINE is an int of the generator's struct, 0 before the
// first call. Three rules: not two CO_YIELDs on one line, no `switch` of your
// own around a CO_YIELD, and no local variable that is needed after it: the
// function has returned meanwhile, and its locals are gone.
//
//     int digits_next(struct digits *g, int *out) {
//         CO_BEGIN(g->line);
//         for (g->digit = 0; g->digit < 10; g->digit++) {
//             *out = g->digit;
//             CO_YIELD(g->line, 1);
//         }
//         CO_END(g->line, 0);
//     }
//
// CO_END is the end, for ever: it returns VALUE, and so does every later call.
// You may use the macros or do without them.
#pragma once

#define CO_BEGIN(line)                                                         \
    switch (line) {                                                            \
    case 0:
#define CO_YIELD(line, value)                                                  \
    do {                                                                       \
        (line) = __LINE__;                                                     \
        return (value);                                                        \
    case __LINE__:;                                                            \
    } while (0)
#define CO_END(line, value)                                                    \
    }                                                                          \
    (line) = -1;                                                               \
    return (value)

// --- Fibonacci numbers ------------------------------------------------------
// The state of one generator. The fields are yours to use as you like; a copy
// of the struct is a second generator, which goes on from the same place.
struct fib {
    int line;
    unsigned long long cur, nxt;
};

// Makes G a generator that has handed out nothing yet, whatever it held before.
void fib_init(struct fib *g);

// Hands out the next of 1, 1, 2, 3, 5, 8 … in *OUT and returns 1. When all that
// an unsigned long long (64 bits) can hold have been handed out, returns 0, in
// every call from then on, and leaves *OUT alone.
int fib_next(struct fib *g, unsigned long long *out);

// --- The keys of a search tree, in ascending order --------------------------
// Keys in the left subtree are smaller than the node's own, keys in the right
// one are larger; no key is there twice. NULL is an empty tree. Trees may be
// a million nodes deep.
struct tnode {
    int key;
    const struct tnode *l, *r;
};

typedef struct inorder inorder;

// A generator of the keys of the tree at ROOT, at which it does not look yet.
// The tree is the caller's and outlives the generator. NULL with errno set if
// memory is short.
inorder *inorder_new(const struct tnode *root);

// Hands out the next key in *KEY. Returns
//   1        there it is;
//   0        there are no more keys, now and in every later call;
//   -ENOMEM  memory was short: the generator is where it was before the call,
//            so that a later call can still hand out the same key.
// *KEY is left alone unless 1 is returned.
//
// It is lazy: of a node's right subtree it looks at nothing before the node's
// own key has been handed out and another one is asked for. Until then the
// caller may still change what is in that subtree.
int inorder_next(inorder *it, int *key);

// Frees the generator: used up, half way through or never asked. NULL is fine.
void inorder_free(inorder *it);
