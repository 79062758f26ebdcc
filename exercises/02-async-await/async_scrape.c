// SPDX-License-Identifier: MIT
// Fetch many pages at once with libcurl's multi interface. The contract is in
// async_scrape.h, the task in async_scrape.md.
#include "async_scrape.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

// TODO: what belongs to one transfer: its easy handle, the index of its page,
// and the bytes of the body that have arrived so far.

// TODO: the write callback: libcurl calls it with each piece of a body, COUNT
// bytes at DATA (SIZE is always 1, CONTEXT is what CURLOPT_WRITEDATA was).
// static size_t take_piece(char *data, size_t size, size_t count,
//                          void *context);

int scrape_titles(const char *const *urls, size_t n, unsigned max_in_flight,
                  long timeout_ms, struct page *out) {
    // TODO: start up to max_in_flight transfers, then perform, read messages,
    // start the next ones, sleep, until all are done.
    (void)urls;
    (void)n;
    (void)max_in_flight;
    (void)timeout_ms;
    (void)out;
    return -ENOSYS;
}

void pages_free(struct page *p, size_t n) {
    // TODO
    (void)p;
    (void)n;
}
