// One byte in a pipe: whoever has read it may make; the others sleep in read.
// SPDX-License-Identifier: MIT
#include "lazy_once.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* recursive-safe: spin a little on a CAS state, then sleep in a pipe */
struct lazy {
    void *(*make)(void *);
    void *arg;
    _Atomic(void *) obj;
    int fd[2];
};
lazy *lazy_new(void *(*make)(void *), void *arg) {
    lazy *l = malloc(sizeof *l);
    if (!l)
        return NULL;
    if (pipe(l->fd) != 0) {
        int e = errno;
        free(l);
        errno = e;
        return NULL;
    }
    l->make = make;
    l->arg = arg;
    atomic_init(&l->obj, NULL);
    if (write(l->fd[1], "t", 1) != 1)
        abort();
    return l;
}
void *lazy_get(lazy *l) {
    void *p;
    for (int i = 0; i < 10; i++)
        if ((p = atomic_load_explicit(&l->obj, memory_order_acquire)))
            return p;
    char c;
    while (read(l->fd[0], &c, 1) != 1)
        ;
    p = atomic_load_explicit(&l->obj, memory_order_acquire);
    if (!p) {
        p = l->make(l->arg);
        atomic_store_explicit(&l->obj, p, memory_order_release);
    }
    while (write(l->fd[1], &c, 1) != 1)
        ;
    return p;
}
void lazy_free(lazy *l, void (*destroy)(void *)) {
    void *p = l->obj;
    close(l->fd[0]);
    close(l->fd[1]);
    free(l);
    if (p && destroy)
        destroy(p);
}
