// SPDX-License-Identifier: MIT
// expect: broken-invariant
// Three samples of a moving thing, taken one by one: they are all different
// only if the mover makes one step between each two of them.
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int position; // guarded by lock

static int sample(void) {
    pthread_mutex_lock(&lock);
    int now = position;
    pthread_mutex_unlock(&lock);
    return now;
}

static void *move(void *arg) {
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&lock);
        position++;
        pthread_mutex_unlock(&lock);
    }
    return arg;
}

static void *watch(void *arg) {
    int a = sample(), b = sample(), c = sample();
    assert(!(b == a + 1 && c == b + 1));
    return arg;
}

int main(void) {
    pthread_t mover, watcher;
    pthread_create(&mover, NULL, move, NULL);
    pthread_create(&watcher, NULL, watch, NULL);
    pthread_join(mover, NULL);
    pthread_join(watcher, NULL);
    return 0;
}
