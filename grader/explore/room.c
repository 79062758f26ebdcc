// SPDX-License-Identifier: MIT
#include "explore/room.h"

#include <sys/mman.h>

#include "explore/run.h"

enum { ROOM_MIB = 1024 };
static char *room;
static size_t taken;

void room_open(void) {
    room = mmap((void *)0x600000000000, (size_t)ROOM_MIB << 20,
                PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

void *room_take(size_t size) {
    size = (size + 15) & ~(size_t)15;
    if (room == MAP_FAILED || taken + size > (size_t)ROOM_MIB << 20)
        run_give_up("the explorer's memory is used up");
    void *at = room + taken;
    taken += size;
    return at;
}
