# The schedule explorer for any program: lockstep explore and lockstep replay.

setup() {
    load helper
    new_workbook
    [ -e build/explore/explore.a ] || skip "the explorer is not built"
    mkdir -p "$BATS_TEST_TMPDIR/a place"
    cd "$BATS_TEST_TMPDIR/a place" || return 1
    program="$WORKBOOK/build/lockstep"
    programs="$WORKBOOK/tests/explore/programs"
    cp "$programs"/lock_cycle_bad.c "$programs"/lock_cycle_ok.c \
        "$programs"/counter_unlocked_bad.c .
}

explore() { run "$program" explore "$@"; }

@test "explore finds a deadlock, tells its story and exits with 1" {
    explore lock_cycle_bad.c
    ended_with 1
    shows "deadlock"
    shows "held by T"
    shows "can ever go on"
    shows "Again:   lockstep explore lock_cycle_bad.c --strategy"
}

@test "explore finds nothing in a correct program and says what that means" {
    explore --schedules 200 lock_cycle_ok.c
    ended_with 0
    shows "Nothing found in"
}

@test "what explore says to repeat it does repeat it" {
    explore lock_cycle_bad.c --trace one.trace
    ended_with 1
    # The words after "Again:   lockstep".
    again=$(printf '%s\n' "$output" | sed -n 's/^Again: *lockstep //p')
    # shellcheck disable=SC2086
    run "$program" $again --trace two.trace
    ended_with 1
    shows "deadlock"
}

@test "the same seed writes the same trace, byte for byte, from any folder" {
    explore lock_cycle_bad.c --trace one.trace
    ended_with 1
    mkdir -p deeper/still
    cp lock_cycle_bad.c deeper/still
    cd deeper/still
    explore lock_cycle_bad.c --trace two.trace --jobs 1
    ended_with 1
    cmp ../../one.trace two.trace
}

@test "--json holds the result, and no address" {
    explore lock_cycle_bad.c --json result.json
    ended_with 1
    run cat result.json
    shows '"found" : true'
    shows '"kind" : "deadlock"'
    shows '"trace" : ['
    hides "0x"
}

@test "--ignore-races leaves races out" {
    explore counter_unlocked_bad.c
    ended_with 1
    shows "data-race"
    explore --ignore-races counter_unlocked_bad.c
    hides "data-race"
}

@test "several files, options for the compiler, arguments for the program" {
    mkdir include
    echo '#define WANTED 3' >include/wanted.h
    cat >main.c <<'END'
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include "wanted.h"
static int helper(void) { return 1; }
int other(void);
int main(int count, char **words) {
    assert(count == 2 && atoi(words[1]) == WANTED + EXTRA);
    return helper() + other() == (int)sqrt(9.0) ? 0 : 1;
}
END
    printf 'static int helper(void) { return 2; }\n%s\n' \
        'int other(void) { return helper(); }' >other.c
    explore -Iinclude -D EXTRA=4 -std=gnu17 -lm main.c other.c -- 7
    ended_with 0
    explore -Iinclude --cflags "-DEXTRA=4 -lm" main.c other.c -- 8
    ended_with 1
    shows "assertion"
}

@test "what an assertion says is shown in its own letters" {
    printf '#include <assert.h>\nint main(void) { assert(!"%s"); }\n' \
        'f(…) is größer' >letters.c
    explore letters.c
    ended_with 1
    shows 'f(…) is größer'
}

@test "a file that is missing or does not compile is a usage error" {
    explore no_such_file.c
    ended_with 2
    shows "no_such_file.c"
    echo 'int main(void) { return what; }' >broken.c
    explore broken.c
    ended_with 2
    shows "broken.c:1:"
    shows "undeclared identifier 'what'"
    explore
    ended_with 2
    shows "usage: lockstep explore"
    explore --strategy nonsense lock_cycle_ok.c
    ended_with 2
}

@test "after Ctrl-C nothing is left behind" {
    "$program" explore --strategy random --schedules 100000000 \
        lock_cycle_ok.c >/dev/null 3>&- &
    lockstep_pid=$!
    # The program runs when a child of lockstep is called so.
    folder=
    for _ in $(seq 200); do
        for child in $(cat "/proc/$lockstep_pid/task/$lockstep_pid/children"); do
            path=$(readlink "/proc/$child/exe") || continue
            [ "${path##*/}" != program ] || folder=${path%/*}
        done
        [ -z "$folder" ] || break
        sleep 0.05
    done
    [ -d "$folder" ]
    kill -INT "$lockstep_pid"
    ended=0
    wait "$lockstep_pid" || ended=$?
    [ "$ended" -eq 3 ]
    [ ! -e "$folder" ]
    [ ! -e "/proc/$child" ]
}

@test "replay prints all steps where there is no terminal" {
    explore lock_cycle_bad.c --trace one.trace
    rm lock_cycle_bad.c
    run "$program" replay one.trace
    ended_with 0
    shows "locks lock["
    shows "waits for lock["
    shows "can ever go on"
}

@test "replay refuses what is no trace" {
    echo '{"type":"something"}' >other.json
    run "$program" replay other.json
    ended_with 2
    shows "is no trace"
    run "$program" replay
    ended_with 2
    run "$program" replay nowhere.trace
    ended_with 2
}
