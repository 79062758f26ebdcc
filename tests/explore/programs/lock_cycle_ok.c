// SPDX-License-Identifier: MIT
// expect: nothing
// Three threads, three locks, each thread takes two, always the lower first.
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t lock[3] = {PTHREAD_MUTEX_INITIALIZER,
                                  PTHREAD_MUTEX_INITIALIZER,
                                  PTHREAD_MUTEX_INITIALIZER};
static int used[3]; // used[i] is guarded by lock[i]
static int numbers[3] = {0, 1, 2};

static void *use_two(void *arg) {
    int me = *(int *)arg;
    int next = (me + 1) % 3;
    int first = me < next ? me : next, second = me < next ? next : me;
    pthread_mutex_lock(&lock[first]);
    pthread_mutex_lock(&lock[second]);
    used[first]++;
    used[second]++;
    pthread_mutex_unlock(&lock[second]);
    pthread_mutex_unlock(&lock[first]);
    return NULL;
}

int main(void) {
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, use_two, &numbers[i]);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert(used[0] == 2 && used[1] == 2 && used[2] == 2);
    return 0;
}
