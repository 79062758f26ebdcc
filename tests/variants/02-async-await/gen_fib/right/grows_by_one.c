// Right: a static table of Fibonacci numbers; a stack of nodes that grows by
// one at a time. SPDX-License-Identifier: MIT
#include "gen_fib.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
static unsigned long long fibs[94];
static void fill(void) {
    fibs[0] = 1;
    fibs[1] = 1;
    for (int i = 2; i < 93; i++)
        fibs[i] = fibs[i - 1] + fibs[i - 2];
}
void fib_init(struct fib *g) {
    memset(g, 0, sizeof *g);
    if (!fibs[0])
        fill();
}
int fib_next(struct fib *g, unsigned long long *out) {
    if (g->line >= 93)
        return 0;
    *out = fibs[g->line++];
    return 1;
}
struct inorder {
    const struct tnode **s;
    size_t n;
    const struct tnode *cur;
};
inorder *inorder_new(const struct tnode *root) {
    inorder *it = malloc(sizeof(inorder));
    if (!it) {
        errno = ENOMEM;
        return NULL;
    }
    it->s = NULL;
    it->n = 0;
    it->cur = root;
    return it;
}
int inorder_next(inorder *it, int *key) {
    while (it->cur) {
        const struct tnode **p = realloc(it->s, (it->n + 1) * sizeof(*p));
        if (!p)
            return -ENOMEM;
        it->s = p;
        it->s[it->n++] = it->cur;
        it->cur = it->cur->l;
    }
    if (!it->n)
        return 0;
    const struct tnode *t = it->s[--it->n];
    *key = t->key;
    it->cur = t->r;
    return 1;
}
void inorder_free(inorder *it) {
    if (it) {
        free(it->s);
        free(it);
    }
}
