// SPDX-License-Identifier: MIT
// expect: wrong-result
// sem_timedwait may end without a unit; the item is counted all the same.
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

static sem_t items;

static void *produce(void *arg) {
    sem_post(&items);
    return arg;
}

int main(void) {
    pthread_t producer;
    struct timespec limit;
    int got = 0;
    sem_init(&items, 0, 0);
    pthread_create(&producer, NULL, produce, NULL);
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 1;
    sem_timedwait(&items, &limit);
    got++;
    pthread_join(producer, NULL);
    int left = 0;
    while (sem_trywait(&items) == 0)
        left++;
    sem_destroy(&items);
    return got + left == 1 ? 0 : 1;
}
