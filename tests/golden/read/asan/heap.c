// One error a run, chosen by the argument.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static int table[4];

static int *dangling(int which) {
    int local[4] = {which};
    int *volatile escape = local;
    return escape;
}

static int deep(int n) {
    volatile char room[4096];
    room[n % 4096] = 1;
    return n < 0 ? 0 : deep(n + 1) + room[0];
}

static void *writer(void *argument) {
    long *cell = argument;
    *cell = 5;
    return NULL;
}

int main(int count, char **arguments) {
    const char *what = arguments[1];
    int n = count + 2;
    int *block = malloc(4 * sizeof *block);
    if (strcmp(what, "overflow") == 0)
        block[n + 1] = 1;
    if (strcmp(what, "underflow") == 0)
        block[-n / 4 - 1] = 1;
    if (strcmp(what, "global") == 0)
        table[n] = 1;
    if (strcmp(what, "stack") == 0) {
        char name[4];
        char *volatile start = name;
        memset(start, 0, n + 3);
    }
    if (strcmp(what, "after_return") == 0)
        *dangling(n) = 1;
    if (strcmp(what, "after_free") == 0) {
        long *cell = malloc(sizeof *cell);
        free(cell);
        pthread_t thread;
        pthread_create(&thread, NULL, writer, cell);
        pthread_join(thread, NULL);
    }
    if (strcmp(what, "after_scope") == 0) {
        int *volatile escape;
        {
            int inner = n;
            escape = &inner;
        }
        *escape = 2;
    }
    if (strcmp(what, "double_free") == 0) {
        int *volatile twice = malloc(4);
        free(twice);
        free(twice);
    }
    if (strcmp(what, "bad_free") == 0)
        free(block + 1);
    if (strcmp(what, "null") == 0)
        *(volatile int *)(strlen(what) == 4 ? NULL : block) = 1;
    if (strcmp(what, "deep") == 0)
        return deep(n);
    if (strcmp(what, "huge") == 0)
        block = malloc(-(size_t)n);
    if (strcmp(what, "overlap") == 0)
        memcpy(block + 1, block, 3 * sizeof *block);
    free(block);
    return 0;
}
