// SPDX-License-Identifier: MIT
// Two producers and a consumer on the real clock, with your own queue of
// exercise 2.4 between them: what you have written in async_queue.c. As long as
// that is the stub, it says "Function not implemented".
//
//     make demo DEMO=producers
//
// The producers make an item every 50 to 150 ms each, the consumer needs 50 ms
// for one. Make it slower, or the queue smaller, and watch who waits for whom.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../async_queue.h"
#include "lib/lp.h"

enum { PRODUCERS = 2, EACH = 20, CAP = 10, CONSUME_MS = 50 };

static aqueue *data;

struct item {
    int value;
    long made_at;
};

static int generate_data(void *name) {
    for (int i = 1; i <= EACH; i++) {
        struct item *item = malloc(sizeof *item);
        if (item == NULL)
            return -ENOMEM;
        *item = (struct item){.value = i * i, .made_at = lp_now()};
        int rc = aq_put(data, item); // awaits, if the queue is full
        if (rc != 0) {
            free(item);
            return rc;
        }
        printf("%5ld ms  %s made %d\n", lp_now(), (char *)name, i * i);
        lp_sleep(50 + rand() % 100);
    }
    return 0;
}

static int process_data(void *unused) {
    struct item *item;
    int rc;
    (void)unused;
    while ((rc = aq_get(data, (void **)&item)) == 0) { // awaits an item
        printf("%5ld ms      %d, after %ld ms in the queue\n", lp_now(),
               item->value, lp_now() - item->made_at);
        free(item);
        lp_sleep(CONSUME_MS);
    }
    return rc == -EPIPE ? 0 : rc; // closed and empty: all is done
}

// Start all, then await: the consumer works while the producers do.
static int run_them(void *unused) {
    static char *const names[PRODUCERS] = {"Ada", "Barbara"};
    lp_task *producers[PRODUCERS];
    int rc, worst = 0;
    (void)unused;
    data = aq_new(CAP);
    if (data == NULL)
        return -errno;
    lp_task *consumer = lp_spawn(process_data, NULL);
    for (int i = 0; i < PRODUCERS; i++)
        producers[i] = lp_spawn(generate_data, names[i]);
    for (int i = 0; i < PRODUCERS; i++)
        if (lp_join(producers[i], &rc) == 0 && rc != 0)
            worst = rc;
    aq_close(data); // no more will come
    if (lp_join(consumer, &rc) == 0 && rc != 0)
        worst = rc;
    printf("%5ld ms  done\n", lp_now());
    aq_free(data);
    return worst;
}

int main(void) {
    int rc = lp_run(run_them, NULL);
    if (rc != 0)
        printf("That was not all: %s.\n", strerror(-rc));
}
