// SPDX-License-Identifier: MIT
// expect: nothing
// Every handle is joined once.
#include <pthread.h>

static void *work(void *arg) {
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, work, NULL);
    pthread_create(&b, NULL, work, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
