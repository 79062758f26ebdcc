// SPDX-License-Identifier: MIT
// Tests of gen_fib.
//
// Between two calls of a generator the stack below the caller is overwritten,
// so that a local variable that is used across a stop never holds the right
// value by luck.
#include "gen_fib.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/suite.h"
#include "lib/wb.h"

#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size)                             \
    ((void)(address), (void)(size))
#endif

enum { FITTING = 93 };

__attribute__((noinline)) static void overwrite_stack(void) {
    volatile unsigned char junk[4096];
    for (size_t i = 0; i < sizeof junk; i++)
        junk[i] = 0xa5;
}

// --- Fibonacci ---------------------------------------------------------------

// The K-th number, from 1.
static unsigned long long number(int k) {
    unsigned long long a = 0, b = 1;
    for (int i = 1; i < k; i++) {
        unsigned long long sum = a + b;
        a = b;
        b = sum;
    }
    return b;
}

static struct fib fresh(void) {
    struct fib g;
    memset(&g, 0xa5, sizeof g);
    fib_init(&g);
    return g;
}

// The next value of G must be the K-th number. WHICH tells generators apart.
static void expect_number(struct fib *g, int k, const char *which) {
    unsigned long long out = 4711;
    overwrite_stack();
    int rc = fib_next(g, &out);
    expect(rc == 1, "call %d of fib_next%s returned %d instead of 1 and %llu",
           k, which, rc, number(k));
    expect(out == number(k),
           "call %d of fib_next%s handed out %llu instead of %llu", k, which,
           out, number(k));
}

static void expect_no_more(struct fib *g, int calls) {
    for (int i = 1; i <= calls; i++) {
        unsigned long long out = 4711;
        overwrite_stack();
        int rc = fib_next(g, &out);
        expect(rc == 0,
               "call %d of fib_next returned %d (and %llu) instead of 0: the "
               "93rd number, %llu, is the last that fits into 64 bits",
               FITTING + i, rc, out, number(FITTING));
        expect(out == 4711, "fib_next returned 0 and changed *out to %llu",
               out);
    }
}

START_TEST(all_that_fit) {
    struct fib g = fresh();
    for (int k = 1; k <= FITTING; k++)
        expect_number(&g, k, "");
    expect_no_more(&g, 120);
    for (int again = 0; again < 2; again++) {
        fib_init(&g);
        for (int k = 1; k <= 10; k++)
            expect_number(&g, k, " after another fib_init");
    }
}
END_TEST

START_TEST(two_at_once) {
    struct fib a = fresh(), b = fresh();
    for (int k = 1; k <= FITTING; k++) {
        expect_number(&a, k, " of the first of two generators");
        if (k % 3 == 0)
            expect_number(&b, k / 3, " of the second of two generators");
    }
    expect_no_more(&a, 1);
    expect_number(&b, 32, " of the second of two generators");
}
END_TEST

START_TEST(a_copy_goes_on) {
    struct fib g = fresh();
    for (int k = 1; k <= 20; k++)
        expect_number(&g, k, "");
    struct fib *copy = malloc(sizeof *copy);
    ck_assert(copy != NULL);
    *copy = g;
    for (int k = 21; k <= 30; k++)
        expect_number(&g, k, "");
    for (int k = 21; k <= FITTING; k++)
        expect_number(copy, k, " of a copy made after 20 numbers");
    expect_no_more(copy, 2);
    expect_number(&g, 31, "");
    free(copy);
}
END_TEST

// --- Trees -------------------------------------------------------------------

static struct tnode *nodes_new(int n) {
    struct tnode *nodes = calloc((size_t)n + 1, sizeof *nodes);
    ck_assert(nodes != NULL);
    for (int i = 0; i < n; i++)
        nodes[i].key = i;
    return nodes;
}

// A tree of nodes[lo .. hi-1], whose keys ascend; SEED chooses its shape.
static const struct tnode *grow(struct tnode *nodes, int lo, int hi,
                                unsigned long *seed) {
    if (lo >= hi)
        return NULL;
    int at = lo + (int)(suite_random(seed) % (unsigned long)(hi - lo));
    nodes[at].l = grow(nodes, lo, at, seed);
    nodes[at].r = grow(nodes, at + 1, hi, seed);
    return &nodes[at];
}

// The keys 0 to N-1 in one chain, to the left or to the right.
static const struct tnode *chain(struct tnode *nodes, int n, bool left) {
    for (int i = 1; i < n; i++) {
        if (left)
            nodes[i].l = &nodes[i - 1];
        else
            nodes[i - 1].r = &nodes[i];
    }
    return n == 0 ? NULL : &nodes[left ? n - 1 : 0];
}

static inorder *walk_new(const struct tnode *root) {
    inorder *it = inorder_new(root);
    expect(it != NULL, "inorder_new returned NULL");
    return it;
}

static void expect_key(inorder *it, int wanted, const char *tree) {
    int key = -4711;
    overwrite_stack();
    int rc = inorder_next(it, &key);
    expect(rc == 1, "inorder_next returned %d instead of 1 and key %d of %s",
           rc, wanted, tree);
    expect(key == wanted, "inorder_next handed out %d instead of %d of %s", key,
           wanted, tree);
}

static void expect_end(inorder *it, const char *tree) {
    for (int i = 0; i < 3; i++) {
        int key = -4711;
        int rc = inorder_next(it, &key);
        expect(rc == 0,
               "inorder_next returned %d (key %d) instead of 0 after the last "
               "key of %s",
               rc, key, tree);
        expect(key == -4711, "inorder_next returned 0 and changed *key");
    }
}

static void expect_keys(const struct tnode *root, int n, const char *tree) {
    inorder *it = walk_new(root);
    for (int key = 0; key < n; key++)
        expect_key(it, key, tree);
    expect_end(it, tree);
    inorder_free(it);
}

START_TEST(keys_in_order) {
    unsigned long seed = 1;
    expect_keys(NULL, 0, "an empty tree");
    for (int n = 1; n <= 300; n += n < 12 ? 1 : 96) {
        struct tnode *nodes = nodes_new(n);
        char tree[64];
        snprintf(tree, sizeof tree, "a tree with the keys 0 to %d", n - 1);
        expect_keys(grow(nodes, 0, n, &seed), n, tree);
        free(nodes);
        nodes = nodes_new(n);
        expect_keys(chain(nodes, n, true), n, "a chain to the left");
        free(nodes);
        nodes = nodes_new(n);
        expect_keys(chain(nodes, n, false), n, "a chain to the right");
        free(nodes);
    }
    struct tnode extremes[] = {{-2147483647 - 1, NULL, &extremes[1]},
                               {2147483647, NULL, NULL}};
    inorder *it = walk_new(extremes);
    expect_key(it, -2147483647 - 1, "a tree with the keys INT_MIN and INT_MAX");
    expect_key(it, 2147483647, "a tree with the keys INT_MIN and INT_MAX");
    expect_end(it, "a tree with the keys INT_MIN and INT_MAX");
    inorder_free(it);
}
END_TEST

START_TEST(walks_at_once) {
    enum { N = 60 };
    unsigned long seed = 2;
    struct tnode *nodes = nodes_new(N), *others = nodes_new(N);
    const struct tnode *root = grow(nodes, 0, N, &seed);
    inorder *a = walk_new(root), *b = walk_new(root);
    inorder *c = walk_new(grow(others, 0, N, &seed));
    for (int key = 0; key < N; key++) {
        expect_key(a, key, "a tree that two generators walk through");
        if (key % 2 == 0)
            expect_key(b, key / 2, "a tree that two generators walk through");
        expect_key(c, key, "another tree");
    }
    inorder_free(b);
    expect_end(a, "a tree that two generators walk through");
    expect_end(c, "another tree");
    inorder_free(c);
    inorder_free(a);
    free(others);
    free(nodes);
}
END_TEST

START_TEST(given_up_half_way) {
    enum { N = 40 };
    unsigned long seed = 3;
    struct tnode *nodes = nodes_new(N);
    const struct tnode *root = grow(nodes, 0, N, &seed);
    for (int keys = 0; keys <= N; keys++) {
        inorder *it = walk_new(root);
        for (int key = 0; key < keys; key++)
            expect_key(it, key, "a tree");
        inorder_free(it);
    }
    inorder_free(NULL);
    free(nodes);
}
END_TEST

// The tree of 4 with 2 (1, 3) on the left and 6 (5, 7) on the right, so that
// nodes[i] has key i; nodes[0] is not in it.
static const struct tnode *seven(struct tnode nodes[8]) {
    for (int i = 0; i < 8; i++)
        nodes[i] = (struct tnode){.key = i};
    nodes[4].l = &nodes[2], nodes[4].r = &nodes[6];
    nodes[2].l = &nodes[1], nodes[2].r = &nodes[3];
    nodes[6].l = &nodes[5], nodes[6].r = &nodes[7];
    return &nodes[4];
}

// What is changed before its turn has to come out changed: whoever hands out
// the old key has looked too early.
static void expect_changed(inorder *it, int wanted, int old, const char *when) {
    int key = -4711;
    int rc = inorder_next(it, &key);
    expect(rc == 1, "inorder_next returned %d instead of 1 and key %d", rc,
           wanted);
    expect(key != old,
           "inorder_next handed out %d, but that key became %d %s, when it was "
           "not its turn yet: it has been looked at too early",
           old, wanted, when);
    expect(key == wanted, "inorder_next handed out %d instead of %d", key,
           wanted);
}

START_TEST(nothing_is_looked_at_early) {
    struct tnode nodes[8];
    const struct tnode *root = seven(nodes);
    inorder *it = walk_new(root);
    for (int i = 1; i < 8; i++)
        nodes[i].key = 10 * i;
    for (int i = 1; i < 4; i++)
        expect_changed(it, 10 * i, i, "after inorder_new");
    // 4 has not been handed out: what is on its right is not anybody's yet.
    for (int i = 5; i < 8; i++)
        nodes[i].key = 10 * i + 1;
    struct tnode more = {.key = 75};
    nodes[7].r = &more;
    expect_changed(it, 40, 4, "after inorder_new");
    // 4 has, but the next key has not been asked for.
    for (int i = 5; i < 8; i++)
        nodes[i].key = 10 * i + 2;
    const char *when = "after 4 was handed out";
    for (int i = 5; i < 8; i++)
        expect_changed(it, 10 * i + 2, 10 * i + 1, when);
    expect_changed(it, 75, -1, when);
    expect_end(it, "a tree");
    inorder_free(it);
}
END_TEST

START_TEST(poisoned_until_its_turn) {
    struct tnode *nodes = calloc(8, sizeof *nodes);
    ck_assert(nodes != NULL);
    const struct tnode *root = seven(nodes);
    ASAN_POISON_MEMORY_REGION(nodes, 8 * sizeof *nodes);
    inorder *it = walk_new(root);
    ASAN_UNPOISON_MEMORY_REGION(nodes, 5 * sizeof *nodes);
    for (int i = 1; i <= 4; i++)
        expect_key(it, i, "a tree");
    ASAN_UNPOISON_MEMORY_REGION(nodes, 8 * sizeof *nodes);
    for (int i = 5; i <= 7; i++)
        expect_key(it, i, "a tree");
    expect_end(it, "a tree");
    inorder_free(it);
    free(nodes);
}
END_TEST

// A little more than a multiple of 65,536, so that a count of 16 bits comes to
// its end after two keys. The tools see less of it: there, a stack that grows
// by one node at a time is copied each time.
START_TEST(a_deep_tree) {
    int depth = suite_size(16 * 65536 + 2, 10000, 10000);
    struct tnode *nodes = nodes_new(depth);
    inorder *it = walk_new(chain(nodes, depth, true));
    char tree[64];
    snprintf(tree, sizeof tree, "a chain of %d nodes to the left", depth);
    for (int key = 0; key < 5; key++)
        expect_key(it, key, tree);
    inorder_free(it);
    free(nodes);
}
END_TEST

// --- Short of memory ---------------------------------------------------------

// Walks with the K-th allocation failing. False if it needs fewer.
static bool walk_short(const struct tnode *root, int n, int k) {
    suite_note("a tree of %d nodes, and allocation number %d, counted from "
               "inorder_new on, fails",
               n, k);
    wb_fail_call(WB_MALLOC, k);
    errno = 0;
    inorder *it = inorder_new(root);
    int error = errno;
    expect(it != NULL || wb_failed(WB_MALLOC), "inorder_new returned NULL");
    if (it == NULL) {
        expect(error != 0, "inorder_new returned NULL and left errno at 0");
        return true;
    }
    for (int key = 0, again = 0; key < n;) {
        int out = -4711;
        int rc = inorder_next(it, &out);
        if (rc == -ENOMEM && wb_failed(WB_MALLOC) && !again) {
            expect(out == -4711, "inorder_next returned -ENOMEM and changed "
                                 "*key");
            again = 1;
            continue;
        }
        const char *before =
            again ? ", after an earlier call had returned -ENOMEM"
            : wb_failed(WB_MALLOC)
                ? ", after an allocation had failed; only -ENOMEM says that"
                : "";
        expect(rc == 1, "inorder_next returned %d instead of 1 and key %d%s",
               rc, key, before);
        expect(out == key, "inorder_next handed out %d instead of %d%s", out,
               key, before);
        key++;
    }
    expect_end(it, "the tree");
    inorder_free(it);
    return wb_failed(WB_MALLOC);
}

START_TEST(memory_is_short) {
    enum { N = 60 };
    unsigned long seed = 5;
    for (int shape = 0; shape < 2; shape++) {
        struct tnode *nodes = nodes_new(N);
        const struct tnode *root =
            shape == 0 ? chain(nodes, N, true) : grow(nodes, 0, N, &seed);
        for (int k = 1; walk_short(root, N, k) && k < 2 * N; k++)
            ;
        wb_fail_call(WB_MALLOC, 0);
        free(nodes);
    }
    // Who allocates for many nodes at once is short later.
    enum { MANY = 1100, FIRST = 12 };
    struct tnode *nodes = nodes_new(MANY);
    const struct tnode *root = chain(nodes, MANY, true);
    for (int k = 1; k <= FIRST && walk_short(root, MANY, k); k++)
        ;
    wb_fail_call(WB_MALLOC, 0);
    free(nodes);
    suite_note("in each walk through a tree another allocation fails, once");
}
END_TEST

SUITE(
    TEST(all_that_fit, "fib_next hands out the 93 Fibonacci numbers that fit "
                       "into 64 bits, and then nothing"),
    TEST(two_at_once, "two Fibonacci generators do not disturb each other"),
    TEST(a_copy_goes_on, "a copy of a struct fib goes on from the same place"),
    TEST(keys_in_order, "inorder_next hands out every key, in ascending "
                        "order"),
    TEST(walks_at_once, "several generators walk through trees at once"),
    TEST(given_up_half_way, "a generator may be freed at any time"),
    TEST(nothing_is_looked_at_early,
         "a node is not looked at before its turn"),
    TEST(poisoned_until_its_turn,
         "a node is not even read before its turn", .stages = IN_MEMORY),
    TEST(a_deep_tree, "a tree may be a million nodes deep"),
    TEST(memory_is_short, "-ENOMEM loses no key and no memory"),
)
