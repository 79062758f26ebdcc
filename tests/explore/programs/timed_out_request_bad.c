// SPDX-License-Identifier: MIT
// expect: memory-error
// The requester frees its request when the time is up, but the server may have
// taken it from the queue and write the answer into it.
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct request {
    int answer;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER;
static struct request *waiting; // guarded by lock, and so is the request

static void *serve(void *arg) {
    pthread_mutex_lock(&lock);
    struct request *request = waiting;
    pthread_mutex_unlock(&lock);
    pthread_mutex_lock(&lock);
    if (request)
        request->answer = 1;
    pthread_cond_signal(&answered);
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_t server;
    struct timespec limit;
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return 0;
    waiting = request;
    pthread_create(&server, NULL, serve, NULL);
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_nsec = 0;
    limit.tv_sec += 2;
    pthread_mutex_lock(&lock);
    int error = 0;
    while (!request->answer && error == 0)
        error = pthread_cond_timedwait(&answered, &lock, &limit);
    waiting = NULL;
    free(request);
    pthread_mutex_unlock(&lock);
    pthread_join(server, NULL);
    return 0;
}
