// SPDX-License-Identifier: MIT
// What a child computes stays with the child, unless it is carried.
//
//     make demo DEMO=lost_work
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    int found = 0;
    int *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 1;
    printf("before the fork: found is %d\n", found);
    fflush(stdout); // or the child's copy of the buffer is written as well
    if (fork() == 0) {
        found = 42;
        *shared = 42;
        _exit(0);
    }
    wait(NULL);
    printf("the child has set it to 42; here it is %d\n", found);
    printf("in shared memory it is %d\n", *shared);
    return 0;
}
