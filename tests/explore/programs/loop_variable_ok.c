// SPDX-License-Identifier: MIT
// expect: nothing
// Every thread gets the address of a number of its own.
#include <pthread.h>

static int squares[3]; // squares[i] is thread i's until it is joined

static void *square(void *arg) {
    int me = *(int *)arg;
    if (me < 3)
        squares[me] = me * me;
    return NULL;
}

int main(void) {
    pthread_t threads[3];
    int numbers[3];
    for (int i = 0; i < 3; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, square, &numbers[i]);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    return squares[2] == 4 ? 0 : 1;
}
