// expect: no-overlap
// Wrong: one page after the other, each by curl_easy_perform.
// SPDX-License-Identifier: MIT
#include "async_scrape.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct transfer {
    CURL *easy;
    char *body;
    size_t length;
};

static size_t on_data(char *data, size_t size, size_t count, void *context) {
    struct transfer *t = context;
    char *body = realloc(t->body, t->length + count + 1);
    (void)size;
    if (body == NULL)
        return 0;
    memcpy(body + t->length, data, count);
    t->body = body;
    t->length += count;
    return count;
}

static int fetch(const char *url, long timeout_ms, struct page *page) {
    struct transfer t = {.easy = curl_easy_init()};
    if (t.easy == NULL)
        return -ENOMEM;
    curl_easy_setopt(t.easy, CURLOPT_URL, url);
    curl_easy_setopt(t.easy, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(t.easy, CURLOPT_WRITEDATA, &t);
    curl_easy_setopt(t.easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(t.easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    int rc = 0;
    page->err = (int)curl_easy_perform(t.easy);
    curl_easy_getinfo(t.easy, CURLINFO_RESPONSE_CODE, &page->status);
    if (page->err == 0 && page->status < 400) {
        page->title = h1_text(t.body, t.length);
        if (page->title == NULL)
            page->title = strdup("MISSING");
        if (page->title == NULL)
            rc = -ENOMEM;
    }
    curl_easy_cleanup(t.easy);
    free(t.body);
    return rc;
}

int scrape_titles(const char *const *urls, size_t n, unsigned max_in_flight,
                  long timeout_ms, struct page *out) {
    int rc = 0;
    (void)max_in_flight;
    for (size_t i = 0; i < n; i++)
        out[i] = (struct page){0};
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = fetch(urls[i], timeout_ms, &out[i]);
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
