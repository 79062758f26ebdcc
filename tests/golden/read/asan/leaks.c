// Leaks from two places of the answer, directly and indirectly.
#include <stdlib.h>
#include <string.h>

struct node {
    struct node *next;
    char *name;
};

static struct node *push(struct node *next, const char *name) {
    struct node *node = malloc(sizeof *node);
    node->next = next;
    node->name = strdup(name);
    return node;
}

int main(void) {
    struct node *list = NULL;
    for (int i = 0; i < 5; i++)
        list = push(list, "a name that is longer");
    list = NULL;
    char *volatile block = malloc(1000);
    block[0] = (char)(list == NULL);
    block = NULL;
    return 0;
}
