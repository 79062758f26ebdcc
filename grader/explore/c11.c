// SPDX-License-Identifier: MIT
// <threads.h>: the same models under its names.
#include <errno.h>
#include <stdint.h>
#include <threads.h>

#include "explore/cond.h"
#include "explore/mutex.h"
#include "explore/once.h"
#include "explore/room.h"
#include "explore/threads.h"
#include "explore/timing.h"

// Its functions are used after main has begun only.
static int outcome(int error) {
    switch (error) {
    case 0:
        return thrd_success;
    case ETIMEDOUT:
        return thrd_timedout;
    case EBUSY:
        return thrd_busy;
    case ENOMEM:
        return thrd_nomem;
    default:
        return thrd_error;
    }
}

int ex_mtx_init(mtx_t *mutex, int type) {
    run_event(OP_INIT, mutex, PC);
    object_init(mutex, OBJECT_MUTEX)->type =
        type & mtx_recursive ? MUTEX_RECURSIVE : MUTEX_NORMAL;
    return thrd_success;
}

static void know(mtx_t *mutex) {
    if (object_known(mutex, OBJECT_MUTEX) == NULL)
        object_init(mutex, OBJECT_MUTEX);
}

void ex_mtx_destroy(mtx_t *mutex) {
    know(mutex);
    mutex_destroy(mutex, PC);
}

int ex_mtx_lock(mtx_t *mutex) {
    know(mutex);
    return outcome(mutex_lock(mutex, NEVER, PC));
}

int ex_mtx_timedlock(mtx_t *mutex, const struct timespec *until) {
    know(mutex);
    return outcome(mutex_lock(mutex, time_of(CLOCK_REALTIME, until), PC));
}

int ex_mtx_trylock(mtx_t *mutex) {
    know(mutex);
    return outcome(mutex_trylock(mutex, PC));
}

int ex_mtx_unlock(mtx_t *mutex) {
    know(mutex);
    return outcome(mutex_unlock(mutex, PC));
}

int ex_cnd_init(cnd_t *cond) {
    run_event(OP_INIT, cond, PC);
    object_init(cond, OBJECT_COND);
    return thrd_success;
}

void ex_cnd_destroy(cnd_t *cond) {
    cond_destroy(cond, PC);
}

int ex_cnd_wait(cnd_t *cond, mtx_t *mutex) {
    know(mutex);
    return outcome(cond_wait(cond, mutex, NEVER, PC));
}

int ex_cnd_timedwait(cnd_t *cond, mtx_t *mutex, const struct timespec *until) {
    know(mutex);
    return outcome(cond_wait(cond, mutex, time_of(CLOCK_REALTIME, until), PC));
}

int ex_cnd_signal(cnd_t *cond) {
    return outcome(cond_signal(cond, PC));
}

int ex_cnd_broadcast(cnd_t *cond) {
    return outcome(cond_broadcast(cond, PC));
}

void ex_call_once(once_flag *flag, void (*function)(void)) {
    once_call(flag, function, PC);
}

struct start {
    thrd_start_t function;
    void *argument;
};

static void *run_start(void *argument) {
    struct start start = *(struct start *)argument;
    return (void *)(intptr_t)start.function(start.argument);
}

int ex_thrd_create(thrd_t *thread, thrd_start_t function, void *argument) {
    struct start *start = room_take(sizeof *start);
    *start = (struct start){function, argument};
    return outcome(threads_create(thread, run_start, start, false, PC));
}

int ex_thrd_join(thrd_t thread, int *value) {
    void *result = NULL;
    int error = threads_join(thread, &result, NEVER, PC);
    if (error == 0 && value != NULL)
        *value = (int)(intptr_t)result;
    return outcome(error);
}

int ex_thrd_detach(thrd_t thread) {
    return outcome(threads_detach(thread, PC));
}

_Noreturn void ex_thrd_exit(int value) {
    threads_exit((void *)(intptr_t)value);
}

int ex_tss_create(tss_t *key, tss_dtor_t destructor) {
    return outcome(threads_key(destructor, key));
}

void *ex_tss_get(tss_t key) {
    extern void *ex_pthread_getspecific(pthread_key_t);
    return ex_pthread_getspecific(key);
}

int ex_tss_set(tss_t key, void *value) {
    extern int ex_pthread_setspecific(pthread_key_t, const void *);
    return outcome(ex_pthread_setspecific(key, value));
}

void ex_tss_delete(tss_t key) {
    extern int ex_pthread_key_delete(pthread_key_t);
    ex_pthread_key_delete(key);
}
