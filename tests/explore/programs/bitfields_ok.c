// SPDX-License-Identifier: MIT
// expect: nothing
// A field of width 0 between them makes the two bit-fields two memory
// locations, and each may have a lock of its own.
#include <pthread.h>

static pthread_mutex_t left_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t right_lock = PTHREAD_MUTEX_INITIALIZER;

static struct {
    unsigned left : 4; // guarded by left_lock
    unsigned : 0;
    unsigned right : 4; // guarded by right_lock
} bits;

static void *set_left(void *arg) {
    pthread_mutex_lock(&left_lock);
    bits.left = 3;
    pthread_mutex_unlock(&left_lock);
    return arg;
}

static void *set_right(void *arg) {
    pthread_mutex_lock(&right_lock);
    bits.right = 5;
    pthread_mutex_unlock(&right_lock);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, set_left, NULL);
    pthread_create(&b, NULL, set_right, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return bits.left == 3 && bits.right == 5 ? 0 : 1;
}
