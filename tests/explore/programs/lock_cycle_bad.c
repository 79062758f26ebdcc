// SPDX-License-Identifier: MIT
// expect: deadlock
// Three threads, three locks, each thread takes two: 0-1, 1-2, 2-0. Any two of
// the threads are harmless, all three may close the circle.
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
    int first = me, second = next;
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
