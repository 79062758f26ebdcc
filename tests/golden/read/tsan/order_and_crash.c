// Two locks in both orders (advice), a use after free, then a crash.
#include <pthread.h>
#include <stdlib.h>

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;

static void both(pthread_mutex_t *first, pthread_mutex_t *second) {
    pthread_mutex_lock(first);
    pthread_mutex_lock(second);
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
}

int main(void) {
    both(&a, &b);
    both(&b, &a);
    volatile long *gone = malloc(sizeof *gone);
    free((void *)gone);
    *gone = 4;
    volatile int *nowhere = NULL;
    *nowhere = 1;
    return 0;
}
