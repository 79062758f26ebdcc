// SPDX-License-Identifier: MIT
// expect: memory-error
// The key's destructor frees the thread's record when the thread ends, but main
// was given a pointer to it and reads it after the join.
#include <pthread.h>
#include <stdlib.h>

static pthread_key_t record_key;

static void *work(void *arg) {
    int *record = malloc(sizeof *record);
    if (!record)
        return NULL;
    *record = *(int *)arg;
    pthread_setspecific(record_key, record);
    *(int *)pthread_getspecific(record_key) += 1;
    return record;
}

int main(void) {
    pthread_t a;
    int start = 1, wrong = 0;
    void *result;
    pthread_key_create(&record_key, free);
    pthread_create(&a, NULL, work, &start);
    pthread_join(a, &result);
    if (result)
        wrong = *(int *)result != 2;
    pthread_key_delete(record_key);
    return wrong;
}
