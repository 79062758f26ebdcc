// SPDX-License-Identifier: MIT
// expect: api-misuse
// The same thread is joined twice; after the first join its handle means
// nothing any more.
#include <pthread.h>

static void *work(void *arg) {
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, work, NULL);
    pthread_create(&b, NULL, work, NULL);
    pthread_join(a, NULL);
    pthread_join(a, NULL);
    return 0;
}
