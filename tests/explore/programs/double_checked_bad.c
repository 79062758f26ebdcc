// SPDX-License-Identifier: MIT
// expect: data-race
// Double-checked locking with a plain pointer: the first look is a race.
#include <pthread.h>
#include <stdatomic.h>

struct settings {
    int size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct settings storage;
static struct settings *instance;

static struct settings *get(void) {
    struct settings *seen = instance;
    if (seen)
        return seen;
    pthread_mutex_lock(&lock);
    seen = instance;
    if (!seen) {
        storage.size = 64;
        seen = &storage;
        instance = seen;
    }
    pthread_mutex_unlock(&lock);
    return seen;
}

static void *use(void *arg) {
    return get()->size == 64 ? NULL : arg;
}

int main(void) {
    pthread_t a, b;
    void *wrong[2];
    pthread_create(&a, NULL, use, &lock);
    pthread_create(&b, NULL, use, &lock);
    pthread_join(a, &wrong[0]);
    pthread_join(b, &wrong[1]);
    return wrong[0] || wrong[1];
}
