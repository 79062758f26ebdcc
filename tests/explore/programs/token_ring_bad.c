// SPDX-License-Identifier: MIT
// expect: wrong-result
// Each station passes the token on if it has it, and goes home if not: the
// token arrives only if the stations happen to run in their order.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static int token; // guarded by lock; whose turn it is
static int numbers[3] = {0, 1, 2};

static void *station(void *arg) {
    int me = *(int *)arg;
    pthread_mutex_lock(&lock);
    if (token == me)
        token++;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void) {
    pthread_t stations[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&stations[i], NULL, station, &numbers[i]);
    for (int i = 0; i < 3; i++)
        pthread_join(stations[i], NULL);
    return token == 3 ? 0 : 1;
}
