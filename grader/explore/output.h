// SPDX-License-Identifier: MIT
// What a program linked with the explorer is told, and what it writes.
//
//   program [--schedules N] [--seed S] [--strategy NAME] [--ignore-races]
//           [--bound N] [--jobs N] [--out FILE] [-- arguments of the program]
//
//   --schedules N   budget of each scenario, default 1000
//   --seed S        default 1
//   --strategy X    portfolio (default), openers, random, sticky, pct, pos,
//                   surw, reads-from, dfs
//   --ignore-races  races are no findings, and shared plain accesses are
//                   scheduling points as atomics are
//   --bound N       most preemptions of the exhaustive search, which tries none
//                   at first, then one, and so on; default: no limit
//   --jobs N        processes at once, default: one a CPU
//   --out FILE      where the lines below go, default: standard output
//
// Exit status: 0 nothing found, 1 found, 2 usage, 3 could not be controlled
// (what happened did not repeat itself, or nothing could be run).
//
// The output is lines of JSON. Addresses are strings ("0x4041c0"): those of
// code are return addresses (subtract 1 to look up the call) in a program that
// is not position independent. A program with several scenarios writes one
// group of lines for each, which begins with its "run".
//
// {"type":"run","scenario":"two transfers …"|null,"seed":1,"budget":1000}
//
// If nothing was found, or after the lines of what was found:
// {"type":"result","found":false,"schedules_run":812,
//  "complete":true,           the exhaustive search came to its end …
//  "bound":2,                 … with so many preemptions; -1: with any number
//  "interleavings":312,       … after so many schedules
//  "uncontrolled":["fork"],   what the explorer does not control in here
//  "inconclusive":null}       or the reason why there is no verdict: text
//
// If something was found, the result line has besides:
//  "found":true,
//  "kind":"deadlock",         data-race, deadlock, lost-wakeup, livelock,
//                             busy-wait, broken-invariant, wrong-result,
//                             crash, memory-error, api-misuse
//  "message":"…",             the program's own words (of the assertion, of
//                             expect()), the signal, the misuse; may be ""
//  "file":"x.c","line":12,    of the assertion; absent where unknown
//  "schedule":17,             number of the failing schedule, from 1
//  "strategy":"pos","seed":1, repeat it with --strategy and --seed
//  "preemptions":2,           left after shrinking
//  "steps":41}                events of the shrunk schedule
//
// The shrunk failing schedule, before its result line:
// {"type":"thread","id":1,"parent":0,"entry":"0x401130","created":17,
//  "stack":["0x401270",…]}    created: step of the creation; id 0 is main,
//                             without entry, parent, created and stack
// {"type":"event","step":12,"thread":1,"op":"lock","object":"0x4041c0",
//  "size":40,"stack":["0x4011d2","0x401270"],      innermost first
//  "value":5,"before":4,      as unsigned; value: read, written, returned …
//  "order":"relaxed",         of an atomic operation
//  "thread_object":2,         the thread created, joined, cancelled, signalled
//  "result":110,              errno value returned, where not 0
//  "switch":true,             another thread ran before this event although it
//                             could have gone on (a preemption)
//  "blocked":true,            it had to wait before it could do this
//  "note":"lost"|"stale"|"spurious"|"timeout"|"woken 2"|"early",
//  "frame_pc":"0x401200",     the object is a local of the function at this pc
//  "frame_offset":-24,        … at this distance from its frame pointer
//  "frame_thread":0,          … in this thread
//  "block":"0x7e…","block_size":64,"block_number":3,   the object lies in this
//  "block_stack":["0x…"]}     … block of the heap, allocated here
//    op: read write update atomic-load atomic-store atomic-update fence
//        create start end join detach cancel exit
//        lock trylock unlock rdlock wrlock rwunlock spin-lock spin-unlock
//        wait woken signal broadcast sem-wait sem-post barrier once
//        malloc free yield sleep io-read io-write io-wait
//        init destroy fail
//    wait: gives the mutex back and begins to wait; woken: goes on, with it.
//    "stale": the load read an older store. "lost": a signal that found nobody.
//    The last event of a failure is where it shows ("fail" for an assertion).
// {"type":"held","thread":1,"object":"0x4041c0","op":"lock","step":12}
//                             locks held at the end, and since when
// {"type":"waiting","thread":2,"op":"lock","object":"0x4041c0","holders":[1],
//  "stack":[…]}               what each thread that cannot go on waits for,
//                             with the frame_* and block_* of an event;
//                             op join has "thread_object"
// {"type":"race","first":7,"second":12}        steps of the two accesses
// {"type":"memory","what":"use-after-free","allocated":3,"freed":9,"used":12}
//                             steps; or double-free, bad-free, overflow
// {"type":"misuse","what":"unlock-not-owner"|"unlock-not-locked"|
//  "destroy-locked"|"destroy-waited"|"wait-without-mutex"|"wait-two-mutexes"|
//  "use-destroyed"|"end-holding"|"join-twice"|"join-detached"|"join-self",
//  "step":12}
#pragma once
