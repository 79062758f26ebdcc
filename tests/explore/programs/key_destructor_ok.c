// SPDX-License-Identifier: MIT
// expect: nothing
// The record is given to main, which frees it; the slot is emptied, so that
// the destructor has nothing to free.
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
    pthread_setspecific(record_key, NULL);
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
    free(result);
    pthread_key_delete(record_key);
    return wrong;
}
