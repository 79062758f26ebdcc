// expect: wrong-result
// Wrong: Makes room for max_in_flight transfers, however few pages there are.
// SPDX-License-Identifier: MIT
#include "async_scrape.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct transfer {
    CURL *easy;
    size_t page;           // index of its URL and its struct page
    char *body;            // what has arrived so far, no NUL at its end
    size_t length, room;   // bytes of it that are used, allocated
    struct transfer *next; // of those that run, for the clean-up
};

struct scrape {
    CURLM *multi;
    const char *const *urls;
    size_t n, started; // URLs, how many of them have been started
    long timeout_ms;
    struct page *out;
    struct transfer *running;
    unsigned in_flight; // length of that list
};

// libcurl calls this with each piece of a body. Any result but COUNT ends the
// transfer with CURLE_WRITE_ERROR.
static size_t take_piece(char *data, size_t size, size_t count, void *context) {
    struct transfer *transfer = context;
    (void)size; // always 1
    if (transfer->room - transfer->length < count) {
        size_t room = 2 * (transfer->length + count);
        char *body = realloc(transfer->body, room);
        if (body == NULL)
            return 0;
        transfer->body = body;
        transfer->room = room;
    }
    memcpy(transfer->body + transfer->length, data, count);
    transfer->length += count;
    return count;
}

static CURL *make_easy(const char *url, long timeout_ms,
                       struct transfer *transfer) {
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        return NULL;
    if (curl_easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK) {
        curl_easy_cleanup(easy);
        return NULL;
    }
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_piece);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    return easy;
}

// Starts the transfer of the next URL; 0 or -ENOMEM.
static int start_next(struct scrape *scrape) {
    struct transfer *transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL)
        return -ENOMEM;
    transfer->page = scrape->started;
    transfer->easy =
        make_easy(scrape->urls[transfer->page], scrape->timeout_ms, transfer);
    if (transfer->easy == NULL ||
        curl_multi_add_handle(scrape->multi, transfer->easy) != CURLM_OK) {
        curl_easy_cleanup(transfer->easy); // takes NULL, too
        free(transfer);
        return -ENOMEM;
    }
    transfer->next = scrape->running;
    scrape->running = transfer;
    scrape->in_flight++;
    scrape->started++;
    return 0;
}

// Takes TRANSFER out of everything and frees it.
static void drop(struct scrape *scrape, struct transfer *transfer) {
    struct transfer **at = &scrape->running;
    while (*at != transfer)
        at = &(*at)->next;
    *at = transfer->next;
    scrape->in_flight--;
    curl_multi_remove_handle(scrape->multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    free(transfer->body);
    free(transfer);
}

// Describes the page whose transfer has ended with RESULT; 0 or -ENOMEM.
static int describe(struct page *page, struct transfer *transfer,
                    CURLcode result) {
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &page->status);
    page->err = (int)result;
    if (result != CURLE_OK || page->status >= 400)
        return 0;
    page->title = h1_text(transfer->body, transfer->length);
    if (page->title == NULL && errno == 0)
        page->title = strdup("MISSING");
    return page->title == NULL ? -ENOMEM : 0;
}

// Takes every message that waits: one call of curl_multi_perform may have ended
// many transfers.
static int take_messages(struct scrape *scrape) {
    CURLMsg *message;
    int left, rc = 0;
    while (rc == 0 &&
           (message = curl_multi_info_read(scrape->multi, &left)) != NULL) {
        struct transfer *transfer;
        CURLcode result = message->data.result; // dies with the handle
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        rc = describe(&scrape->out[transfer->page], transfer, result);
        drop(scrape, transfer);
    }
    return rc;
}

static int run(struct scrape *scrape, unsigned max_in_flight) {
    int rc = 0, unused;
    for (;;) {
        while (rc == 0 && scrape->started < scrape->n &&
               scrape->in_flight < max_in_flight)
            rc = start_next(scrape);
        if (rc != 0 || scrape->in_flight == 0)
            return rc;
        if (curl_multi_perform(scrape->multi, &unused) != CURLM_OK)
            return -ENOMEM;
        unsigned before = scrape->in_flight;
        rc = take_messages(scrape);
        // With room for a new transfer there is no time to sleep.
        if (rc == 0 && scrape->in_flight == before)
            curl_multi_poll(scrape->multi, NULL, 0, 60000, NULL);
    }
}

int scrape_titles(const char *const *urls, size_t n, unsigned max_in_flight,
                  long timeout_ms, struct page *out) {
    struct scrape scrape = {
        .urls = urls, .n = n, .timeout_ms = timeout_ms, .out = out};
    if (n == 0)
        return 0;
    memset(out, 0, n * sizeof *out); // so that pages_free() is always safe
    scrape.multi = curl_multi_init();
    if (scrape.multi == NULL)
        return -ENOMEM;
    void *slots = calloc(max_in_flight, 64);
    int rc = slots == NULL ? -ENOMEM : run(&scrape, max_in_flight);
    free(slots);
    while (scrape.running != NULL)
        drop(&scrape, scrape.running);
    curl_multi_cleanup(scrape.multi);
    if (rc != 0)
        pages_free(out, n);
    return rc;
}

void pages_free(struct page *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        free(p[i].title);
        p[i].title = NULL;
    }
}
