// SPDX-License-Identifier: MIT
// expect: data-race
// poll() with a timeout may end without an event; the message is read anyhow.
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int ready;
static int message; // the sender's until `ready` counts

static void *send(void *arg) {
    uint64_t one = 1;
    message = 11;
    return write(ready, &one, sizeof one) == sizeof one ? NULL : arg;
}

int main(void) {
    pthread_t sender;
    ready = eventfd(0, EFD_CLOEXEC);
    if (ready < 0)
        return 0;
    struct pollfd wanted = {.fd = ready, .events = POLLIN};
    pthread_create(&sender, NULL, send, &ready);
    poll(&wanted, 1, 50);
    int seen = message;
    pthread_join(sender, NULL);
    close(ready);
    return seen == 11 || seen == 0 ? 0 : 1;
}
