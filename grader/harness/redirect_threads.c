// SPDX-License-Identifier: MIT
// Redirected: threads, mutexes, condition variables, semaphores, barriers,
// read-write and spin locks. See redirect.h.
#include "harness/redirect.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "harness/suite.h"

#define KEY(pointer) ((uintptr_t)(pointer))

// Neither clang 14's ThreadSanitizer nor helgrind 3.19 knows the calls that
// name a clock: a lock, a wait or a join by one of them would order nothing for
// it. So the same point in time is waited for by the call that both know, which
// goes by CLOCK_REALTIME.
static struct timespec on_realtime(clockid_t clock,
                                   const struct timespec *until) {
    enum { SECOND = 1000000000 };
    struct timespec here, there;
    if (clock_gettime(clock, &here) != 0 || until->tv_nsec < 0 ||
        until->tv_nsec >= SECOND)
        return (struct timespec){0, -1}; // EINVAL
    clock_gettime(CLOCK_REALTIME, &there);
    there.tv_sec += until->tv_sec - here.tv_sec;
    there.tv_nsec += until->tv_nsec - here.tv_nsec;
    if (there.tv_nsec < 0) {
        there.tv_sec--;
        there.tv_nsec += SECOND;
    } else if (there.tv_nsec >= SECOND) {
        there.tv_sec++;
        there.tv_nsec -= SECOND;
    }
    return there;
}

struct start {
    void *(*function)(void *);
    void *argument;
    struct slot *slot;
};

static void thread_ends(void *slot) {
    table_thread_ends(slot);
}

// pthread_exit and cancellation leave through the cleanup handler too.
static void *thread_main(void *argument) {
    struct start start = *(struct start *)argument;
    free(argument);
    table_thread_begins(start.slot);
    void *result;
    pthread_cleanup_push(thread_ends, start.slot);
    result = start.function(start.argument);
    pthread_cleanup_pop(1);
    return result;
}

int lk_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                      void *(*function)(void *), void *argument) {
    uintptr_t site = CALLER;
    if (redirect_fails(WB_PTHREAD_CREATE, site))
        return EAGAIN;
    struct start *start = malloc(sizeof *start);
    if (start == NULL)
        return EAGAIN;
    int detached = PTHREAD_CREATE_JOINABLE;
    if (attributes != NULL)
        pthread_attr_getdetachstate(attributes, &detached);
    struct slot *slot = table_new_thread(KEY(function), site);
    slot->settled = detached == PTHREAD_CREATE_DETACHED;
    *start = (struct start){function, argument, slot};
    // Into a variable of our own first: the new thread must find its handle in
    // the table even if it ends before this call returns.
    pthread_t handle;
    int error = pthread_create(&handle, attributes, thread_main, start);
    if (error != 0) {
        table_thread_ends(slot);
        slot->settled = true;
        free(start);
        return error;
    }
    slot->handle = KEY(handle);
    *thread = handle;
    return 0;
}

// The slot is looked up before the call: afterwards the handle may already
// belong to a new thread.
#define JOIN(call)                                                             \
    struct slot *other = table_find_thread(thread);                            \
    struct slot *self = redirect_wait(WAIT_JOIN, KEY(thread), CALLER);         \
    (void)redirect_fails(WB_PTHREAD_JOIN, CALLER);                             \
    int error = (call);                                                        \
    redirect_resume(self);                                                     \
    if (error == 0 && other != NULL)                                           \
        other->settled = true;                                                 \
    return error

int lk_pthread_join(pthread_t thread, void **result) {
    JOIN(pthread_join(thread, result));
}

int lk_pthread_tryjoin_np(pthread_t thread, void **result) {
    JOIN(pthread_tryjoin_np(thread, result));
}

int lk_pthread_timedjoin_np(pthread_t thread, void **result,
                            const struct timespec *until) {
    JOIN(pthread_timedjoin_np(thread, result, until));
}

int lk_pthread_clockjoin_np(pthread_t thread, void **result, clockid_t clock,
                            const struct timespec *until) {
    struct timespec known = {0};
    if (until != NULL)
        known = on_realtime(clock, until);
    JOIN(pthread_timedjoin_np(thread, result, until == NULL ? NULL : &known));
}

int lk_pthread_detach(pthread_t thread) {
    struct slot *other = table_find_thread(thread);
    int error = pthread_detach(thread);
    if (error == 0 && other != NULL)
        other->settled = true;
    return error;
}

// A lock call: what it waits for while it runs, and what it holds after it.
#define LOCK(kind, object, call)                                               \
    (void)redirect_fails(WB_MUTEX_LOCK, CALLER);                               \
    struct slot *self = redirect_wait(kind, KEY(object), CALLER);              \
    int error = (call);                                                        \
    redirect_resume(self);                                                     \
    if (error == 0 || error == EOWNERDEAD)                                     \
        table_take(self, KEY(object), CALLER);                                 \
    return error

#define UNLOCK(object, call)                                                   \
    struct slot *self = table_self();                                          \
    table_drop(self, KEY(object));                                             \
    return (call)

// Whether ADDRESS lies in memory that processes share.
static bool is_in_shared_memory(const void *address) {
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512], rights[8];
    uintptr_t from, to;
    bool shared = false;
    while (maps != NULL && !shared && fgets(line, sizeof line, maps) != NULL)
        shared = sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s", &from, &to,
                        rights) == 3 &&
                 from <= (uintptr_t)address && (uintptr_t)address < to &&
                 rights[3] == 's';
    if (maps != NULL)
        fclose(maps);
    return shared;
}

// POSIX leaves open what a lock made for one process does between two, and
// Linux lets some of them pass for shared ones.
static void note_scope(const void *lock, int scope, uintptr_t site) {
    if (scope != PTHREAD_PROCESS_SHARED && table_is_answer(site) &&
        is_in_shared_memory(lock))
        table->private_locks++;
}

int lk_pthread_mutex_init(pthread_mutex_t *mutex,
                          const pthread_mutexattr_t *attributes) {
    if (redirect_fails(WB_MUTEX_INIT, CALLER))
        return ENOMEM;
    int scope = PTHREAD_PROCESS_PRIVATE;
    if (attributes != NULL)
        pthread_mutexattr_getpshared(attributes, &scope);
    note_scope(mutex, scope, CALLER);
    return pthread_mutex_init(mutex, attributes);
}

// glibc keeps the type in the low bits, however it was set: by an attribute or
// by PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP.
#define COUNT_RECURSIVE(mutex)                                                 \
    do {                                                                       \
        if (((mutex)->__data.__kind & 3) == PTHREAD_MUTEX_RECURSIVE)           \
            (void)redirect_fails(WB_RECURSIVE_LOCK, CALLER);                   \
    } while (0)

int lk_pthread_mutex_lock(pthread_mutex_t *mutex) {
    COUNT_RECURSIVE(mutex);
    LOCK(WAIT_LOCK, mutex, pthread_mutex_lock(mutex));
}

int lk_pthread_mutex_trylock(pthread_mutex_t *mutex) {
    COUNT_RECURSIVE(mutex);
    LOCK(WAIT_LOCK, mutex, pthread_mutex_trylock(mutex));
}

int lk_pthread_mutex_timedlock(pthread_mutex_t *mutex,
                               const struct timespec *until) {
    COUNT_RECURSIVE(mutex);
    LOCK(WAIT_LOCK, mutex, pthread_mutex_timedlock(mutex, until));
}

int lk_pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
                               const struct timespec *until) {
    COUNT_RECURSIVE(mutex);
    struct timespec known = on_realtime(clock, until);
    LOCK(WAIT_LOCK, mutex, pthread_mutex_timedlock(mutex, &known));
}

int lk_pthread_mutex_unlock(pthread_mutex_t *mutex) {
    UNLOCK(mutex, pthread_mutex_unlock(mutex));
}

int lk_pthread_rwlock_rdlock(pthread_rwlock_t *lock) {
    LOCK(WAIT_RWLOCK, lock, pthread_rwlock_rdlock(lock));
}

int lk_pthread_rwlock_wrlock(pthread_rwlock_t *lock) {
    LOCK(WAIT_RWLOCK, lock, pthread_rwlock_wrlock(lock));
}

int lk_pthread_rwlock_tryrdlock(pthread_rwlock_t *lock) {
    LOCK(WAIT_RWLOCK, lock, pthread_rwlock_tryrdlock(lock));
}

int lk_pthread_rwlock_trywrlock(pthread_rwlock_t *lock) {
    LOCK(WAIT_RWLOCK, lock, pthread_rwlock_trywrlock(lock));
}

// Waits for LOCK until UNTIL, on CLOCK_REALTIME. Helgrind 3.19 sees only the
// trying kin of these functions: of a timed one it would not know that the lock
// is had, and call the unlock a mistake.
static int rwlock_by(pthread_rwlock_t *lock, const struct timespec *until,
                     int (*timed)(pthread_rwlock_t *, const struct timespec *),
                     int (*try)(pthread_rwlock_t *)) {
    static const struct timespec nap = {.tv_nsec = 1000000};
    if (!suite_under_valgrind())
        return timed(lock, until);
    for (;;) {
        struct timespec now;
        int error = try(lock);
        if (error != EBUSY)
            return error;
        clock_gettime(CLOCK_REALTIME, &now);
        if (now.tv_sec > until->tv_sec ||
            (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec))
            return ETIMEDOUT;
        nanosleep(&nap, NULL);
    }
}

#define READ_BY(lock, until)                                                   \
    rwlock_by(lock, until, pthread_rwlock_timedrdlock, pthread_rwlock_tryrdlock)
#define WRITE_BY(lock, until)                                                  \
    rwlock_by(lock, until, pthread_rwlock_timedwrlock, pthread_rwlock_trywrlock)

int lk_pthread_rwlock_timedrdlock(pthread_rwlock_t *lock,
                                  const struct timespec *until) {
    LOCK(WAIT_RWLOCK, lock, READ_BY(lock, until));
}

int lk_pthread_rwlock_timedwrlock(pthread_rwlock_t *lock,
                                  const struct timespec *until) {
    LOCK(WAIT_RWLOCK, lock, WRITE_BY(lock, until));
}

int lk_pthread_rwlock_clockrdlock(pthread_rwlock_t *lock, clockid_t clock,
                                  const struct timespec *until) {
    struct timespec known = on_realtime(clock, until);
    LOCK(WAIT_RWLOCK, lock, READ_BY(lock, &known));
}

int lk_pthread_rwlock_clockwrlock(pthread_rwlock_t *lock, clockid_t clock,
                                  const struct timespec *until) {
    struct timespec known = on_realtime(clock, until);
    LOCK(WAIT_RWLOCK, lock, WRITE_BY(lock, &known));
}

int lk_pthread_rwlock_unlock(pthread_rwlock_t *lock) {
    UNLOCK(lock, pthread_rwlock_unlock(lock));
}

int lk_pthread_spin_lock(pthread_spinlock_t *lock) {
    LOCK(WAIT_SPIN, lock, pthread_spin_lock(lock));
}

int lk_pthread_spin_trylock(pthread_spinlock_t *lock) {
    LOCK(WAIT_SPIN, lock, pthread_spin_trylock(lock));
}

int lk_pthread_spin_unlock(pthread_spinlock_t *lock) {
    UNLOCK(lock, pthread_spin_unlock(lock));
}

int lk_pthread_barrier_wait(pthread_barrier_t *barrier) {
    struct slot *self = redirect_wait(WAIT_BARRIER, KEY(barrier), CALLER);
    int result = pthread_barrier_wait(barrier);
    redirect_resume(self);
    return result;
}

int lk_pthread_cond_init(pthread_cond_t *cond,
                         const pthread_condattr_t *attributes) {
    if (redirect_fails(WB_COND_INIT, CALLER))
        return ENOMEM;
    int scope = PTHREAD_PROCESS_PRIVATE;
    if (attributes != NULL)
        pthread_condattr_getpshared(attributes, &scope);
    note_scope(cond, scope, CALLER);
    return pthread_cond_init(cond, attributes);
}

// A waiter gives its mutex up and has it back when it returns, so nobody may
// be told meanwhile that it holds it.
#define COND_WAIT(call)                                                        \
    uintptr_t site = CALLER;                                                   \
    (void)redirect_fails(WB_COND_WAIT, site);                                  \
    struct slot *self = table_self();                                          \
    table_drop(self, KEY(mutex));                                              \
    redirect_wait(WAIT_COND, KEY(cond), site);                                 \
    int error = (call);                                                        \
    redirect_resume(self);                                                     \
    table_take(self, KEY(mutex), site);                                        \
    return error

// Puts an earlier end of a wait until UNTIL into CUT, if it is to be cut.
static bool cut_earlier(clockid_t clock, const struct timespec *until,
                        uintptr_t site, struct timespec *cut) {
    struct timespec now;
    if (table->cut_ms == 0 || until->tv_nsec < 0 ||
        until->tv_nsec >= 1000000000 || clock_gettime(clock, &now) != 0)
        return false;
    long left_ms = (until->tv_sec - now.tv_sec) * 1000 +
                   (until->tv_nsec - now.tv_nsec) / 1000000;
    if (!redirect_cuts(left_ms, site))
        return false;
    long ns = now.tv_nsec + table->cut_ms % 1000 * 1000000;
    cut->tv_sec = now.tv_sec + table->cut_ms / 1000 + ns / 1000000000;
    cut->tv_nsec = ns % 1000000000;
    return true;
}

// glibc keeps a condition's clock in this bit, however it was set. It is looked
// at only when something hangs on it: helgrind would take it for a race.
static clockid_t clock_of(const pthread_cond_t *cond) {
    return table->cut_ms > 0 && (cond->__data.__wrefs & 2) != 0
               ? CLOCK_MONOTONIC
               : CLOCK_REALTIME;
}

// A timed wait of a condition that may be woken for no reason.
#define COND_WAIT_UNTIL(clock, call)                                           \
    struct timespec earlier;                                                   \
    bool is_cut = cut_earlier(clock, until, CALLER, &earlier);                 \
    if (is_cut)                                                                \
        until = &earlier;                                                      \
    COND_WAIT(end_of_wait(call, is_cut))

static int end_of_wait(int error, bool is_cut) {
    if (!is_cut || error != ETIMEDOUT)
        return error;
    table->cuts++;
    return 0;
}

int lk_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex) {
    COND_WAIT(pthread_cond_wait(cond, mutex));
}

int lk_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                              const struct timespec *until) {
    COND_WAIT_UNTIL(clock_of(cond), pthread_cond_timedwait(cond, mutex, until));
}

int lk_pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                              clockid_t clock, const struct timespec *until) {
    COND_WAIT_UNTIL(clock, pthread_cond_clockwait(cond, mutex, clock, until));
}

// Who runs the routine waits for nobody; who came later waits for its end.
static __thread void (*once_routine)(void);

static void run_once_routine(void) {
    redirect_resume(table_self());
    once_routine();
}

int lk_pthread_once(pthread_once_t *once, void (*routine)(void)) {
    struct slot *self = redirect_wait(WAIT_LOCK, KEY(once), CALLER);
    once_routine = routine;
    int error = pthread_once(once, run_once_routine);
    redirect_resume(self);
    return error;
}

int lk_sem_init(sem_t *sem, int shared, unsigned value) {
    if (redirect_fails(WB_SEM_INIT, CALLER)) {
        errno = ENOSYS;
        return -1;
    }
    note_scope(sem, shared ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE,
               CALLER);
    return sem_init(sem, shared, value);
}

#define SEM_WAIT(call)                                                         \
    uintptr_t site = CALLER;                                                   \
    if (redirect_interrupted(WB_SEM_WAIT, site))                               \
        return -1;                                                             \
    struct slot *self = redirect_wait(WAIT_SEM, KEY(sem), site);               \
    int result = (call);                                                       \
    redirect_resume(self);                                                     \
    return result

// Never waits, so it is counted and no more.
int lk_sem_trywait(sem_t *sem) {
    (void)redirect_fails(WB_SEM_WAIT, CALLER);
    return sem_trywait(sem);
}

int lk_sem_wait(sem_t *sem) {
    SEM_WAIT(sem_wait(sem));
}

// A timed wait for a semaphore that a signal may interrupt.
static int wait_until(sem_t *sem, const struct timespec *until,
                      uintptr_t site) {
    struct timespec earlier;
    bool is_cut = cut_earlier(CLOCK_REALTIME, until, site, &earlier);
    int result = sem_timedwait(sem, is_cut ? &earlier : until);
    if (is_cut && result != 0 && errno == ETIMEDOUT) {
        table->cuts++;
        errno = EINTR;
    }
    return result;
}

int lk_sem_timedwait(sem_t *sem, const struct timespec *until) {
    SEM_WAIT(wait_until(sem, until, site));
}

int lk_sem_clockwait(sem_t *sem, clockid_t clock,
                     const struct timespec *until) {
    struct timespec known = on_realtime(clock, until);
    SEM_WAIT(wait_until(sem, &known, site));
}
