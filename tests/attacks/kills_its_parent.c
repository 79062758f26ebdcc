// exercise: fork_map
// stages: build,tests
// shows: FAIL|TROUBLE
// Kills the process that watches the test.
#include "fork_map.h"

#include <signal.h>
#include <unistd.h>

int fork_map(map_fn fn, void *ctx, long lo, long hi, int nprocs,
             double *partial, int *status) {
    (void)fn, (void)ctx, (void)lo, (void)hi, (void)nprocs;
    (void)partial, (void)status;
    kill(getppid(), SIGKILL);
    _exit(0);
}
