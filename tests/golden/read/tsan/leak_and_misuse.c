// A thread that nobody joins, and every way to misuse a mutex.
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;

static void *take(void *argument) {
    pthread_mutex_lock(argument);
    return NULL;
}

static void *nothing(void *argument) {
    return argument;
}

int main(void) {
    pthread_t thread, forgotten;
    pthread_create(&thread, NULL, take, &lock);
    pthread_join(thread, NULL);
    pthread_mutex_unlock(&lock);
    pthread_mutex_unlock(&other);
    pthread_mutex_lock(&other);
    pthread_mutex_destroy(&other);
    pthread_create(&forgotten, NULL, nothing, NULL);
    usleep(200000);
    return 0;
}
