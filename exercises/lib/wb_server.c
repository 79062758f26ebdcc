// SPDX-License-Identifier: MIT
// The test's side of the test server: starts the program of lib/server/ and
// reads its counters. The path of that program is in the environment variable
// WB_SERVER.
//
// How it works: lib/server/shared.h. There is no thread here, and the program
// is started with posix_spawn(), which copies no address space: cheap even for
// a test with a sanitizer's terabytes of shadow. The server dies with the test:
// its control socket ends then, and the kernel kills it.
#include "lib/wb.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/server/shared.h"

#define DEFAULT_PROGRAM "/box/wb-server"

struct wb_server {
    pid_t pid;
    int control; // our end of the control socket
    struct server_page *page;
    size_t page_bytes;
};

// Not the learner's fault: says so, and ends the test.
static _Noreturn void trouble(const char *what, const char *detail) {
    fprintf(stderr, "test server: %s: %s\n", what, detail);
    abort();
}

static int make_page(struct wb_server *server, const char *script) {
    size_t length = strlen(script);
    server->page_bytes = sizeof *server->page + length;
    int fd = memfd_create("wb-server", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)server->page_bytes) != 0)
        trouble("cannot make its shared page", strerror(errno));
    void *page = mmap(NULL, server->page_bytes, PROT_READ | PROT_WRITE,
                      MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        trouble("cannot map its shared page", strerror(errno));
    server->page = page;
    server->page->script_length = length;
    memcpy(server->page->script, script, length);
    return fd;
}

// A descriptor above those that the server expects, so that the order in which
// they are moved there does not matter.
static int moved_up(int fd) {
    int up = fcntl(fd, F_DUPFD_CLOEXEC, SERVER_PAGE_FD + 1);
    if (up < 0)
        trouble("cannot move a descriptor", strerror(errno));
    close(fd);
    return up;
}

// The server starts with no signal blocked and the usual actions.
static void plain_signals(posix_spawnattr_t *attributes) {
    sigset_t set;
    sigemptyset(&set);
    posix_spawnattr_setsigmask(attributes, &set);
    sigfillset(&set);
    posix_spawnattr_setsigdefault(attributes, &set);
    posix_spawnattr_setflags(attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static pid_t spawn(const char *program, int control, int page) {
    char *const argv[] = {(char *)"wb-server", NULL};
    char *const environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t pid;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, control, SERVER_CONTROL_FD);
    posix_spawn_file_actions_adddup2(&actions, page, SERVER_PAGE_FD);
    posix_spawnattr_init(&attributes);
    plain_signals(&attributes);
    int error =
        posix_spawn(&pid, program, &actions, &attributes, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0)
        trouble(program, strerror(error));
    return pid;
}

// Blocks until the server listens.
static bool wait_ready(const struct wb_server *server) {
    char byte;
    ssize_t got;
    do {
        got = read(server->control, &byte, 1);
    } while (got < 0 && errno == EINTR);
    return got == 1;
}

struct wb_server *wb_server_start(const char *script) {
    const char *program = getenv("WB_SERVER");
    struct wb_server *server = calloc(1, sizeof *server);
    int ends[2];
    if (server == NULL)
        trouble("cannot start", "no memory");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        trouble("cannot make its control socket", strerror(errno));
    int page = moved_up(make_page(server, script));
    int far = moved_up(ends[1]);
    server->control = ends[0];
    server->pid =
        spawn(program == NULL ? DEFAULT_PROGRAM : program, far, page);
    close(far);
    close(page);
    if (!wait_ready(server))
        trouble("did not start", "it has said why, above");
    return server;
}

int wb_server_port(const struct wb_server *server) {
    return server->page->port;
}

int wb_server_peak(const struct wb_server *server) {
    return server->page->peak;
}

int wb_server_seen(const struct wb_server *server) {
    return server->page->seen;
}

int wb_server_served(const struct wb_server *server) {
    return server->page->served;
}

int wb_server_settled(const struct wb_server *server, int open) {
    if (open < 0 || open > SERVER_MOST_OPEN)
        return 0;
    return server->page->settled[open];
}

bool wb_server_found_busy(const struct wb_server *server) {
    return server->page->busy != 0;
}

void wb_server_stop(struct wb_server *server) {
    if (server == NULL)
        return;
    close(server->control);
    while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    munmap(server->page, server->page_bytes);
    free(server);
}
