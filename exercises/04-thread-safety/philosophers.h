// SPDX-License-Identifier: MIT
// N philosophers around a table, and a fork between each two of them. To eat,
// a philosopher needs both forks beside the plate: so two neighbours cannot eat
// at the same time.
//
//  1. table_new()
//  2. Each philosopher, a thread, thinks, calls table_pickup(), eats, calls
//     table_putdown(), and so on.
//  3. When nobody eats or is inside a call, one thread calls table_free().
//
// Philosophers are numbered from 0 to n - 1. I's neighbours are I - 1 and I +
// 1; 0 and n - 1 are neighbours too. The two calls of one meal are made by the
// same thread, and no philosopher is hungry twice at once.
//
// Whatever the philosophers do,
//   - neighbours never eat at the same time;
//   - there is no deadlock: as long as everybody who eats puts down again,
//     everybody who is hungry eats at some time;
//   - who is hungry while neither neighbour eats or is hungry eats at once. So
//     philosophers who are not neighbours eat at the same time, if nobody else
//     wants to.
// Nothing is promised about whose turn it is, nor about who is hungry beside a
// neighbour who waits too.
//
// Who waits gives the processor away: it sleeps until it is woken, or at least
// pauses between two tries. What a philosopher wrote while eating is visible to
// the neighbours when they eat.
#pragma once

typedef struct table table;

// A table for N philosophers, 2 or more, all of them thinking. NULL with errno
// set: EINVAL if n < 2; ENOMEM, or whatever else was short. Nothing is leaked
// then.
table *table_new(int n);

// Philosopher I is hungry: returns when I may eat.
void table_pickup(table *t, int i);

// I has eaten, and thinks again. Does not wait for anybody who eats.
void table_putdown(table *t, int i);

// Releases it. NULL is fine.
void table_free(table *t);
