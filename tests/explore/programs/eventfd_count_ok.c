// SPDX-License-Identifier: MIT
// expect: nothing
// With EFD_SEMAPHORE a read takes one of the count.
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int events;

static void *take_one(void *arg) {
    uint64_t count;
    return read(events, &count, sizeof count) == sizeof count ? NULL : arg;
}

static void *post_two(void *arg) {
    uint64_t one = 1;
    for (int i = 0; i < 2; i++) {
        if (write(events, &one, sizeof one) != sizeof one)
            return arg;
    }
    return NULL;
}

int main(void) {
    pthread_t threads[3];
    events = eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
    if (events < 0)
        return 0;
    pthread_create(&threads[0], NULL, take_one, &events);
    pthread_create(&threads[1], NULL, take_one, &events);
    pthread_create(&threads[2], NULL, post_two, &events);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    close(events);
    return 0;
}
