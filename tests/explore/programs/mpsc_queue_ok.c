// SPDX-License-Identifier: MIT
// expect: nothing
// Many producers, one consumer. A producer makes itself the last with one
// exchange, then links its node (release); the consumer follows it (acquire).
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>

struct node {
    _Atomic(struct node *) next;
    int value;
};

static struct node stub, nodes[2];
static _Atomic(struct node *) last = &stub;
static struct node *first = &stub; // the consumer's alone

static void push(struct node *node, int value) {
    node->value = value;
    atomic_store_explicit(&node->next, NULL, memory_order_relaxed);
    struct node *before =
        atomic_exchange_explicit(&last, node, memory_order_acq_rel);
    atomic_store_explicit(&before->next, node, memory_order_release);
}

static int pop(void) {
    struct node *next =
        atomic_load_explicit(&first->next, memory_order_acquire);
    if (!next)
        return 0;
    first = next;
    return next->value;
}

static void *produce(void *arg) {
    struct node *node = arg;
    push(node, node == nodes ? 1 : 2);
    return NULL;
}

int main(void) {
    pthread_t producers[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&producers[i], NULL, produce, &nodes[i]);
    int sum = 0;
    for (int got = 0; got < 2;) {
        int value = pop();
        sum += value;
        got += value != 0;
        if (!value)
            sched_yield();
    }
    for (int i = 0; i < 2; i++)
        pthread_join(producers[i], NULL);
    return sum == 3 ? 0 : 1;
}
