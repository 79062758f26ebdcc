// SPDX-License-Identifier: MIT
// Two transfers in opposite directions, each with the locks in the order of its
// arguments: a deadlock, if both have taken their first one.
//
//     make demo DEMO=opposite_orders
//     build/lockstep explore exercises/04-thread-safety/demo/opposite_orders.c
#include <pthread.h>
#include <stdio.h>

struct account {
    pthread_mutex_t lock; // guards balance
    long balance;
};

static struct account ada = {PTHREAD_MUTEX_INITIALIZER, 100};
static struct account ben = {PTHREAD_MUTEX_INITIALIZER, 100};

static void transfer(struct account *from, struct account *to, long amount) {
    pthread_mutex_lock(&from->lock);
    pthread_mutex_lock(&to->lock);
    from->balance -= amount;
    to->balance += amount;
    pthread_mutex_unlock(&to->lock);
    pthread_mutex_unlock(&from->lock);
}

static void *ada_pays(void *unused) {
    transfer(&ada, &ben, 10);
    return unused;
}

static void *ben_pays(void *unused) {
    transfer(&ben, &ada, 20);
    return unused;
}

int main(void) {
    pthread_t payers[2];
    if (pthread_create(&payers[0], NULL, ada_pays, NULL) != 0 ||
        pthread_create(&payers[1], NULL, ben_pays, NULL) != 0)
        return 1;
    for (int i = 0; i < 2; i++)
        pthread_join(payers[i], NULL);
    printf("it went well, this time: %ld and %ld\n", ada.balance, ben.balance);
    return 0;
}
