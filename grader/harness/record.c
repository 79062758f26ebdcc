// SPDX-License-Identifier: MIT
#include "harness/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_socket;
static int current_test = -1;
static uint64_t current_token;

static const char *const names[] = {
    [RECORD_HELLO] = "HELLO",     [RECORD_BEGIN] = "BEGIN",
    [RECORD_FAIL] = "FAIL",       [RECORD_NOTE] = "NOTE",
    [RECORD_DONE] = "DONE",       [RECORD_STRAY] = "STRAY",
    [RECORD_THREAD_LEFT] = "THREAD_LEFT", [RECORD_REPORT] = "REPORT",
    [RECORD_WAITING] = "WAITING", [RECORD_LEFT_PROCESS] = "LEFT_PROCESS",
    [RECORD_EXIT] = "EXIT",       [RECORD_MEASURE] = "MEASURE",
    [RECORD_END] = "END",         [RECORD_BYE] = "BYE",
};

void record_open(void) {
    int type;
    socklen_t length = sizeof type;
    is_socket =
        getsockopt(RECORD_FD, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
        type == SOCK_SEQPACKET;
}

void record_set_test(int test, uint64_t token) {
    current_test = test;
    current_token = token;
}

static void print_for_people(enum record_type type, const char *const *fields,
                             int count) {
    printf("%-11s", names[type]);
    for (int i = 0; i < count; i++)
        printf(" [%s]", fields[i] == NULL ? "" : fields[i]);
    printf("\n");
    fflush(stdout);
}

static size_t put(char *packet, size_t at, const void *bytes, size_t size) {
    memcpy(packet + at, bytes, size);
    return at + size;
}

void record_send_fields(enum record_type type, const char *const *fields,
                        int count) {
    if (!is_socket) {
        print_for_people(type, fields, count);
        return;
    }
    char *packet = malloc(RECORD_MAX);
    if (packet == NULL)
        return; // the missing record fails the test: closed, not open
    struct record_header header = {
        .magic = RECORD_MAGIC, .type = (uint16_t)type,
        .fields = (uint16_t)count, .test = current_test, .pid = getpid(),
        .token = current_token};
    size_t at = put(packet, 0, &header, sizeof header);
    for (int i = 0; i < count; i++) {
        const char *field = fields[i] == NULL ? "" : fields[i];
        size_t length = strlen(field);
        // Room for the lengths of the fields that follow.
        size_t room = RECORD_MAX - at - sizeof(uint32_t) * (size_t)(count - i);
        uint32_t kept = (uint32_t)(length < room ? length : room);
        at = put(packet, at, &kept, sizeof kept);
        at = put(packet, at, field, kept);
    }
    while (send(RECORD_FD, packet, at, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
    free(packet);
}
