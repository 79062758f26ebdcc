// SPDX-License-Identifier: MIT
// tool: memcheck
#include <stdlib.h>

struct node {
    long key;
    struct node *next;
};

__attribute__((noinline)) static long second_key(const struct node *list) {
    return list->next->key;
}

int main(void) {
    struct node *list = calloc(1, sizeof *list);
    return list != NULL ? (int)second_key(list) : 0;
}
