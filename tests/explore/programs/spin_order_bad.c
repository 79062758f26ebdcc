// SPDX-License-Identifier: MIT
// expect: deadlock
// Two spin locks in opposite orders: both threads spin for ever.
#include <pthread.h>

static pthread_spinlock_t head, tail;
static int moved; // guarded by both

static void *push(void *arg) {
    pthread_spin_lock(&head);
    pthread_spin_lock(&tail);
    moved++;
    pthread_spin_unlock(&tail);
    pthread_spin_unlock(&head);
    return arg;
}

static void *pull(void *arg) {
    pthread_spin_lock(&tail);
    pthread_spin_lock(&head);
    moved--;
    pthread_spin_unlock(&head);
    pthread_spin_unlock(&tail);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_spin_init(&head, PTHREAD_PROCESS_PRIVATE);
    pthread_spin_init(&tail, PTHREAD_PROCESS_PRIVATE);
    pthread_create(&a, NULL, push, NULL);
    pthread_create(&b, NULL, pull, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return moved;
}
