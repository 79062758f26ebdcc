// SPDX-License-Identifier: MIT
#include "par_for.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

int par_for(long lo, long hi, long grain, unsigned nthreads,
            void (*body)(long i, void *ctx), void *ctx) {
    // TODO: check the arguments
    // TODO: how does a thread get the next chunk, so that no other gets it too?
    // TODO: start the threads, and wait until all of them are done
    (void)lo, (void)hi, (void)grain, (void)nthreads, (void)body, (void)ctx;
    return -ENOSYS;
}
