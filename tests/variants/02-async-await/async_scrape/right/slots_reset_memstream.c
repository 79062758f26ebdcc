// Right: easy handles that are reset and used again, bodies through
// open_memstream.
// SPDX-License-Identifier: MIT
#include "async_scrape.h"
#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct slot {
    CURL *h;
    FILE *f;
    char *p;
    size_t n, i;
    bool busy;
};
static size_t wr(char *d, size_t s, size_t c, void *u) {
    return fwrite(d, s, c, ((struct slot *)u)->f) * s;
}
static int begin(CURLM *m, struct slot *s, const char *url, size_t i, long t) {
    if (s->h == NULL && (s->h = curl_easy_init()) == NULL)
        return -ENOMEM;
    curl_easy_reset(s->h);
    s->f = open_memstream(&s->p, &s->n);
    if (s->f == NULL)
        return -ENOMEM;
    s->i = i;
    s->busy = true;
    if (curl_easy_setopt(s->h, CURLOPT_URL, url) ||
        curl_easy_setopt(s->h, CURLOPT_PRIVATE, s) ||
        curl_easy_setopt(s->h, CURLOPT_WRITEFUNCTION, wr) ||
        curl_easy_setopt(s->h, CURLOPT_WRITEDATA, s) ||
        curl_easy_setopt(s->h, CURLOPT_FOLLOWLOCATION, 1L) ||
        curl_easy_setopt(s->h, CURLOPT_TIMEOUT_MS, t) ||
        curl_multi_add_handle(m, s->h))
        return -ENOMEM;
    return 0;
}
static void end(CURLM *m, struct slot *s) {
    if (!s->busy)
        return;
    curl_multi_remove_handle(m, s->h);
    fclose(s->f);
    free(s->p);
    s->p = NULL;
    s->busy = false;
}
int scrape_titles(const char *const *urls, size_t n, unsigned max, long t,
                  struct page *out) {
    if (!n)
        return 0;
    size_t w = max < n ? max : n, next = 0, live = 0;
    int rc = 0, x;
    for (size_t i = 0; i < n; i++)
        out[i] = (struct page){0};
    struct slot *s = calloc(w, sizeof *s);
    CURLM *m = s ? curl_multi_init() : NULL;
    if (!m) {
        free(s);
        return -ENOMEM;
    }
    do {
        for (size_t k = 0; k < w && next < n && !rc; k++)
            if (!s[k].busy && !(rc = begin(m, &s[k], urls[next], next, t)))
                next++, live++;
        if (rc)
            break;
        curl_multi_perform(m, &x);
        CURLMsg *g;
        bool any = false;
        while (!rc && (g = curl_multi_info_read(m, &x))) {
            struct slot *q;
            CURLcode e = g->data.result;
            curl_easy_getinfo(g->easy_handle, CURLINFO_PRIVATE, &q);
            struct page *p = &out[q->i];
            p->err = e;
            curl_easy_getinfo(q->h, CURLINFO_RESPONSE_CODE, &p->status);
            if (fflush(q->f))
                rc = -ENOMEM;
            if (!rc && !e && p->status < 400) {
                char *h = h1_text(q->p, q->n);
                if (!h && !errno)
                    h = strdup("MISSING");
                if (!h)
                    rc = -ENOMEM;
                p->title = h;
            }
            end(m, q);
            live--;
            any = true;
        }
        if (!rc && !any && live)
            curl_multi_poll(m, NULL, 0, 1000, NULL);
    } while (!rc && (live || next < n));
    for (size_t k = 0; k < w; k++) {
        end(m, &s[k]);
        curl_easy_cleanup(s[k].h);
    }
    curl_multi_cleanup(m);
    free(s);
    if (rc)
        pages_free(out, n);
    return rc;
}
void pages_free(struct page *p, size_t n) {
    while (n--) {
        free(p[n].title);
        p[n].title = NULL;
    }
}
