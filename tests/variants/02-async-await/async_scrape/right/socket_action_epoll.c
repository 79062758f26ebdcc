// Right: curl_multi_socket_action, driven by epoll and a timerfd.
// SPDX-License-Identifier: MIT
#include "async_scrape.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct job {
    CURLM *multi;
    int epoll, timer;
    bool ring_now; // libcurl wants its timer at once
    struct fetch *fetches;
    size_t n, next, active;
    struct page *out;
};

struct fetch {
    CURL *easy;
    char *body;
    size_t length;
    struct page *page;
};

static size_t on_body(char *data, size_t size, size_t count, void *context) {
    struct fetch *fetch = context;
    char *grown = realloc(fetch->body, fetch->length + size * count + 1);
    if (grown == NULL)
        return 0;
    fetch->body = grown;
    memcpy(grown + fetch->length, data, size * count);
    fetch->length += size * count;
    return size * count;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context,
                     void *known) {
    struct job *job = context;
    struct epoll_event event = {.data.fd = fd};
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(job->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        event.events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        event.events |= EPOLLOUT;
    int how = known == NULL ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(job->epoll, how, fd, &event) != 0 && how == EPOLL_CTL_MOD)
        epoll_ctl(job->epoll, EPOLL_CTL_ADD, fd, &event);
    curl_multi_assign(job->multi, fd, job);
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *context) {
    struct job *job = context;
    (void)multi;
    struct itimerspec when = {0};
    if (ms > 0) {
        when.it_value.tv_sec = ms / 1000;
        when.it_value.tv_nsec = ms % 1000 * 1000000;
    }
    job->ring_now = ms == 0;
    timerfd_settime(job->timer, 0, &when, NULL);
    return 0;
}

static int launch(struct job *job, const char *url, long timeout_ms) {
    struct fetch *fetch = &job->fetches[job->next];
    fetch->page = &job->out[job->next];
    fetch->easy = curl_easy_init();
    if (fetch->easy == NULL)
        return -ENOMEM;
    job->next++;
    if (curl_easy_setopt(fetch->easy, CURLOPT_URL, url) != CURLE_OK)
        return -ENOMEM;
    curl_easy_setopt(fetch->easy, CURLOPT_PRIVATE, fetch);
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEDATA, fetch);
    curl_easy_setopt(fetch->easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(fetch->easy, CURLOPT_NOSIGNAL, 1L);
    if (curl_multi_add_handle(job->multi, fetch->easy) != CURLM_OK)
        return -ENOMEM;
    job->active++;
    return 0;
}

static int finish(struct fetch *fetch, CURLcode code) {
    struct page *page = fetch->page;
    page->err = (int)code;
    curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &page->status);
    if (code != CURLE_OK || page->status >= 400)
        return 0;
    page->title = h1_text(fetch->body, fetch->length);
    if (page->title == NULL)
        page->title = strdup("MISSING");
    return page->title == NULL ? -ENOMEM : 0;
}

static int drain(struct job *job) {
    CURLMsg *msg;
    int left, rc = 0;
    while ((msg = curl_multi_info_read(job->multi, &left)) != NULL) {
        struct fetch *fetch;
        CURLcode code = msg->data.result;
        CURL *easy = msg->easy_handle;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&fetch);
        if (finish(fetch, code) != 0)
            rc = -ENOMEM;
        curl_multi_remove_handle(job->multi, easy);
        curl_easy_cleanup(easy);
        free(fetch->body);
        fetch->easy = NULL;
        fetch->body = NULL;
        job->active--;
    }
    return rc;
}

static void wait_and_act(struct job *job) {
    int running;
    if (job->ring_now) {
        job->ring_now = false;
        curl_multi_socket_action(job->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        return;
    }
    struct epoll_event events[16];
    int got = epoll_wait(job->epoll, events, 16, -1);
    for (int i = 0; i < got; i++) {
        int fd = events[i].data.fd, mask = 0;
        unsigned long long times;
        if (fd == job->timer) {
            if (read(fd, &times, sizeof times) < 0)
                continue;
            curl_multi_socket_action(job->multi, CURL_SOCKET_TIMEOUT, 0,
                                     &running);
            continue;
        }
        if (events[i].events & EPOLLIN)
            mask |= CURL_CSELECT_IN;
        if (events[i].events & EPOLLOUT)
            mask |= CURL_CSELECT_OUT;
        if (events[i].events & (EPOLLERR | EPOLLHUP))
            mask |= CURL_CSELECT_ERR;
        curl_multi_socket_action(job->multi, fd, mask, &running);
    }
}

static int loop(struct job *job, const char *const *urls, unsigned max,
                long timeout_ms) {
    int rc = 0;
    while (rc == 0) {
        while (rc == 0 && job->active < max && job->next < job->n)
            rc = launch(job, urls[job->next], timeout_ms);
        if (rc != 0 || job->active == 0)
            break;
        wait_and_act(job);
        rc = drain(job);
    }
    return rc;
}

static bool setup(struct job *job) {
    struct epoll_event event = {.events = EPOLLIN};
    job->fetches = calloc(job->n, sizeof *job->fetches);
    job->multi = curl_multi_init();
    job->epoll = epoll_create1(EPOLL_CLOEXEC);
    job->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (job->fetches == NULL || job->multi == NULL || job->epoll < 0 ||
        job->timer < 0)
        return false;
    event.data.fd = job->timer;
    epoll_ctl(job->epoll, EPOLL_CTL_ADD, job->timer, &event);
    curl_multi_setopt(job->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(job->multi, CURLMOPT_SOCKETDATA, job);
    curl_multi_setopt(job->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(job->multi, CURLMOPT_TIMERDATA, job);
    return true;
}

int scrape_titles(const char *const *urls, size_t n, unsigned max_in_flight,
                  long timeout_ms, struct page *out) {
    struct job job = {.n = n, .out = out};
    if (n == 0)
        return 0;
    for (size_t i = 0; i < n; i++)
        out[i] = (struct page){0};
    int rc = -ENOMEM;
    if (setup(&job))
        rc = loop(&job, urls, max_in_flight, timeout_ms);
    for (size_t i = 0; i < job.next; i++) {
        if (job.fetches[i].easy == NULL)
            continue;
        curl_multi_remove_handle(job.multi, job.fetches[i].easy);
        curl_easy_cleanup(job.fetches[i].easy);
        free(job.fetches[i].body);
    }
    if (job.multi != NULL)
        curl_multi_cleanup(job.multi);
    if (job.epoll >= 0)
        close(job.epoll);
    if (job.timer >= 0)
        close(job.timer);
    free(job.fetches);
    if (rc != 0)
        pages_free(out, n);
    return rc;
}

void pages_free(struct page *p, size_t n) {
    while (n-- > 0) {
        free(p[n].title);
        p[n].title = NULL;
    }
}
