// Right: the recursive walk as a machine: a stack of frames, each a node and
// how far its visit has got, grown by a fixed amount; CO_ macros for it and for
// a loop over two numbers.
// SPDX-License-Identifier: MIT
#include "gen_fib.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

void fib_init(struct fib *g) {
    g->line = 0;
}

int fib_next(struct fib *g, unsigned long long *out) {
    CO_BEGIN(g->line);
    g->cur = 0;
    g->nxt = 1;
    for (;;) {
        *out = g->nxt;
        CO_YIELD(g->line, 1);
        if (g->nxt > ULLONG_MAX - g->cur)
            break;
        unsigned long long sum = g->cur + g->nxt;
        g->cur = g->nxt;
        g->nxt = sum;
    }
    CO_END(g->line, 0);
}

enum visit { ENTER, DECIDE, LEAVE };

struct frame {
    const struct tnode *node;
    enum visit visit;
};

struct inorder {
    const struct tnode *root;
    int line;
    struct frame *frames;
    size_t count, room;
};

inorder *inorder_new(const struct tnode *root) {
    inorder *it = calloc(1, sizeof *it);
    if (it != NULL)
        it->root = root;
    return it;
}

static int call(inorder *it, const struct tnode *node) {
    if (it->count == it->room) {
        size_t room = it->room + it->room / 2 + 4;
        struct frame *frames = realloc(it->frames, room * sizeof *frames);
        if (frames == NULL)
            return -ENOMEM;
        it->frames = frames;
        it->room = room;
    }
    it->frames[it->count++] = (struct frame){node, ENTER};
    return 0;
}

int inorder_next(inorder *it, int *key) {
    if (it->line == 0) {
        if (it->root != NULL && call(it, it->root) != 0)
            return -ENOMEM;
        it->line = 1;
    }
    while (it->count > 0) {
        struct frame *top = &it->frames[it->count - 1];
        const struct tnode *node = top->node;
        if (top->visit == ENTER) {
            if (node->l != NULL && call(it, node->l) != 0)
                return -ENOMEM;
            // call() may have moved the frames.
            it->frames[it->count - 1 - (node->l != NULL)].visit = DECIDE;
        } else if (top->visit == DECIDE) {
            top->visit = LEAVE;
            *key = node->key;
            return 1;
        } else {
            if (node->r == NULL) {
                it->count--;
            } else {
                *top = (struct frame){node->r, ENTER};
            }
        }
    }
    return 0;
}

void inorder_free(inorder *it) {
    if (it != NULL)
        free(it->frames);
    free(it);
}
