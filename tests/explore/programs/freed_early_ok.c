// SPDX-License-Identifier: MIT
// expect: nothing
// lookup() copies the entry's value while it holds the lock.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct entry {
    atomic_int value;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entry; // guarded by lock

static int lookup(void) {
    pthread_mutex_lock(&lock);
    int found = entry ? atomic_load(&entry->value) : 5;
    pthread_mutex_unlock(&lock);
    return found;
}

static void *reader(void *arg) {
    return lookup() != 5 ? arg : NULL;
}

static void *remover(void *arg) {
    pthread_mutex_lock(&lock);
    struct entry *gone = entry;
    entry = NULL;
    pthread_mutex_unlock(&lock);
    free(gone);
    return arg;
}

int main(void) {
    pthread_t a, b;
    void *wrong;
    entry = malloc(sizeof *entry);
    if (!entry)
        return 0;
    atomic_init(&entry->value, 5);
    pthread_create(&a, NULL, reader, &lock);
    pthread_create(&b, NULL, remover, NULL);
    pthread_join(a, &wrong);
    pthread_join(b, NULL);
    return wrong ? 1 : 0;
}
