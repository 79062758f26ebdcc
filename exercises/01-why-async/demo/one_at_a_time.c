// SPDX-License-Identifier: MIT
// Five questions to five slow services. First each answer is awaited before the
// next question is asked; then all questions are asked at once. One thread does
// it all, both times.
//
//     make demo DEMO=one_at_a_time
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SERVICES = 5, LATENCY_MS = 200 };

static double seconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// A process that answers every byte with a byte, a while later.
static int service_start(void) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        exit(1);
    if (fork() == 0) {
        char byte;
        close(ends[0]);
        while (read(ends[1], &byte, 1) == 1) {
            nanosleep(&(struct timespec){0, LATENCY_MS * 1000000L}, NULL);
            if (write(ends[1], &byte, 1) != 1)
                break;
        }
        _exit(0);
    }
    close(ends[1]);
    return ends[0];
}

static void ask(int service) {
    if (write(service, "?", 1) != 1)
        exit(1);
}

static void get(int service) {
    char byte;
    if (read(service, &byte, 1) != 1)
        exit(1);
}

static void one_at_a_time(const int *services) {
    for (int i = 0; i < SERVICES; i++) {
        ask(services[i]);
        get(services[i]);
    }
}

static void all_at_once(const int *services) {
    struct pollfd ready[SERVICES];
    int open = SERVICES;
    for (int i = 0; i < SERVICES; i++) {
        ask(services[i]);
        ready[i] = (struct pollfd){.fd = services[i], .events = POLLIN};
    }
    while (open > 0) {
        poll(ready, SERVICES, -1);
        for (int i = 0; i < SERVICES; i++) {
            if (ready[i].fd < 0 || ready[i].revents == 0)
                continue;
            get(ready[i].fd);
            ready[i].fd = -1; // poll() passes over it from now on
            open--;
        }
    }
}

static void measure(const char *how, void (*run)(const int *),
                    const int *services) {
    double wall = seconds(CLOCK_MONOTONIC);
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    run(services);
    printf("%-14s wall %.3f s   cpu %.6f s\n", how,
           seconds(CLOCK_MONOTONIC) - wall,
           seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
}

int main(void) {
    int services[SERVICES];
    for (int i = 0; i < SERVICES; i++)
        services[i] = service_start();
    measure("one at a time", one_at_a_time, services);
    measure("all at once", all_at_once, services);
    for (int i = 0; i < SERVICES; i++)
        close(services[i]);
    // A service also holds the sockets of those before it, so they end from the
    // last to the first.
    while (wait(NULL) > 0)
        ;
    return 0;
}
