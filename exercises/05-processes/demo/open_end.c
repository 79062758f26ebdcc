// SPDX-License-Identifier: MIT
// A pipe comes to its end when nobody can write to it any more. First the parent
// forgets that it could itself; then it closes its own end.
//
//     make demo DEMO=open_end
#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

// Reads until the end; says so if half a second long nothing comes.
static void read_all(int from) {
    for (;;) {
        char text[16];
        struct pollfd pipe_end = {.fd = from, .events = POLLIN};
        if (poll(&pipe_end, 1, 500) == 0) {
            puts("  the child is gone, and no end of the pipe in sight");
            return; // a plain read() would sleep here for ever
        }
        ssize_t n = read(from, text, sizeof text);
        if (n <= 0) {
            puts("  end of the pipe");
            return;
        }
        printf("  %zd bytes\n", n);
    }
}

static void talk_to_a_child(int close_own_end) {
    int ends[2];
    if (pipe(ends) != 0)
        return;
    fflush(stdout); // or the child's copy of the buffer is written as well
    pid_t pid = fork();
    if (pid == 0)
        _exit(write(ends[1], "hello", 5) != 5);
    if (close_own_end)
        close(ends[1]);
    waitpid(pid, NULL, 0);
    read_all(ends[0]);
    close(ends[0]);
    if (!close_own_end)
        close(ends[1]);
}

int main(void) {
    puts("the parent keeps its end to write:");
    talk_to_a_child(0);
    puts("the parent closes it after the fork:");
    talk_to_a_child(1);
    return 0;
}
