#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct bank;

static int half(int n) {
    return n / 2
}

int main(void) {
    struct bank *b = NULL;
    b->total = 3;
    int count = unknown + 1;
    char *text = 5;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(lock);
    half(1, 2);
    return missing_function(text);
}

int half(int n);

static void open_end(void) {
    if (1) {
