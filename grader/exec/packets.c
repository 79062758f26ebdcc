// SPDX-License-Identifier: MIT
#include "exec/packets.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define PACKETS_MAX 20000                    // packets of one job
#define PACKETS_BYTES_MAX (32 * 1024 * 1024) // of one job
#define FIELDS_MAX 4096                      // of one packet

bool packets_parse(const unsigned char *packet, size_t size,
                   struct outcome *outcome) {
    struct record_header header;
    if (size < sizeof header)
        return false;
    memcpy(&header, packet, sizeof header);
    if (header.magic != RECORD_MAGIC || header.type < RECORD_HELLO ||
        header.type > RECORD_BYE || header.fields > FIELDS_MAX)
        return false;

    g_auto(GStrv) fields = g_new0(char *, header.fields + 1u);
    size_t at = sizeof header;
    for (unsigned i = 0; i < header.fields; i++) {
        uint32_t length;
        if (size - at < sizeof length)
            return false;
        memcpy(&length, packet + at, sizeof length);
        at += sizeof length;
        if (size - at < length)
            return false;
        fields[i] = g_utf8_make_valid((const char *)packet + at, length);
        at += length;
    }
    if (at != size)
        return false;
    outcome_take_record(outcome, (enum record_type)header.type, header.test,
                        header.pid, g_steal_pointer(&fields));
    return true;
}

// Between a test's BEGIN and its END only records with its token are genuine.
static bool packets_check(struct packets *packets, const unsigned char *packet,
                          size_t size) {
    struct record_header header;
    if (size < sizeof header)
        return false;
    memcpy(&header, packet, sizeof header);
    bool is_open = packets->token != 0;
    if (is_open &&
        (header.token != packets->token || header.test != packets->test ||
         header.type == RECORD_BEGIN))
        return false;
    if (header.type == RECORD_BEGIN) {
        packets->token = header.token;
        packets->test = header.test;
    } else if (header.type == RECORD_END) {
        packets->token = 0;
    }
    return true;
}

enum packets_result packets_receive(struct packets *packets, int fd, int most,
                                    struct outcome *outcome) {
    static unsigned char packet[RECORD_MAX]; // the grader has one thread
    for (int i = 0; i < most; i++) {
        // Without room for control data, descriptors sent along are closed by
        // the kernel.
        ssize_t size =
            recv(fd, packet, sizeof packet, MSG_DONTWAIT | MSG_TRUNC);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return errno == EAGAIN ? PACKETS_LATER : PACKETS_CLOSED;
        // The end, or an empty packet, which nobody honest sends: the caller
        // asks again if the descriptor has not hung up.
        if (size == 0)
            return PACKETS_CLOSED;
        packets->count++;
        packets->bytes += size;
        if (packets->count > PACKETS_MAX || packets->bytes > PACKETS_BYTES_MAX)
            return PACKETS_FLOOD;
        if ((size_t)size > sizeof packet ||
            !packets_check(packets, packet, (size_t)size) ||
            !packets_parse(packet, (size_t)size, outcome))
            outcome->records_dropped++;
    }
    return PACKETS_LATER;
}
