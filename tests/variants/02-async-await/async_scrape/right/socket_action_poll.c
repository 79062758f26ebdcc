// Right: curl_multi_socket_action with poll, pieces of a body in a list.
// SPDX-License-Identifier: MIT
#include "async_scrape.h"
#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
struct chunk {
    struct chunk *next;
    size_t n;
    char data[];
};
struct job {
    CURL *h;
    struct chunk *first, **last;
    size_t total;
};
struct loop {
    CURLM *m;
    struct pollfd *fds;
    size_t nf, cap;
    long long ring;
    int oom;
};
static long long ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}
static int on_timer(CURLM *m, long t, void *u) {
    (void)m;
    ((struct loop *)u)->ring = t < 0 ? -1 : ms() + t;
    return 0;
}
static int on_socket(CURL *h, curl_socket_t fd, int what, void *u, void *su) {
    (void)h, (void)su;
    struct loop *l = u;
    size_t i = 0;
    while (i < l->nf && l->fds[i].fd != fd)
        i++;
    if (what == CURL_POLL_REMOVE) {
        if (i < l->nf)
            l->fds[i] = l->fds[--l->nf];
        return 0;
    }
    if (i == l->nf) {
        if (l->nf == l->cap) {
            size_t c = l->cap ? 2 * l->cap : 8;
            struct pollfd *f = realloc(l->fds, c * sizeof *f);
            if (!f) {
                l->oom = 1;
                return -1;
            }
            l->fds = f;
            l->cap = c;
        }
        l->nf++;
    }
    l->fds[i] = (struct pollfd){fd,
                                (short)((what & CURL_POLL_IN ? POLLIN : 0) |
                                        (what & CURL_POLL_OUT ? POLLOUT : 0)),
                                0};
    return 0;
}
static size_t on_data(char *d, size_t s, size_t c, void *u) {
    struct job *j = u;
    size_t n = s * c;
    struct chunk *k = malloc(sizeof *k + n);
    if (!k)
        return 0;
    k->next = NULL;
    k->n = n;
    memcpy(k->data, d, n);
    *j->last = k;
    j->last = &k->next;
    j->total += n;
    return n;
}
static void clear(struct job *j) {
    while (j->first) {
        struct chunk *k = j->first;
        j->first = k->next;
        free(k);
    }
}
static int finish(struct job *j, struct page *p, CURLcode e) {
    p->err = (int)e;
    curl_easy_getinfo(j->h, CURLINFO_RESPONSE_CODE, &p->status);
    if (e != CURLE_OK || p->status >= 400)
        return 0;
    char *all = malloc(j->total + 1), *at = all;
    if (!all)
        return -ENOMEM;
    for (struct chunk *k = j->first; k; k = k->next) {
        memcpy(at, k->data, k->n);
        at += k->n;
    }
    p->title = h1_text(all, j->total);
    free(all);
    if (!p->title)
        p->title = strdup("MISSING");
    return p->title ? 0 : -ENOMEM;
}
int scrape_titles(const char *const *urls, size_t n, unsigned most,
                  long timeout, struct page *out) {
    struct loop l = {.ring = -1};
    struct job *jobs = NULL;
    size_t next = 0, flying = 0;
    int rc = 0, k;
    if (n == 0)
        return 0;
    memset(out, 0, n * sizeof *out);
    jobs = calloc(n, sizeof *jobs);
    if (!jobs || !(l.m = curl_multi_init())) {
        rc = -ENOMEM;
        goto out;
    }
    curl_multi_setopt(l.m, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(l.m, CURLMOPT_SOCKETDATA, &l);
    curl_multi_setopt(l.m, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(l.m, CURLMOPT_TIMERDATA, &l);
    for (;;) {
        while (flying < most && next < n) {
            struct job *j = &jobs[next];
            j->last = &j->first;
            if (!(j->h = curl_easy_init())) {
                rc = -ENOMEM;
                goto out;
            }
            curl_easy_setopt(j->h, CURLOPT_URL, urls[next]);
            curl_easy_setopt(j->h, CURLOPT_PRIVATE, j);
            curl_easy_setopt(j->h, CURLOPT_WRITEFUNCTION, on_data);
            curl_easy_setopt(j->h, CURLOPT_WRITEDATA, j);
            curl_easy_setopt(j->h, CURLOPT_FOLLOWLOCATION, 1L);
            curl_easy_setopt(j->h, CURLOPT_TIMEOUT_MS, timeout);
            next++;
            if (curl_multi_add_handle(l.m, j->h)) {
                rc = -ENOMEM;
                goto out;
            }
            flying++;
        }
        if (!flying)
            break;
        long long left = l.ring < 0 ? -1 : l.ring - ms();
        if (l.ring >= 0 && left < 0)
            left = 0;
        int r = poll(l.fds, (nfds_t)l.nf, left > 60000 ? 60000 : (int)left);
        if (r < 0 && errno != EINTR) {
            rc = -ENOMEM;
            goto out;
        }
        if (r > 0) {
            struct pollfd copy[r];
            int c = 0;
            for (size_t i = 0; i < l.nf && c < r; i++)
                if (l.fds[i].revents)
                    copy[c++] = l.fds[i];
            for (int i = 0; i < c; i++) {
                int a =
                    (copy[i].revents & POLLIN ? CURL_CSELECT_IN : 0) |
                    (copy[i].revents & POLLOUT ? CURL_CSELECT_OUT : 0) |
                    (copy[i].revents & (POLLERR | POLLHUP) ? CURL_CSELECT_ERR
                                                           : 0);
                curl_multi_socket_action(l.m, copy[i].fd, a, &k);
            }
        }
        if (l.ring >= 0 && ms() >= l.ring) {
            l.ring = -1;
            curl_multi_socket_action(l.m, CURL_SOCKET_TIMEOUT, 0, &k);
        }
        if (l.oom) {
            rc = -ENOMEM;
            goto out;
        }
        CURLMsg *g;
        while ((g = curl_multi_info_read(l.m, &k))) {
            struct job *j;
            CURLcode e = g->data.result;
            curl_easy_getinfo(g->easy_handle, CURLINFO_PRIVATE, (char **)&j);
            rc = finish(j, &out[j - jobs], e);
            curl_multi_remove_handle(l.m, j->h);
            curl_easy_cleanup(j->h);
            j->h = NULL;
            clear(j);
            flying--;
            if (rc)
                goto out;
        }
    }
out:
    for (size_t i = 0; jobs && i < n; i++) {
        if (jobs[i].h) {
            curl_multi_remove_handle(l.m, jobs[i].h);
            curl_easy_cleanup(jobs[i].h);
        }
        clear(&jobs[i]);
    }
    curl_multi_cleanup(l.m);
    free(jobs);
    free(l.fds);
    if (rc)
        pages_free(out, n);
    return rc;
}
void pages_free(struct page *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        free(p[i].title), p[i].title = NULL;
}
