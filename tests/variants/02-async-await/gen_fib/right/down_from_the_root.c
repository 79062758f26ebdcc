// Right: the walk keeps only the last key and goes down from the root to its
// successor each time; Fibonacci numbers are computed anew from a counter.
// SPDX-License-Identifier: MIT
#include "gen_fib.h"

#include <stdbool.h>
#include <stdlib.h>

void fib_init(struct fib *g) {
    g->line = 0;
}

int fib_next(struct fib *g, unsigned long long *out) {
    if (g->line == 93)
        return 0;
    g->line++;
    unsigned long long before = 0, value = 1;
    for (int i = 1; i < g->line; i++) {
        unsigned long long sum = before + value;
        before = value;
        value = sum;
    }
    *out = value;
    return 1;
}

struct inorder {
    const struct tnode *root;
    bool begun;
    int last;
};

inorder *inorder_new(const struct tnode *root) {
    inorder *it = calloc(1, sizeof *it);
    if (it != NULL)
        it->root = root;
    return it;
}

int inorder_next(inorder *it, int *key) {
    const struct tnode *next = NULL;
    for (const struct tnode *node = it->root; node != NULL;) {
        if (!it->begun || node->key > it->last) {
            next = node;
            node = node->l;
        } else {
            node = node->r;
        }
    }
    if (next == NULL)
        return 0;
    it->begun = true;
    *key = it->last = next->key;
    return 1;
}

void inorder_free(inorder *it) {
    free(it);
}
