// SPDX-License-Identifier: MIT
// expect: deadlock
// A reader reads again while it reads. With a lock that lets waiting writers go
// first, the second rdlock waits for the writer, the writer for the first.
#include <pthread.h>

static pthread_rwlock_t lock;
static int value; // guarded by lock

static int get(void) {
    pthread_rwlock_rdlock(&lock);
    int now = value;
    pthread_rwlock_unlock(&lock);
    return now;
}

static void *compare(void *arg) {
    pthread_rwlock_rdlock(&lock);
    int first = value, second = get();
    pthread_rwlock_unlock(&lock);
    return first == second ? NULL : arg;
}

static void *set(void *arg) {
    pthread_rwlock_wrlock(&lock);
    value = 1;
    pthread_rwlock_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_t reader, writer;
    pthread_rwlockattr_t attributes;
    void *wrong;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(
        &attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    pthread_create(&reader, NULL, compare, &value);
    pthread_create(&writer, NULL, set, NULL);
    pthread_join(reader, &wrong);
    pthread_join(writer, NULL);
    pthread_rwlock_destroy(&lock);
    return wrong ? 1 : 0;
}
