// expect: wrong-result
// The deadline is computed in the loop: every wake-up gives the full time anew.
// SPDX-License-Identifier: MIT
#include "join_timeout.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct worker {
    pthread_t thread;
    void (*fn)(void *arg);
    void *arg;
    pthread_mutex_t lock; // guards `finished`
    pthread_cond_t ended; // broadcast when it becomes true
    bool finished;
};

static void *worker_main(void *arg) {
    worker *self = arg;
    self->fn(self->arg);
    pthread_mutex_lock(&self->lock);
    self->finished = true;
    pthread_cond_broadcast(&self->ended);
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

static void release(worker *w) {
    pthread_cond_destroy(&w->ended);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

worker *worker_start(void (*fn)(void *arg), void *arg) {
    worker *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->fn = fn;
    w->arg = arg;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    // Last: from here on the thread may use all of the above.
    int error = pthread_create(&w->thread, NULL, worker_main, w);
    if (error != 0) {
        release(w);
        errno = error; // pthread_create itself does not set it
        return NULL;
    }
    return w;
}

// The point in time TIMEOUT_MS from now, or NULL for a negative one.
static const struct timespec *deadline_in(long timeout_ms,
                                          struct timespec *room) {
    if (timeout_ms < 0)
        return NULL;
    clock_gettime(CLOCK_MONOTONIC, room);
    room->tv_sec += timeout_ms / 1000;
    room->tv_nsec += timeout_ms % 1000 * 1000000;
    if (room->tv_nsec >= 1000000000) { // must stay below a second
        room->tv_sec++;
        room->tv_nsec -= 1000000000;
    }
    return room;
}

// Whether W has finished; waits for it until DEADLINE.
static bool finished_by(worker *w, long ms) {
    struct timespec room;
    const struct timespec *deadline;
    int error = 0;
    pthread_mutex_lock(&w->lock);
    while (!w->finished && error == 0) {
        deadline = deadline_in(ms, &room);
        error = deadline == NULL
                    ? pthread_cond_wait(&w->ended, &w->lock)
                    : pthread_cond_timedwait(&w->ended, &w->lock, deadline);
    }
    bool finished = w->finished; // what counts, not why the wait ended
    pthread_mutex_unlock(&w->lock);
    return finished;
}

int worker_join(worker *w, long timeout_ms) {
    return finished_by(w, timeout_ms) ? 0 : -ETIMEDOUT;
}

int worker_alive(worker *w) {
    pthread_mutex_lock(&w->lock);
    bool finished = w->finished;
    pthread_mutex_unlock(&w->lock);
    return !finished;
}

size_t join_all(worker *const *w, size_t n, long timeout_ms) {
    struct timespec room;
    clock_gettime(CLOCK_MONOTONIC, &room);
    long end = room.tv_sec * 1000 + room.tv_nsec / 1000000 + 1;
    if (timeout_ms > 0)
        end += timeout_ms;
    size_t count = 0;
    // Once the deadline has passed, the rest is only looked at.
    for (size_t i = 0; i < n; i++) {
        clock_gettime(CLOCK_MONOTONIC, &room);
        long left = end - (room.tv_sec * 1000 + room.tv_nsec / 1000000);
        if (left < 0)
            left = 0;
        if (timeout_ms < 0)
            left = -1;
        count += finished_by(w[i], left);
    }
    return count;
}

void worker_free(worker *w) {
    // Not enough to see `finished`: the thread may still be on its last lines,
    // with the mutex in its hands.
    pthread_join(w->thread, NULL);
    release(w);
}
