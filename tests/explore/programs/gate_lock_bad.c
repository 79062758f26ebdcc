// SPDX-License-Identifier: MIT
// expect: deadlock
// Opposite orders are harmless while both sides hold the gate. The second side
// leaves the gate before it has both locks.
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t right = PTHREAD_MUTEX_INITIALIZER;
static int moves; // guarded by left and right

static void *one_side(void *arg) {
    pthread_mutex_lock(&gate);
    pthread_mutex_lock(&left);
    pthread_mutex_lock(&right);
    moves++;
    pthread_mutex_unlock(&right);
    pthread_mutex_unlock(&left);
    pthread_mutex_unlock(&gate);
    return arg;
}

static void *other_side(void *arg) {
    pthread_mutex_lock(&gate);
    pthread_mutex_lock(&right);
    pthread_mutex_unlock(&gate);
    pthread_mutex_lock(&left);
    moves++;
    pthread_mutex_unlock(&left);
    pthread_mutex_unlock(&right);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, one_side, NULL);
    pthread_create(&b, NULL, other_side, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert(moves == 2);
    return 0;
}
