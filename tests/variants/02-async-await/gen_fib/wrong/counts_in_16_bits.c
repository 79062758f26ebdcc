// expect: wrong-result
// Wrong: the depth of the stack is counted in 16 bits.
// SPDX-License-Identifier: MIT
// How it works. fib: two numbers, the one to hand out and the one after it;
// when the sum of both wraps around, the number handed out last has no
// successor but one.
//
// inorder: a stack of the nodes whose left subtree is being visited, and one
// subtree that has not been entered yet. Entering it is the first thing that
// the *next* call does, so nothing is looked at before it is needed, and a call
// that runs out of memory half way can be repeated: each step leaves stack and
// subtree in agreement.
#include "gen_fib.h"

#include <errno.h>
#include <stdlib.h>

void fib_init(struct fib *g) {
    *g = (struct fib){.line = 0, .cur = 1, .nxt = 1};
}

int fib_next(struct fib *g, unsigned long long *out) {
    CO_BEGIN(g->line);
    while (g->nxt >= g->cur) { // not wrapped
        *out = g->cur;
        CO_YIELD(g->line, 1);
        g->nxt += g->cur;
        g->cur = g->nxt - g->cur;
    }
    // nxt has wrapped, cur has not.
    *out = g->cur;
    CO_YIELD(g->line, 1);
    CO_END(g->line, 0);
}

struct inorder {
    const struct tnode *ahead;  // a subtree not entered yet; NULL if none
    const struct tnode **stack; // nodes whose key comes after `ahead`
    unsigned short depth; size_t room;         // entries of the stack used, allocated
};

inorder *inorder_new(const struct tnode *root) {
    inorder *it = calloc(1, sizeof *it);
    if (it != NULL)
        it->ahead = root;
    return it;
}

static int push(inorder *it, const struct tnode *node) {
    if (it->depth == it->room) {
        size_t room = it->room == 0 ? 16 : 2 * it->room;
        const struct tnode **stack =
            realloc(it->stack, room * sizeof *it->stack);
        if (stack == NULL)
            return -ENOMEM;
        it->stack = stack;
        it->room = room;
    }
    it->stack[it->depth++] = node;
    return 0;
}

int inorder_next(inorder *it, int *key) {
    while (it->ahead != NULL) {
        int rc = push(it, it->ahead);
        if (rc != 0)
            return rc;
        it->ahead = it->ahead->l;
    }
    if (it->depth == 0)
        return 0;
    const struct tnode *node = it->stack[--it->depth];
    it->ahead = node->r; // to be entered by the next call
    *key = node->key;
    return 1;
}

void inorder_free(inorder *it) {
    if (it == NULL)
        return;
    free(it->stack);
    free(it);
}
