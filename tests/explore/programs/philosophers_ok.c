// SPDX-License-Identifier: MIT
// expect: nothing
// Four philosophers; the last one takes the right fork first.
#include <assert.h>
#include <pthread.h>

#define COUNT 4

static pthread_mutex_t forks[COUNT];
static int meals[COUNT]; // meals[i] belongs to philosopher i until joined
static int numbers[COUNT];

static void *dine(void *arg) {
    int me = *(int *)arg;
    pthread_mutex_t *left = &forks[me], *right = &forks[(me + 1) % COUNT];
    pthread_mutex_t *first = me == COUNT - 1 ? right : left;
    pthread_mutex_t *second = me == COUNT - 1 ? left : right;
    pthread_mutex_lock(first);
    pthread_mutex_lock(second);
    meals[me]++;
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
    return NULL;
}

int main(void) {
    pthread_t threads[COUNT];
    for (int i = 0; i < COUNT; i++)
        pthread_mutex_init(&forks[i], NULL);
    for (int i = 0; i < COUNT; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, dine, &numbers[i]);
    }
    for (int i = 0; i < COUNT; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < COUNT; i++) {
        assert(meals[i] == 1);
        pthread_mutex_destroy(&forks[i]);
    }
    return 0;
}
