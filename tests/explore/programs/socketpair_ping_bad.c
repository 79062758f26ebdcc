// SPDX-License-Identifier: MIT
// expect: deadlock
// Both sides read first.
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static int side[2];
static int hits; // belongs to the side that has the ball

static int hit(int fd) {
    char ball = 'o';
    hits++;
    return write(fd, &ball, 1) == 1;
}

static int receive(int fd) {
    char ball;
    return read(fd, &ball, 1) == 1;
}

static void *returns(void *arg) {
    for (int i = 0; i < 2; i++) {
        if (!receive(side[1]) || !hit(side[1]))
            return arg;
    }
    return NULL;
}

int main(void) {
    pthread_t player;
    int right = 1;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, side) != 0)
        return 0;
    pthread_create(&player, NULL, returns, side);
    for (int i = 0; i < 2 && right; i++) {
        right = receive(side[0]) && hit(side[0]);
    }
    pthread_join(player, NULL);
    return right && hits == 4 ? 0 : 1;
}
