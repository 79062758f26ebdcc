// Right: all transfers are added at once and libcurl keeps the limit, by
// CURLMOPT_MAX_TOTAL_CONNECTIONS; curl_multi_wait; easy handles are cleaned up
// before they are removed, after the multi handle is gone.
// SPDX-License-Identifier: MIT
#include "async_scrape.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct text {
    CURL *easy;
    char *data;
    size_t size;
};

static size_t append(char *data, size_t size, size_t count, void *context) {
    struct text *text = context;
    size_t more = size * count;
    char *grown = realloc(text->data, text->size + more);
    if (more > 0 && grown == NULL)
        return 0;
    text->data = grown;
    memcpy(grown + text->size, data, more);
    text->size += more;
    return more;
}

static CURL *prepare(const char *url, long timeout_ms, struct text *text) {
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        return NULL;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, text);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    return easy;
}

static int title_of(const struct text *text, struct page *page) {
    curl_easy_getinfo(text->easy, CURLINFO_RESPONSE_CODE, &page->status);
    if (page->err != 0 || page->status >= 400)
        return 0;
    page->title = h1_text(text->data, text->size);
    if (page->title == NULL)
        page->title = strdup("MISSING");
    return page->title == NULL ? -ENOMEM : 0;
}

static void run_all(CURLM *multi, struct text *texts, size_t n,
                    struct page *out) {
    size_t done = 0;
    while (done < n) {
        int running, left;
        curl_multi_perform(multi, &running);
        for (CURLMsg *m; (m = curl_multi_info_read(multi, &left)) != NULL;) {
            size_t i = 0;
            while (texts[i].easy != m->easy_handle)
                i++;
            out[i].err = (int)m->data.result;
            done++;
        }
        if (done < n)
            curl_multi_wait(multi, NULL, 0, 500, NULL);
    }
}

static int add_all(CURLM *multi, const char *const *urls, size_t n,
                   long timeout_ms, struct text *texts) {
    for (size_t i = 0; i < n; i++) {
        texts[i].easy = prepare(urls[i], timeout_ms, &texts[i]);
        if (texts[i].easy == NULL ||
            curl_multi_add_handle(multi, texts[i].easy) != CURLM_OK)
            return -ENOMEM;
    }
    return 0;
}

int scrape_titles(const char *const *urls, size_t n, unsigned max_in_flight,
                  long timeout_ms, struct page *out) {
    if (n == 0)
        return 0;
    int rc = -ENOMEM;
    CURLM *multi = curl_multi_init();
    struct text *texts = calloc(n, sizeof *texts);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct page){0, NULL, 0};
    if (multi != NULL && texts != NULL) {
        curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                          (long)max_in_flight);
        rc = add_all(multi, urls, n, timeout_ms, texts);
        if (rc == 0)
            run_all(multi, texts, n, out);
    }
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = title_of(&texts[i], &out[i]);
    for (size_t i = 0; i < n && texts != NULL; i++) {
        curl_easy_cleanup(texts[i].easy);
        free(texts[i].data);
    }
    curl_multi_cleanup(multi);
    free(texts);
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
