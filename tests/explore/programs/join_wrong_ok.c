// SPDX-License-Identifier: MIT
// expect: nothing
// Each result is read after its own thread was joined.
#include <pthread.h>

static int results[2];
static int numbers[2] = {0, 1};

static void *work(void *arg) {
    int me = *(int *)arg;
    results[me] = 10 + me;
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, work, &numbers[i]);
    pthread_join(threads[0], NULL);
    int seen = results[0];
    pthread_join(threads[1], NULL);
    return seen == 10 && results[1] == 11 ? 0 : 1;
}
