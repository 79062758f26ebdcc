// tool: memcheck
// Uninitialised values and bad accesses.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static __attribute__((noinline)) int decide(volatile int *values) {
    if (values[1] > 3)
        write(1, "", 0);
    return 0;
}

int main(void) {
    volatile int *values = malloc(4 * sizeof *values);
    values[0] = 1;
    int answer = decide(values);
    volatile int local;
    if (local == 42)
        write(1, "", 0);
    values[4] = 2;
    volatile char *text = malloc(4);
    write(1, (void *)text, 0);
    write(1, (void *)text, 4);
    free((void *)text);
    answer += text[1];
    free((void *)text);
    return answer == 77;
}
