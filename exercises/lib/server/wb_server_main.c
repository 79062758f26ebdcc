// SPDX-License-Identifier: MIT
// The test server: HTTP on a port of its own of 127.0.0.1, in one process with
// one thread, started by wb_server_start() (exercises/lib/wb_server.c), which
// hands it a control socket and a shared page (shared.h). Its client is the
// process that started it.
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/server/request.h"
#include "lib/server/script.h"
#include "lib/server/shared.h"

static _Noreturn void give_up(const char *what) {
    fprintf(stderr, "wb-server: %s\n", what);
    exit(2);
}

static struct server_page *map_page(void) {
    struct stat status;
    if (fstat(SERVER_PAGE_FD, &status) != 0 ||
        (size_t)status.st_size < sizeof(struct server_page))
        give_up("it is started by tests, not by hand");
    void *page = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE,
                      MAP_SHARED, SERVER_PAGE_FD, 0);
    if (page == MAP_FAILED)
        give_up("cannot map the shared page");
    return page;
}

static struct MHD_Daemon *start_daemon(struct server_page *page) {
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, request_handle,
        NULL, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
        MHD_OPTION_NOTIFY_COMPLETED, request_completed, NULL, MHD_OPTION_END);
    if (daemon == NULL)
        give_up("cannot listen on 127.0.0.1");
    page->port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return daemon;
}

// The shorter of what the daemon and the requests held back allow; -1: endless.
static int pause_ms(struct MHD_Daemon *daemon) {
    MHD_UNSIGNED_LONG_LONG wish;
    int pause = requests_pause_ms();
    if (MHD_get_timeout(daemon, &wish) == MHD_YES &&
        (pause < 0 || wish < (unsigned)pause))
        pause = (int)wish;
    return pause;
}

static _Noreturn void serve(struct MHD_Daemon *daemon) {
    int epoll =
        MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    struct pollfd fds[] = {
        {.fd = SERVER_CONTROL_FD, .events = POLLIN},
        {.fd = epoll, .events = POLLIN},
    };
    for (;;) {
        poll(fds, 2, pause_ms(daemon));
        if (fds[0].revents != 0)
            _exit(0); // the test has closed its end, or has died
        MHD_run(daemon);
        if (requests_release())
            MHD_run(daemon);
    }
}

int main(void) {
    // The parent may have died before this call: then the control socket says
    // so. It also says so where the kernel's signal does not come.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close_range(SERVER_PAGE_FD + 1, ~0U, 0);
    signal(SIGPIPE, SIG_IGN);

    struct server_page *page = map_page();
    struct script script;
    const char *why = "";
    if (!script_parse(page->script, page->script_length, &script, &why))
        give_up(why);
    requests_start(&script, page, getppid());
    struct MHD_Daemon *daemon = start_daemon(page);
    if (write(SERVER_CONTROL_FD, "r", 1) != 1)
        return 0;
    serve(daemon);
}
