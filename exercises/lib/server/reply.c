// SPDX-License-Identifier: MIT
#include "lib/server/reply.h"

#include <string.h>

enum { BLOCK_BYTES = 16384 };

static ssize_t read_piece(void *context, uint64_t position, char *buffer,
                          size_t room) {
    const struct rule *rule = context;
    size_t end = rule->is_cut && rule->cut < rule->length ? rule->cut
                                                          : rule->length;
    if (position >= end)
        return rule->is_cut ? MHD_CONTENT_READER_END_WITH_ERROR
                            : MHD_CONTENT_READER_END_OF_STREAM;
    size_t size = end - (size_t)position;
    size = size < room ? size : room;
    if (rule->split > 0 && size > rule->split)
        size = rule->split;
    memcpy(buffer, rule->body + position, size);
    return (ssize_t)size;
}

static struct MHD_Response *make_response(const struct rule *rule) {
    if (!rule->is_cut && rule->split == 0)
        return MHD_create_response_from_buffer(rule->length, rule->body,
                                               MHD_RESPMEM_PERSISTENT);
    return MHD_create_response_from_callback(
        rule->is_cut ? rule->length : MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_piece,
        (void *)rule, NULL);
}

enum MHD_Result reply_send(struct MHD_Connection *connection,
                           const struct rule *rule) {
    struct MHD_Response *response = make_response(rule);
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                            "text/html; charset=utf-8");
    if (rule->location != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION,
                                rule->location);
    enum MHD_Result queued =
        MHD_queue_response(connection, rule->status, response);
    MHD_destroy_response(response);
    return queued;
}
