// SPDX-License-Identifier: MIT
// Tests of philosophers. Who eats sits in a gauge: it lets go when as many eat
// as it wants, or when nobody is left who could still come.
#define _GNU_SOURCE 1
#include "philosophers.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { MOST = 1000 };

static table *make(int n) {
    table *t = table_new(n);
    expect(t != NULL, "table_new(%d) returned NULL", n);
    return t;
}

// --- Guests ------------------------------------------------------------------

struct guest {
    table *t;
    int i;
    int meals;
    wb_gauge *gauge; // sat in during the first meal, or NULL
    pthread_t thread;
    atomic_bool eats; // for glances
    atomic_bool done; // likewise: has had all meals
};

static struct dinner {
    int n;
    struct guest guests[MOST];
    long forks[MOST]; // how often fork I was used: its users count it
    atomic_int eating[MOST];
} dinner;

static int left_of(int i) {
    return (i + dinner.n - 1) % dinner.n;
}

static int right_of(int i) {
    return (i + 1) % dinner.n;
}

// A meal of I: nobody beside may be at one.
static void eats(int i, wb_gauge *gauge) {
    atomic_store_explicit(&dinner.eating[i], 1, memory_order_relaxed);
    for (int side = 0; side < 2; side++) {
        int beside = side == 0 ? left_of(i) : right_of(i);
        expect_kind(
            "broken-invariant",
            !atomic_load_explicit(&dinner.eating[beside], memory_order_relaxed),
            "of %d philosophers, %d and %d ate at the same time; they "
            "are neighbours",
            dinner.n, i, beside);
    }
    dinner.forks[i]++;
    dinner.forks[right_of(i)]++;
    if (gauge != NULL) {
        wb_gauge_enter(gauge);
        wb_gauge_leave(gauge);
    }
    atomic_store_explicit(&dinner.eating[i], 0, memory_order_relaxed);
}

static void *guest_main(void *arg) {
    struct guest *self = arg;
    for (int meal = 0; meal < self->meals; meal++) {
        table_pickup(self->t, self->i);
        atomic_store_explicit(&self->eats, true, memory_order_relaxed);
        eats(self->i, meal == 0 ? self->gauge : NULL);
        table_putdown(self->t, self->i);
    }
    atomic_store_explicit(&self->done, true, memory_order_relaxed);
    return NULL;
}

static void sits_down(table *t, int i, int meals, wb_gauge *gauge) {
    struct guest *guest = &dinner.guests[i];
    *guest = (struct guest){.t = t, .i = i, .meals = meals, .gauge = gauge};
    ck_assert_int_eq(pthread_create(&guest->thread, NULL, guest_main, guest),
                     0);
}

static void gets_up(int i) {
    pthread_join(dinner.guests[i].thread, NULL);
}

static bool is_eating(int i) {
    return atomic_load_explicit(&dinner.guests[i].eats, memory_order_relaxed);
}

// --- Who may eat at the same time --------------------------------------------

START_TEST(alone) {
    for (dinner.n = 2; dinner.n <= 7; dinner.n++) {
        table *t = make(dinner.n);
        for (int k = 0; k < 3 * dinner.n; k++) {
            table_pickup(t, k % dinner.n);
            eats(k % dinner.n, NULL);
            table_putdown(t, k % dinner.n);
        }
        table_free(t);
    }
    table_free(NULL);
}
END_TEST

START_TEST(neighbours_in_turns) {
    for (dinner.n = 2; dinner.n <= 6; dinner.n++) {
        for (int i = 0; i < dinner.n; i++) {
            table *t = make(dinner.n);
            wb_gauge *both = wb_gauge_new(2);
            sits_down(t, i, 1, both);
            sits_down(t, right_of(i), 1, both);
            gets_up(i);
            gets_up(right_of(i));
            expect_kind("broken-invariant", wb_gauge_peak(both) == 1,
                        "of %d philosophers, %d and %d ate at the same time; "
                        "they are neighbours",
                        dinner.n, i, right_of(i));
            wb_gauge_free(both);
            table_free(t);
        }
    }
}
END_TEST

// WHO sit at a table of N, and none of them are neighbours.
static void expect_together(int n, int count, const int *who) {
    dinner.n = n;
    table *t = make(n);
    wb_gauge *all = wb_gauge_new(count);
    for (int k = 0; k < count; k++)
        sits_down(t, who[k], 1, all);
    for (int k = 0; k < count; k++)
        gets_up(who[k]);
    expect_kind(
        "no-overlap", wb_gauge_peak(all) == count,
        "%d of %d philosophers wanted to eat, none of them neighbours (%d, "
        "%d%s), and nobody else: but only %d of them ever ate at the same "
        "time",
        count, n, who[0], who[1], count > 2 ? " …" : "", wb_gauge_peak(all));
    wb_gauge_free(all);
    table_free(t);
}

START_TEST(others_at_the_same_time) {
    for (int n = 4; n <= 6; n++)
        for (int i = 0; i < n; i++)
            for (int j = i + 2; j < n && j - i < n - 1; j++)
                expect_together(n, 2, (int[]){i, j});
    expect_together(6, 3, (int[]){0, 2, 4});
    expect_together(7, 3, (int[]){1, 3, 6});
    expect_together(9, 4, (int[]){0, 2, 4, 7});
}
END_TEST

// --- Waiting -----------------------------------------------------------------

// Both neighbours of one who eats are hungry.
START_TEST(both_neighbours_go_on) {
    for (dinner.n = 4; dinner.n <= 6; dinner.n++) {
        for (int i = 0; i < dinner.n; i++) {
            table *t = make(dinner.n);
            wb_gauge *both = wb_gauge_new(2);
            table_pickup(t, i);
            eats(i, NULL);
            sits_down(t, left_of(i), 1, both);
            sits_down(t, right_of(i), 1, both);
            wb_sleep_ms(5); // they wait by now, or come later: both are fine
            table_putdown(t, i);
            gets_up(left_of(i));
            gets_up(right_of(i));
            expect_kind(
                "no-overlap", wb_gauge_peak(both) == 2,
                "of %d philosophers, %d and %d were hungry while %d, between "
                "them, ate. They are not neighbours; but when %d had put "
                "down, only one of them ate, and the other one waited on",
                dinner.n, left_of(i), right_of(i), i, i);
            wb_gauge_free(both);
            table_free(t);
        }
    }
}
END_TEST

// A pause between two tries costs next to nothing; looking all the time costs
// all there is. Only who is caught in every window is called busy.
static void expect_pauses(int eater) {
    enum { WINDOW_MS = 300, BUSY_MS = 90, WINDOWS = 4 };
    dinner.n = 5;
    int left = left_of(eater), right = right_of(eater);
    table *t = make(5);
    double used = 0;
    table_pickup(t, eater);
    sits_down(t, right, 1, NULL);
    sits_down(t, left, 1, NULL);
    if (!wb_wait_blocked(2)) {
        for (int window = 0; window < WINDOWS; window++) {
            double before = wb_cpu_ms();
            wb_sleep_ms(WINDOW_MS);
            used = wb_cpu_ms() - before;
            if (used < BUSY_MS)
                break;
        }
    }
    expect_kind("broken-invariant", !is_eating(left) && !is_eating(right),
                "philosopher %d ate while %d, its neighbour, was eating",
                is_eating(left) ? left : right, eater);
    expect_kind(
        "busy-wait", used < BUSY_MS,
        "two philosophers wait for a third one, and used %.0f ms of "
        "processor time within %d ms: they try again and again instead of "
        "sleeping",
        used, WINDOW_MS);
    table_putdown(t, eater);
    gets_up(left);
    gets_up(right);
    table_free(t);
}

// The first fork may be what is missing, or the second one.
START_TEST(who_waits_gives_the_processor_away) {
    expect_pauses(0);
    expect_pauses(2);
    expect_pauses(4);
}
END_TEST

// One eats, both neighbours wait, and far from them another one is hungry: with
// nobody beside who eats or waits, so nothing may keep it from eating.
START_TEST(hungry_far_from_others) {
    for (dinner.n = 6; dinner.n <= 7; dinner.n++) {
        for (int i = 0; i < dinner.n; i += dinner.n - 1) {
            int far = (i + 3) % dinner.n;
            table *t = make(dinner.n);
            table_pickup(t, i);
            eats(i, NULL);
            sits_down(t, left_of(i), 1, NULL);
            sits_down(t, right_of(i), 1, NULL);
            wb_wait_blocked(2); // they wait by now, or nap
            sits_down(t, far, 3, NULL);
            bool done = wb_wakes_up(&dinner.guests[far].done, 3);
            expect_kind("no-overlap", done || !is_eating(far),
                        "of %d philosophers, %d ate and %d and %d waited for "
                        "it. Then %d became hungry and ate, but its next meal, "
                        "or table_putdown before it, waited until %d had put "
                        "down; nobody beside %d was hungry",
                        dinner.n, i, left_of(i), right_of(i), far, i, far);
            expect_kind("no-overlap", done,
                        "of %d philosophers, %d ate and %d and %d waited for "
                        "it. Then %d became hungry, whose neighbours %d and %d "
                        "were thinking; but it did not have its 3 meals until "
                        "%d had put down",
                        dinner.n, i, left_of(i), right_of(i), far, left_of(far),
                        right_of(far), i);
            table_putdown(t, i);
            gets_up(left_of(i));
            gets_up(right_of(i));
            gets_up(far);
            table_free(t);
        }
    }
}
END_TEST

// One has eaten, and its neighbours, who were there before, eat for the first
// time: nothing but the table orders what they do.
static void *guest_comes_late(void *arg) {
    struct guest *self = arg;
    while (!atomic_load_explicit(&dinner.guests[0].done, memory_order_relaxed))
        wb_sleep_ms(1);
    return guest_main(self);
}

START_TEST(one_after_the_other) {
    dinner.n = 3;
    table *t = make(dinner.n);
    for (int i = dinner.n - 1; i >= 0; i--) {
        dinner.guests[i] = (struct guest){.t = t, .i = i, .meals = 1};
        ck_assert_int_eq(pthread_create(&dinner.guests[i].thread, NULL,
                                        i == 0 ? guest_main : guest_comes_late,
                                        &dinner.guests[i]),
                         0);
    }
    for (int i = 0; i < dinner.n; i++)
        gets_up(i);
    for (int i = 0; i < dinner.n; i++)
        expect_kind("broken-invariant", dinner.forks[i] == 2,
                    "3 philosophers had one meal each, and fork %d was used "
                    "%ld times instead of 2",
                    i, dinner.forks[i]);
    table_free(t);
}
END_TEST

// --- Dinner ------------------------------------------------------------------

static void dine(int n, int meals) {
    memset(&dinner, 0, sizeof dinner);
    dinner.n = n;
    table *t = make(n);
    for (int i = 0; i < n; i++)
        sits_down(t, i, meals, NULL);
    for (int i = 0; i < n; i++)
        gets_up(i);
    for (int i = 0; i < n; i++)
        expect_kind("broken-invariant", dinner.forks[i] == 2L * meals,
                    "%d philosophers had %d meals each, and fork %d was used "
                    "%ld times instead of %d",
                    n, meals, i, dinner.forks[i], 2 * meals);
    table_free(t);
}

START_TEST(everybody_eats) {
    int meals = suite_size(100, 30, 8);
    dine(2, meals);
    dine(3, meals);
    dine(5, meals);
}
END_TEST

START_TEST(large_table) {
    dine(suite_size(64, 24, 12), suite_size(10, 4, 2));
}
END_TEST

START_TEST(very_large_table) {
    dinner.n = MOST;
    table *t = table_new(dinner.n);
    if (t == NULL && (errno == EMFILE || errno == EAGAIN))
        return; // so many descriptors or threads there are not
    expect(t != NULL, "table_new(%d) returned NULL (errno %d: %s)", dinner.n,
           errno, strerror(errno));
    for (int i = 0; i < dinner.n; i += 333) {
        table_pickup(t, i);
        eats(i, NULL);
        sits_down(t, left_of(i), 1, NULL);
        sits_down(t, right_of(i), 1, NULL);
        wb_wait_blocked(2); // they wait by now, or nap
        expect_kind("broken-invariant",
                    !is_eating(left_of(i)) && !is_eating(right_of(i)),
                    "of %d philosophers, %d and %d ate at the same time; they "
                    "are neighbours",
                    dinner.n, i,
                    is_eating(left_of(i)) ? left_of(i) : right_of(i));
        table_putdown(t, i);
        gets_up(left_of(i));
        gets_up(right_of(i));
    }
    table_free(t);
}
END_TEST

START_TEST(no_such_table) {
    static const int sizes[] = {1, 0, -1, -1000};
    for (int k = 0; k < 4; k++) {
        errno = 0;
        table *t = table_new(sizes[k]);
        expect(t == NULL, "table_new(%d) returned a table", sizes[k]);
        expect(errno == EINVAL,
               "table_new(%d) set errno to %d, not EINVAL (%d)", sizes[k],
               errno, EINVAL);
    }
}
END_TEST

// An answer that does without what could not be had is left alone, and what it
// returned is kept: who is to say that it works, or that it can be freed?
START_TEST(something_else_is_short) {
    static const struct {
        enum wb_call call;
        const char *name;
    } short_of[] = {
        {WB_MUTEX_INIT, "pthread_mutex_init"},
        {WB_COND_INIT, "pthread_cond_init"},
        {WB_SEM_INIT, "sem_init"},
    };
    for (size_t i = 0; i < sizeof short_of / sizeof short_of[0]; i++) {
        for (int k = 1; k <= 5; k++) {
            wb_fail_call(short_of[i].call, k);
            errno = 0;
            table *t = table_new(5);
            int error = errno;
            bool failed = wb_failed(short_of[i].call);
            wb_fail_call(short_of[i].call, 0);
            expect(t != NULL || error != 0,
                   "table_new(5) returned NULL when %s had failed, but left "
                   "errno at 0",
                   short_of[i].name);
            static table
                *volatile kept[sizeof short_of / sizeof short_of[0]][6];
            if (failed)
                kept[i][k] = t;
            else
                table_free(t);
        }
    }
}
END_TEST

START_TEST(memory_is_short) {
    for (int k = 1; k <= 12; k++) {
        wb_fail_call(WB_MALLOC, k);
        errno = 0;
        table *t = table_new(5);
        int error = errno;
        bool failed = wb_failed(WB_MALLOC);
        wb_fail_call(WB_MALLOC, 0);
        expect(t != NULL || failed, "table_new(5) returned NULL though no "
                                    "memory was short");
        expect(t != NULL || error != 0,
               "table_new returned NULL and left errno at 0");
        table_free(t);
        if (!failed)
            break;
    }
}
END_TEST

SUITE(TEST(alone, "who is alone eats at once"),
      TEST(neighbours_in_turns, "neighbours never eat at the same time"),
      TEST(others_at_the_same_time,
           "philosophers who are not neighbours eat at the same time"),
      TEST(both_neighbours_go_on, "who puts down lets both neighbours go on"),
      TEST(hungry_far_from_others,
           "who is hungry while no neighbour eats or is hungry eats at once",
           .stages = IN_TESTS),
      TEST(one_after_the_other,
           "who eats sees what the neighbours wrote while eating"),
      TEST(who_waits_gives_the_processor_away,
           "who waits gives the processor away", .stages = IN_TESTS),
      TEST(everybody_eats, "everybody eats, and nobody waits for ever"),
      TEST(large_table, "many philosophers at one table"),
      TEST(very_large_table, "a table for a thousand",
           .stages = IN_TESTS | IN_MEMORY, .allow_threads_left = true),
      TEST(no_such_table, "there is no table for fewer than two"),
      TEST(something_else_is_short,
           "if a lock cannot be had, table_new leaks nothing",
           .stages = IN_TESTS | IN_MEMORY),
      TEST(memory_is_short,
           "if memory is short, table_new returns NULL and leaks nothing",
           .stages = IN_TESTS | IN_MEMORY), )

// --- Chosen schedules --------------------------------------------------------

static struct {
    table *t;
    int n, meals;
    atomic_int eating[4];
} scene;

static void *scene_dines(void *arg) {
    int i = *(int *)arg, next = (i + 1) % scene.n,
        last = (i + scene.n - 1) % scene.n;
    for (int meal = 0; meal < scene.meals; meal++) {
        table_pickup(scene.t, i);
        atomic_store(&scene.eating[i], 1);
        expect(!atomic_load(&scene.eating[next]) &&
                   !atomic_load(&scene.eating[last]),
               "philosopher %d ate while a neighbour (%d or %d) did", i, last,
               next);
        atomic_store(&scene.eating[i], 0);
        table_putdown(scene.t, i);
    }
    return NULL;
}

static void scene_run(int n, int meals) {
    static int number[] = {0, 1, 2, 3};
    pthread_t threads[4];
    scene.n = n;
    scene.meals = meals;
    scene.t = table_new(n);
    for (int i = 1; i < n; i++)
        pthread_create(&threads[i], NULL, scene_dines, &number[i]);
    scene_dines(&number[0]);
    for (int i = 1; i < n; i++)
        pthread_join(threads[i], NULL);
    table_free(scene.t);
}

SCENARIO(two_at_a_table) {
    scene_run(2, 1);
}

SCENARIO(three_at_a_table) {
    scene_run(3, 1);
}

SCENARIO(three_with_two_meals) {
    scene_run(3, 2);
}

SCENARIO(four_at_a_table) {
    scene_run(4, 1);
}

SCENARIOS({two_at_a_table, "two philosophers eat once each", NULL},
          {three_at_a_table, "three philosophers eat once each", NULL},
          {three_with_two_meals, "three philosophers eat twice each", NULL},
          {four_at_a_table, "four philosophers eat once each", NULL}, )
