// expect: memory-error
// Wrong: inorder_new visits the whole tree and keeps a list of its keys.
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
    int *keys;
    size_t count, room, at;
};

static int collect(inorder *it, const struct tnode *node) {
    if (node == NULL)
        return 0;
    if (collect(it, node->l) != 0)
        return -ENOMEM;
    if (it->count == it->room) {
        size_t room = 2 * it->room + 16;
        int *keys = realloc(it->keys, room * sizeof *keys);
        if (keys == NULL)
            return -ENOMEM;
        it->keys = keys;
        it->room = room;
    }
    it->keys[it->count++] = node->key;
    return collect(it, node->r);
}

inorder *inorder_new(const struct tnode *root) {
    inorder *it = calloc(1, sizeof *it);
    if (it != NULL && collect(it, root) != 0) {
        inorder_free(it);
        return NULL;
    }
    return it;
}

int inorder_next(inorder *it, int *key) {
    if (it->at == it->count)
        return 0;
    *key = it->keys[it->at++];
    return 1;
}

void inorder_free(inorder *it) {
    if (it != NULL)
        free(it->keys);
    free(it);
}
