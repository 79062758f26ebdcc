// SPDX-License-Identifier: MIT
// expect: memory-error or data-race
// lookup() gives out the pointer and the lock; the entry may be removed and
// freed before the caller reads it.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct entry {
    atomic_int value;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entry; // guarded by lock

static struct entry *lookup(void) {
    pthread_mutex_lock(&lock);
    struct entry *found = entry;
    pthread_mutex_unlock(&lock);
    return found;
}

static void *reader(void *arg) {
    struct entry *found = lookup();
    return found && atomic_load(&found->value) != 5 ? arg : NULL;
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
