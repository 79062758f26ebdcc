// SPDX-License-Identifier: MIT
#include "gen_fib.h"

#include <errno.h>
#include <stddef.h>

void fib_init(struct fib *g) {
    (void)g; // TODO: a generator that has handed out nothing yet
}

int fib_next(struct fib *g, unsigned long long *out) {
    (void)g;
    (void)out;
    return 0; // TODO: the next number, and 0 when the next would not fit
}

struct inorder {
    const struct tnode *root;
    // TODO: where the walk is
};

inorder *inorder_new(const struct tnode *root) {
    (void)root;
    errno = ENOSYS; // TODO
    return NULL;
}

int inorder_next(inorder *it, int *key) {
    (void)it;
    (void)key;
    return 0; // TODO: the next larger key
}

void inorder_free(inorder *it) {
    (void)it; // TODO
}
