// SPDX-License-Identifier: MIT
#include "run_command.h"

#include <errno.h>
#include <stdlib.h>

// TODO: make a way in and two ways out, start the program with them as its
// descriptors 0, 1 and 2, then feed it and listen to it at the same time until
// it is done or time is up, and reap it.
int run_command(char *const argv[], const void *in, size_t in_len,
                long timeout_ms, struct run *r) {
    (void)argv;
    (void)in;
    (void)in_len;
    (void)timeout_ms;
    *r = (struct run){.exit_code = -1};
    return -ENOSYS; // TODO
}

// TODO: free what run_command allocated.
void run_free(struct run *r) {
    (void)r;
}
