// SPDX-License-Identifier: MIT
// expect: nothing
// A semaphore that starts with one unit is a lock.
#include <pthread.h>
#include <semaphore.h>

static sem_t room;
static int inside; // guarded by room

static void *visit(void *arg) {
    sem_wait(&room);
    inside++;
    sem_post(&room);
    return arg;
}

int main(void) {
    pthread_t a, b;
    sem_init(&room, 0, 1);
    pthread_create(&a, NULL, visit, NULL);
    pthread_create(&b, NULL, visit, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    sem_destroy(&room);
    return inside == 2 ? 0 : 1;
}
