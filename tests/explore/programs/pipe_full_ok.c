// SPDX-License-Identifier: MIT
// expect: nothing
// One thread writes more than the pipe holds, the other reads meanwhile.
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define PIECES 20

static int there[2], back[2];
static int numbers[2] = {0, 1};

static int write_all(int fd) {
    char piece[4096];
    memset(piece, 'x', sizeof piece);
    for (int i = 0; i < PIECES; i++) {
        if (write(fd, piece, sizeof piece) != sizeof piece)
            return 0;
    }
    return 1;
}

static int read_all(int fd) {
    char piece[4096];
    long left = (long)PIECES * sizeof piece;
    while (left > 0) {
        long got = read(fd, piece, sizeof piece);
        if (got <= 0)
            return 0;
        left -= got;
    }
    return 1;
}

static void *talk(void *arg) {
    int me = *(int *)arg, right;
    if (me == 0)
        right = write_all(there[1]) && read_all(back[0]);
    else
        right = read_all(there[0]) && write_all(back[1]);
    return right ? NULL : arg;
}

int main(void) {
    pthread_t threads[2];
    void *wrong[2];
    if (pipe(there) != 0 || pipe(back) != 0)
        return 0;
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, talk, &numbers[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], &wrong[i]);
    return wrong[0] || wrong[1];
}
