// SPDX-License-Identifier: MIT
// expect: nothing
// Lowering the count releases what the thread did with the object; the last
// one acquires it from all others before it frees.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define LOWER memory_order_acq_rel

struct object {
    atomic_int references;
    int notes[2]; // notes[i] is written by thread i
};

static struct object *object;
static int numbers[2] = {0, 1};

static void *use(void *arg) {
    object->notes[*(int *)arg] = 1;
    if (atomic_fetch_sub_explicit(&object->references, 1, LOWER) == 1)
        free(object);
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    object = calloc(1, sizeof *object);
    if (!object)
        return 0;
    atomic_init(&object->references, 2);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, use, &numbers[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
