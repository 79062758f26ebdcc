// SPDX-License-Identifier: MIT
// A program with a main of its own, which is called ex_main here.
#include <unistd.h>

#include "explore/host.h"

int ex_main(int argument_count, char **arguments, char **environment);

static unsigned one(void) {
    return 1;
}

static const char *says(unsigned i) {
    (void)i;
    return NULL;
}

static int run_program(unsigned i, int argument_count, char **arguments) {
    (void)i;
    return ex_main(argument_count, arguments, environ);
}

const struct host explore_host = {one, says, run_program, 1};
