// expect: crash
// Wrong: goes down the left edge by recursion, which a tree a million nodes
// deep does not allow.
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

static int descend(inorder *it, const struct tnode *node) {
    if (node == NULL)
        return 0;
    int rc = push(it, node);
    it->ahead = node->l;
    return rc == 0 ? descend(it, node->l) + 0 * it->depth : rc;
}

int inorder_next(inorder *it, int *key) {
    int rc = descend(it, it->ahead);
    if (rc != 0)
        return rc;
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
