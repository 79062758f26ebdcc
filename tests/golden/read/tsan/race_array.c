// A loop variable's address, an array element, a global, and two locks.
#include <pthread.h>
#include <string.h>

static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t right = PTHREAD_MUTEX_INITIALIZER;
static long cells[8];
static char text[16];

static void *fill(void *argument) {
    int i = *(int *)argument;
    pthread_mutex_lock(&left);
    cells[3] = i;
    pthread_mutex_unlock(&left);
    memcpy(text, "fill", 5);
    return NULL;
}

static void *drain(void *argument) {
    (void)argument;
    pthread_mutex_lock(&right);
    cells[3]--;
    pthread_mutex_unlock(&right);
    memset(text, 0, sizeof text);
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    int i = 7;
    pthread_create(&threads[0], NULL, fill, &i);
    pthread_create(&threads[1], NULL, drain, NULL);
    i++;
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    return 0;
}
