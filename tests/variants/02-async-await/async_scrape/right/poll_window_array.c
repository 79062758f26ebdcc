// Right: curl_multi_poll with a sliding window over an array of all transfers;
// the heading is looked for as soon as the page is there; short naps of 5 ms.
// SPDX-License-Identifier: MIT
#include "async_scrape.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct buffer {
    CURL *easy;
    char *bytes;
    size_t used;
};

static size_t on_data(char *data, size_t size, size_t count, void *context) {
    struct buffer *buffer = context;
    char *bytes = realloc(buffer->bytes, buffer->used + count * size + 1);
    if (bytes == NULL)
        return 0;
    memcpy(bytes + buffer->used, data, count * size);
    buffer->bytes = bytes;
    buffer->used += count * size;
    bytes[buffer->used] = '\0';
    return count * size;
}

static int begin(CURLM *multi, struct buffer *buffer, size_t index,
                 const char *url, long timeout_ms) {
    CURL *easy = buffer->easy = curl_easy_init();
    if (easy == NULL)
        return -ENOMEM;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, (void *)(uintptr_t)index);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, buffer);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 20L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    return curl_multi_add_handle(multi, easy) == CURLM_OK ? 0 : -ENOMEM;
}

static void end(struct buffer *buffer, CURLcode code, struct page *page) {
    char *title = NULL;
    curl_easy_getinfo(buffer->easy, CURLINFO_RESPONSE_CODE, &page->status);
    page->err = (int)code;
    page->title = NULL;
    if (code == CURLE_OK && page->status < 400) {
        title = buffer->used == 0 ? NULL : h1_text(buffer->bytes, buffer->used);
        page->title = title != NULL ? title : strdup("MISSING");
        if (page->title == NULL)
            page->err = CURLE_OUT_OF_MEMORY;
    }
    curl_easy_cleanup(buffer->easy); // takes it out of the multi handle
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

int scrape_titles(const char *const *urls, size_t n, unsigned max_in_flight,
                  long timeout_ms, struct page *out) {
    size_t next = 0, done = 0;
    int rc = 0;
    if (n == 0)
        return 0;
    memset(out, 0, n * sizeof *out);
    CURLM *multi = curl_multi_init();
    struct buffer *buffers = malloc(n * sizeof *buffers);
    if (multi == NULL || buffers == NULL) {
        curl_multi_cleanup(multi);
        free(buffers);
        return -ENOMEM;
    }
    memset(buffers, 0, n * sizeof *buffers);
    while (rc == 0 && done < n) {
        int running, left;
        for (; rc == 0 && next < n && next - done < max_in_flight; next++)
            rc = begin(multi, &buffers[next], next, urls[next], timeout_ms);
        curl_multi_perform(multi, &running);
        for (CURLMsg *m; (m = curl_multi_info_read(multi, &left)) != NULL;) {
            char *index;
            curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &index);
            end(&buffers[(uintptr_t)index], m->data.result,
                &out[(uintptr_t)index]);
            done++;
        }
        if (rc == 0 && running > 0)
            curl_multi_poll(multi, NULL, 0, 5, NULL);
    }
    for (size_t i = 0; i < n; i++) {
        curl_easy_cleanup(buffers[i].easy);
        free(buffers[i].bytes);
    }
    free(buffers);
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
