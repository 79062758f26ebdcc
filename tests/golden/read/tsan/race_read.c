// SPDX-License-Identifier: MIT
// Two threads read() into the same buffer.
#include <pthread.h>
#include <string.h>
#include <unistd.h>

static char scratch[16];
static int ends[2];

static void *take(void *copy) {
    ssize_t got = read(ends[0], scratch, 4);
    memcpy(copy, scratch, got > 0 ? (size_t)got : 0);
    return NULL;
}

int main(void) {
    pthread_t one, two;
    char first[16], second[16];
    if (pipe(ends) != 0 || write(ends[1], "8 bytes.", 8) != 8)
        return 1;
    pthread_create(&one, NULL, take, first);
    pthread_create(&two, NULL, take, second);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    return 0;
}
