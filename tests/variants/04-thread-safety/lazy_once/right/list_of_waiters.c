// A list of those who wait, each with a semaphore and a place for the result.
// SPDX-License-Identifier: MIT
#include "lazy_once.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* waiters in a list, each with a semaphore; a failed round fails them all */
struct waiter {
    sem_t sem;
    void *result;
    struct waiter *next;
};
struct lazy {
    void *(*make)(void *);
    void *arg;
    void *_Atomic obj;
    pthread_mutex_t m;
    bool busy;
    struct waiter *list;
};
lazy *lazy_new(void *(*make)(void *), void *arg) {
    lazy *l = malloc(sizeof *l);
    if (!l)
        return NULL;
    memset(l, 0, sizeof *l);
    l->make = make;
    l->arg = arg;
    pthread_mutex_init(&l->m, NULL);
    return l;
}
void *lazy_get(lazy *l) {
    void *p = l->obj;
    if (p != NULL)
        return p;
    pthread_mutex_lock(&l->m);
    if ((p = l->obj) != NULL) {
        pthread_mutex_unlock(&l->m);
        return p;
    }
    if (l->busy) {
        struct waiter w = {.next = l->list};
        sem_init(&w.sem, 0, 0);
        l->list = &w;
        pthread_mutex_unlock(&l->m);
        while (sem_wait(&w.sem) != 0)
            ;
        pthread_mutex_lock(&l->m);
        pthread_mutex_unlock(&l->m); /* the poster is out of sem_post */
        sem_destroy(&w.sem);
        return w.result;
    }
    l->busy = true;
    pthread_mutex_unlock(&l->m);
    p = l->make(l->arg);
    pthread_mutex_lock(&l->m);
    l->busy = false;
    if (p)
        l->obj = p;
    for (struct waiter *w = l->list, *next; w; w = next) {
        next = w->next;
        w->result = p;
        sem_post(&w->sem);
    }
    l->list = NULL;
    pthread_mutex_unlock(&l->m);
    return p;
}
void lazy_free(lazy *l, void (*destroy)(void *)) {
    void *p = l->obj;
    if (p && destroy)
        destroy(p);
    pthread_mutex_destroy(&l->m);
    free(l);
}
