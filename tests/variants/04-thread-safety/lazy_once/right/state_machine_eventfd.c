// One atomic word: 0 empty, 1 being made, else the object. Who makes is chosen
// by compare and exchange; the others sleep in an eventfd that counts tokens.
// SPDX-License-Identifier: MIT
#include "lazy_once.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct lazy {
    void *(*make)(void *);
    void *arg;
    atomic_uintptr_t word;
    int turn; // holds one token while nobody makes
};

lazy *lazy_new(void *(*make)(void *), void *arg) {
    lazy *l = malloc(sizeof *l);
    if (l == NULL)
        return NULL;
    l->turn = eventfd(1, EFD_CLOEXEC | EFD_SEMAPHORE);
    if (l->turn < 0) {
        int error = errno;
        free(l);
        errno = error;
        return NULL;
    }
    l->make = make;
    l->arg = arg;
    atomic_init(&l->word, 0);
    return l;
}

void *lazy_get(lazy *l) {
    uintptr_t word = atomic_load_explicit(&l->word, memory_order_acquire);
    if (word > 1)
        return (void *)word;
    uint64_t token;
    while (read(l->turn, &token, sizeof token) < 0 && errno == EINTR)
        continue;
    uintptr_t empty = 0;
    if (atomic_compare_exchange_strong(&l->word, &empty, 1))
        atomic_store_explicit(&l->word, (uintptr_t)l->make(l->arg),
                              memory_order_release);
    token = 1;
    while (write(l->turn, &token, sizeof token) < 0 && errno == EINTR)
        continue;
    word = atomic_load_explicit(&l->word, memory_order_acquire);
    return word > 1 ? (void *)word : NULL;
}

void lazy_free(lazy *l, void (*destroy)(void *)) {
    void *object = (void *)atomic_load(&l->word);
    if (object != NULL && destroy != NULL)
        destroy(object);
    close(l->turn);
    free(l);
}
