// A handler that allocates and spoils errno.
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void *volatile sink;

static void on_signal(int number) {
    (void)number;
    sink = malloc(10);
    free(sink);
    errno = 99;
}

int main(void) {
    signal(SIGUSR1, on_signal);
    kill(getpid(), SIGUSR1);
    raise(SIGUSR1);
    pthread_kill(pthread_self(), SIGUSR1);
    return 0;
}
