// SPDX-License-Identifier: MIT
// expect: nothing
// Three samples of a moving thing, taken while it must stand still.
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int position; // guarded by lock

static void *move(void *arg) {
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&lock);
        position++;
        pthread_mutex_unlock(&lock);
    }
    return arg;
}

static void *watch(void *arg) {
    pthread_mutex_lock(&lock);
    int a = position, b = position, c = position;
    pthread_mutex_unlock(&lock);
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
