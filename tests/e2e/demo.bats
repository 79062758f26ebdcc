# The demonstrations under exercises/*/demo: each shows the bug that it is about.

setup() {
    load helper
    new_workbook
}

explored() { build/lockstep explore exercises/*/demo/"$1.c"; }

@test "make demo lists every demonstration, with names of their own" {
    run make demo
    ended_with 0
    # $output is set by bats.
    # shellcheck disable=SC2154
    [ "$(grep -c '/demo/' <<<"$output")" -eq "$(ls exercises/*/demo/*.c | wc -l)" ]
    [ -z "$(basename -a exercises/*/demo/*.c | sort | uniq -d)" ]
    run make demo DEMO=no_such_thing
    ended_with 2
    shows "There is no demonstration no_such_thing."
}

@test "every demonstration compiles without a warning, runs and ends" {
    local source
    for source in exercises/*/demo/*.c; do
        make "build/demo/$(basename "$source" .c)" >out 2>&1
        ! grep -H 'warning:' out
        timeout 20 "build/demo/$(basename "$source" .c)"
        grep -q "make demo DEMO=$(basename "$source" .c)" "$source"
    done
}

@test "the explorer finds what a run does not show" {
    run explored lost_wakeup
    shows "lost-wakeup"
    run explored unsafe_bank
    shows "broken-invariant"
    run explored opposite_orders
    shows "deadlock"
    run explored half_published
    shows "data-race"
}

@test "what is shown by a run is shown" {
    run make demo DEMO=lost_work
    shows "here it is 0"
    run make demo DEMO=open_end
    shows "no end of the pipe in sight"
    run make demo DEMO=nothing_computed
    shows "result ignored:  0.0000"
}
