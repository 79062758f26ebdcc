// expect: wrong-result
// Wrong: all transfers are started at once, whatever max_in_flight says.
// SPDX-License-Identifier: MIT
#include "async_scrape.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct transfer {
    CURL *easy;
    size_t page;
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

static int start(CURLM *multi, struct transfer *t, const char *url,
                 long timeout_ms) {
    t->easy = curl_easy_init();
    if (t->easy == NULL)
        return -ENOMEM;
    curl_easy_setopt(t->easy, CURLOPT_URL, url);
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_multi_add_handle(multi, t->easy);
    return 0;
}

static int finish(CURLM *multi, struct transfer *t, CURLcode result,
                  struct page *page) {
    page->err = (int)result;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &page->status);
    if (result == CURLE_OK && page->status < 400) {
        page->title = h1_text(t->body, t->length);
        if (page->title == NULL)
            page->title = strdup("MISSING");
    }
    curl_multi_remove_handle(multi, t->easy);
    curl_easy_cleanup(t->easy);
    free(t->body);
    t->easy = NULL;
    t->body = NULL;
    if (result == CURLE_OK && page->status < 400 && page->title == NULL)
        return -ENOMEM;
    return 0;
}

static int run(CURLM *multi, const char *const *urls, size_t n,
               unsigned max_in_flight, long timeout_ms, struct transfer *all,
               struct page *out) {
    (void)max_in_flight;
    size_t next = 0, done = 0;
    int rc = 0;
    while (rc == 0 && done < n) {
        for (; rc == 0 && next < n; next++) {
            all[next].page = next;
            rc = start(multi, &all[next], urls[next], timeout_ms);
        }
        int running, left;
        curl_multi_perform(multi, &running);
        for (CURLMsg *m; (m = curl_multi_info_read(multi, &left)) != NULL;) {
            struct transfer *t;
            curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
            if (finish(multi, t, m->data.result, &out[t->page]) != 0)
                rc = -ENOMEM;
            done++;
        }
        if (rc == 0 && running > 0)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    return rc;
}

int scrape_titles(const char *const *urls, size_t n, unsigned max_in_flight,
                  long timeout_ms, struct page *out) {
    if (n == 0)
        return 0;
    memset(out, 0, n * sizeof *out);
    int rc = -ENOMEM;
    CURLM *multi = curl_multi_init();
    struct transfer *all = calloc(n, sizeof *all);
    if (multi != NULL && all != NULL)
        rc = run(multi, urls, n, max_in_flight, timeout_ms, all, out);
    for (size_t i = 0; all != NULL && i < n; i++) {
        if (all[i].easy != NULL)
            curl_multi_remove_handle(multi, all[i].easy);
        curl_easy_cleanup(all[i].easy);
        free(all[i].body);
    }
    free(all);
    curl_multi_cleanup(multi);
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
