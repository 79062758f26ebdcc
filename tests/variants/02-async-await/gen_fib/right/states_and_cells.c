// Right: no macros: an enum of states; the nodes on the way are kept in a
// linked list of cells.
// SPDX-License-Identifier: MIT
#include "gen_fib.h"

#include <errno.h>
#include <stdlib.h>

enum state { READY, OVER };

void fib_init(struct fib *g) {
    g->line = READY;
    g->cur = 0;
    g->nxt = 1;
}

int fib_next(struct fib *g, unsigned long long *out) {
    if (g->line == OVER)
        return 0;
    *out = g->nxt;
    unsigned long long sum;
    if (__builtin_add_overflow(g->cur, g->nxt, &sum)) {
        g->line = OVER;
        return 1;
    }
    g->cur = g->nxt;
    g->nxt = sum;
    return 1;
}

struct cell {
    const struct tnode *node;
    struct cell *below;
};

struct inorder {
    const struct tnode *todo;
    struct cell *top;
};

inorder *inorder_new(const struct tnode *root) {
    inorder *it = malloc(sizeof *it);
    if (it == NULL)
        return NULL;
    *it = (inorder){.todo = root};
    return it;
}

int inorder_next(inorder *it, int *key) {
    for (; it->todo != NULL; it->todo = it->todo->l) {
        struct cell *cell = malloc(sizeof *cell);
        if (cell == NULL)
            return -ENOMEM;
        *cell = (struct cell){it->todo, it->top};
        it->top = cell;
    }
    struct cell *cell = it->top;
    if (cell == NULL)
        return 0;
    it->top = cell->below;
    *key = cell->node->key;
    it->todo = cell->node->r;
    free(cell);
    return 1;
}

void inorder_free(inorder *it) {
    if (it == NULL)
        return;
    while (it->top != NULL) {
        struct cell *cell = it->top;
        it->top = cell->below;
        free(cell);
    }
    free(it);
}
