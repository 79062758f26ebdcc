// expect: wrong-result
// Wrong: goes on to the left child before it is known whether the node could be
// pushed, so -ENOMEM loses a key.
// SPDX-License-Identifier: MIT
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
    size_t depth, room;         // entries of the stack used, allocated
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
        const struct tnode *node = it->ahead;
        it->ahead = node->l;
        int rc = push(it, node);
        if (rc != 0)
            return rc;
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
