#include <pthread.h>
#include <stdio.h>
#include <string.h>

static int never_used(int n) {
    int unused = n;
    if (n = 3)
        return n;
}

int main(void) {
    int n;
    char text[4];
    printf("%d %s\n", n, 5L);
    strcpy(text, "too long for it");
    unsigned u = 3;
    return n < u;
}
