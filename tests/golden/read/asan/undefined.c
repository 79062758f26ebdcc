// Undefined behaviour of several sorts.
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct pair {
    int a, b;
};

int main(int count, char **arguments) {
    (void)arguments;
    int most = INT_MAX;
    int sum = most + count;
    int shifted = count << (31 + count);
    int cells[4] = {0};
    int index = count + 3;
    volatile int *cell = &cells[index];
    struct pair *nobody = count > 5 ? malloc(8) : NULL;
    int *inside = &nobody->b;
    char bytes[16] = {0};
    volatile long odd = *(long *)(bytes + count);
    int zero = count - 1;
    volatile int quotient = zero == 0 ? sum % (zero + 2) : 0;
    return (sum + shifted + (cell != NULL) + (inside != NULL) + (int)odd +
            quotient) == 42;
}
