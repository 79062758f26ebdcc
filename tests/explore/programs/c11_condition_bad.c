// SPDX-License-Identifier: MIT
// expect: lost-wakeup
// C11 threads: cnd_signal wakes one of the two that wait for the same news.
#include <stdbool.h>
#include <threads.h>

static mtx_t lock;
static cnd_t news;
static bool published; // guarded by lock

static int read_news(void *arg) {
    (void)arg;
    mtx_lock(&lock);
    while (!published)
        cnd_wait(&news, &lock);
    mtx_unlock(&lock);
    return 0;
}

int main(void) {
    thrd_t readers[2];
    mtx_init(&lock, mtx_plain);
    cnd_init(&news);
    for (int i = 0; i < 2; i++)
        thrd_create(&readers[i], read_news, NULL);
    mtx_lock(&lock);
    published = true;
    cnd_signal(&news);
    mtx_unlock(&lock);
    for (int i = 0; i < 2; i++)
        thrd_join(readers[i], NULL);
    cnd_destroy(&news);
    mtx_destroy(&lock);
    return 0;
}
