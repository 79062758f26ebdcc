// Right: curl_multi_fdset and select, in slots whose easy handles are re-used.
// SPDX-License-Identifier: MIT
#include "async_scrape.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

struct slot {
    CURL *easy;
    FILE *body; // open_memstream: grows by itself
    char *text;
    size_t size;
    size_t index;
    int busy;
};

static size_t collect(char *data, size_t size, size_t count, void *context) {
    struct slot *slot = context;
    return fwrite(data, size, count, slot->body) * size;
}

static int slot_start(CURLM *multi, struct slot *slot, size_t index,
                      const char *url, long timeout_ms) {
    if (slot->easy == NULL)
        slot->easy = curl_easy_init();
    if (slot->easy == NULL)
        return -ENOMEM;
    curl_easy_reset(slot->easy);
    slot->body = open_memstream(&slot->text, &slot->size);
    if (slot->body == NULL)
        return -ENOMEM;
    slot->index = index;
    slot->busy = 1;
    curl_easy_setopt(slot->easy, CURLOPT_URL, url);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEDATA, slot);
    curl_easy_setopt(slot->easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(slot->easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    return curl_multi_add_handle(multi, slot->easy) == CURLM_OK ? 0 : -ENOMEM;
}

static void slot_end(CURLM *multi, struct slot *slot) {
    curl_multi_remove_handle(multi, slot->easy);
    fclose(slot->body);
    free(slot->text);
    slot->body = NULL;
    slot->text = NULL;
    slot->busy = 0;
}

static int slot_done(struct slot *slot, CURLcode code, struct page *page) {
    page->err = (int)code;
    curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &page->status);
    if (code != CURLE_OK || page->status >= 400)
        return 0;
    if (fflush(slot->body) != 0)
        return -ENOMEM;
    page->title = h1_text(slot->text, slot->size);
    if (page->title == NULL)
        page->title = strdup("MISSING");
    return page->title == NULL ? -ENOMEM : 0;
}

// Sleeps until something can be done.
static void nap(CURLM *multi) {
    fd_set in, out, odd;
    int highest = -1;
    long ms = -1;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&odd);
    curl_multi_fdset(multi, &in, &out, &odd, &highest);
    curl_multi_timeout(multi, &ms);
    if (ms < 0 || ms > 1000)
        ms = 1000;
    if (highest < 0 && ms > 100)
        ms = 100; // nothing to watch yet: libcurl's own advice
    struct timeval time = {ms / 1000, ms % 1000 * 1000};
    select(highest + 1, &in, &out, &odd, &time);
}

static struct slot *slot_of(struct slot *slots, size_t count, CURL *easy) {
    for (size_t i = 0; i < count; i++)
        if (slots[i].easy == easy)
            return &slots[i];
    abort();
}

static int work(CURLM *multi, struct slot *slots, size_t count,
                const char *const *urls, size_t n, long timeout_ms,
                struct page *out) {
    size_t next = 0, done = 0;
    while (done < n) {
        for (size_t i = 0; i < count && next < n; i++) {
            if (slots[i].busy)
                continue;
            if (slot_start(multi, &slots[i], next, urls[next], timeout_ms) != 0)
                return -ENOMEM;
            next++;
        }
        int running, left;
        size_t before = done;
        curl_multi_perform(multi, &running);
        for (CURLMsg *m; (m = curl_multi_info_read(multi, &left)) != NULL;) {
            CURLcode code = m->data.result;
            struct slot *slot = slot_of(slots, count, m->easy_handle);
            int rc = slot_done(slot, code, &out[slot->index]);
            slot_end(multi, slot);
            if (rc != 0)
                return rc;
            done++;
        }
        if (done == before)
            nap(multi);
    }
    return 0;
}

int scrape_titles(const char *const *urls, size_t n, unsigned max_in_flight,
                  long timeout_ms, struct page *out) {
    if (n == 0)
        return 0;
    memset(out, 0, n * sizeof *out);
    size_t count = max_in_flight < n ? max_in_flight : n;
    struct slot *slots = calloc(count, sizeof *slots);
    CURLM *multi = curl_multi_init();
    int rc = -ENOMEM;
    if (slots != NULL && multi != NULL)
        rc = work(multi, slots, count, urls, n, timeout_ms, out);
    for (size_t i = 0; slots != NULL && i < count; i++) {
        if (slots[i].busy)
            slot_end(multi, &slots[i]);
        curl_easy_cleanup(slots[i].easy);
    }
    curl_multi_cleanup(multi);
    free(slots);
    if (rc != 0)
        pages_free(out, n);
    return rc;
}

void pages_free(struct page *p, size_t n) {
    for (struct page *end = p + n; p < end; p++) {
        free(p->title);
        p->title = NULL;
    }
}
