// SPDX-License-Identifier: MIT
// expect: deadlock
// Edge-triggered epoll tells of two bytes once; the reader takes one byte and
// waits for the second telling.
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#define MODE (EPOLLIN | EPOLLET)

static int ends[2];

static void *write_two(void *arg) {
    return write(ends[1], "ab", 2) == 2 ? NULL : arg;
}

int main(void) {
    pthread_t writer;
    struct epoll_event wanted = {.events = MODE}, event;
    if (pipe(ends) != 0)
        return 0;
    int watch = epoll_create1(EPOLL_CLOEXEC);
    if (watch < 0 || epoll_ctl(watch, EPOLL_CTL_ADD, ends[0], &wanted) != 0)
        return 0;
    pthread_create(&writer, NULL, write_two, ends);
    for (int got = 0; got < 2;) {
        char byte;
        if (epoll_wait(watch, &event, 1, -1) == 1)
            got += read(ends[0], &byte, 1) == 1;
    }
    pthread_join(writer, NULL);
    close(watch);
    return 0;
}
