// SPDX-License-Identifier: MIT
// Two threads with about fifty operations on a lock between them: what
// tools/bench-explore counts schedules of.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int count; // guarded by lock

static void *add(void *arg) {
    for (int i = 0; i < 12; i++) {
        pthread_mutex_lock(&lock);
        count++;
        pthread_mutex_unlock(&lock);
    }
    return arg;
}

int main(void) {
    pthread_t other;
    pthread_create(&other, NULL, add, NULL);
    add(NULL);
    pthread_join(other, NULL);
    return count == 24 ? 0 : 1;
}
