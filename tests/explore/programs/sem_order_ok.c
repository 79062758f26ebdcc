// SPDX-License-Identifier: MIT
// expect: nothing
// Two semaphores with one unit each, taken in the same order by both.
#include <pthread.h>
#include <semaphore.h>

static sem_t tape, disk;
static int copies; // guarded by both

static void *copy_in(void *arg) {
    sem_wait(&tape);
    sem_wait(&disk);
    copies++;
    sem_post(&disk);
    sem_post(&tape);
    return arg;
}

static void *copy_out(void *arg) {
    sem_wait(&tape);
    sem_wait(&disk);
    copies++;
    sem_post(&disk);
    sem_post(&tape);
    return arg;
}

int main(void) {
    pthread_t a, b;
    sem_init(&tape, 0, 1);
    sem_init(&disk, 0, 1);
    pthread_create(&a, NULL, copy_in, NULL);
    pthread_create(&b, NULL, copy_out, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    sem_destroy(&tape);
    sem_destroy(&disk);
    return copies == 2 ? 0 : 1;
}
