// tool: helgrind
// Every misuse of the pthread API that helgrind knows, and a race.
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t third = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static long total;

static void *take(void *argument) {
    pthread_mutex_lock(argument);
    total++;
    return NULL;
}

static void *add(void *argument) {
    total++;
    return argument;
}

static void *foreign(void *argument) {
    pthread_mutex_unlock(argument);
    return NULL;
}

int main(void) {
    pthread_t one, two;
    pthread_create(&one, NULL, take, &lock);
    pthread_create(&two, NULL, add, NULL);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    pthread_mutex_unlock(&other);
    pthread_mutex_lock(&other);
    pthread_create(&one, NULL, foreign, &other);
    pthread_join(one, NULL);
    pthread_mutex_lock(&third);
    pthread_mutex_destroy(&third);
    struct timespec past = {0, 0};
    pthread_mutex_t fourth = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_timedwait(&cond, &fourth, &past);
    pthread_cond_signal(&cond);
    pthread_join(one, NULL);
    pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
    pthread_mutex_lock(&b);
    pthread_mutex_lock(&a);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
    pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
    pthread_rwlock_unlock(&rw);
    sem_t sem;
    sem_init(&sem, 0, -1);
    return 0;
}
