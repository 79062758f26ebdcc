// exercise: fork_map
// stages: build,tests
// shows: FAIL
// Leaves a process behind that has left its session.
#include "fork_map.h"

#include <unistd.h>

int fork_map(map_fn fn, void *ctx, long lo, long hi, int nprocs,
             double *partial, int *status) {
    (void)fn, (void)ctx, (void)lo, (void)hi, (void)nprocs;
    (void)partial, (void)status;
    if (fork() == 0) {
        setsid();
        if (fork() == 0)
            for (;;)
                pause();
        _exit(0);
    }
    return 0;
}
