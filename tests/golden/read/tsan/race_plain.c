// Two threads add to a sum; the reader does not lock.
#include <pthread.h>
#include <stdlib.h>

struct bank {
    pthread_mutex_t lock;
    long total;
    long accounts[4];
};

static void *deposit(void *argument) {
    struct bank *b = argument;
    pthread_mutex_lock(&b->lock);
    b->total += 10;
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

int main(void) {
    struct bank *b = calloc(1, sizeof *b);
    pthread_mutex_init(&b->lock, NULL);
    pthread_t thread;
    pthread_create(&thread, NULL, deposit, b);
    long seen = b->total;
    pthread_join(thread, NULL);
    free(b);
    return seen > 100;
}
