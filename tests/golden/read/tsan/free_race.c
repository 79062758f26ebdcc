// The queue is freed and its lock destroyed while a thread still uses them.
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct queue {
    pthread_mutex_t lock;
    int length;
};

static void *use(void *argument) {
    struct queue *q = argument;
    pthread_mutex_lock(&q->lock);
    q->length = 1;
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

static void *use_later(void *argument) {
    struct queue *q = argument;
    usleep(100000);
    q->length = 2;
    return NULL;
}

int main(void) {
    pthread_t thread;
    struct queue *q = malloc(sizeof *q);
    pthread_mutex_init(&q->lock, NULL);
    pthread_create(&thread, NULL, use, q);
    usleep(100000);
    pthread_mutex_destroy(&q->lock);
    free(q);
    pthread_join(thread, NULL);
    q = malloc(sizeof *q);
    pthread_create(&thread, NULL, use_later, q);
    free(q);
    pthread_join(thread, NULL);
    return 0;
}
