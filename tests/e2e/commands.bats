# The commands that grade nothing.

setup() {
    load helper
    new_workbook
}

@test "without a command, lockstep says how it is called" {
    run lockstep
    ended_with 2
    shows "usage: lockstep COMMAND"
}

@test "an unknown command is a usage error" {
    run lockstep gradee
    ended_with 2
    shows "there is no command 'gradee'"
}

@test "--help and --version succeed" {
    run lockstep --help
    ended_with 0
    shows "explain"
    run lockstep --version
    ended_with 0
    shows "lockstep 0."
}

@test "every command has its own --help" {
    for command in grade list next hint reset explain doctor verify; do
        run lockstep "$command" --help
        ended_with 0
        shows "lockstep $command"
    done
}

@test "outside a workbook, lockstep says where it wants to be called" {
    program="$WORKBOOK/build/lockstep"
    cd /
    run "$program" list
    ended_with 3
    shows "not inside a Lockstep workbook"
}

@test "lockstep works from a folder below the root" {
    cd exercises/04-thread-safety
    run "$WORKBOOK/build/lockstep" list
    ended_with 0
    shows "bank_global"
}

@test "list shows all chapters, or the one asked for" {
    run lockstep list
    ended_with 0
    shows "Thread safety"
    shows "fork_map"
    run lockstep list 04
    ended_with 0
    shows "bank_ordered"
    hides "fork_map"
    run lockstep list 77
    ended_with 2
    shows "no chapter '77'"
}

@test "next names an exercise with its files" {
    run lockstep next
    ended_with 0
    shows "not started"
    shows "Edit:      exercises/"
}

@test "next prefers what was begun" {
    echo '// mine' >>exercises/04-thread-safety/bank_global.c
    run lockstep next
    ended_with 0
    shows "make grade EX=bank_global"
    shows "First do:  hello_threads"
}

@test "hints come one after the other, then all have been seen" {
    run lockstep hint bank_global
    ended_with 0
    shows "Hint 1 of"
    run lockstep hint bank_global
    shows "Hint 2 of"
    hides "Hint 1 of"
    for _ in 1 2 3 4 5 6 7 8; do run lockstep hint bank_global; done
    ended_with 0
    shows "You have seen all"
}

@test "hint --all shows every hint and counts none" {
    run lockstep hint --all bank_global
    ended_with 0
    shows "Hint 1 of"
    shows "Hint 3 of"
    run lockstep hint bank_global
    shows "Hint 1 of"
}

@test "hint and reset want one exercise that exists" {
    for command in hint reset; do
        run lockstep "$command"
        ended_with 2
        shows "bank_global"
        run lockstep "$command" bank_globul
        ended_with 2
        shows "there is no exercise 'bank_globul'"
    done
}

@test "reset brings the stub back and keeps a copy of the answer" {
    echo 'my work' >exercises/04-thread-safety/bank_global.c
    run lockstep reset bank_global
    ended_with 0
    cmp exercises/04-thread-safety/bank_global.c \
        exercises/04-thread-safety/.hidden/bank_global.stub.c
    [ "$(cat exercises/04-thread-safety/bank_global.c.bak-*)" = 'my work' ]
}

@test "two resets within a second keep two copies" {
    for text in one two; do
        echo "$text" >exercises/04-thread-safety/bank_global.c
        lockstep reset bank_global
    done
    [ "$(cat exercises/04-thread-safety/bank_global.c.bak-* | sort | tr -d '\n')" = onetwo ]
}

@test "reset of an untouched exercise makes no copy" {
    run lockstep reset bank_global
    ended_with 0
    run ls exercises/04-thread-safety
    hides ".bak-"
}

@test "reset mends an edited header, a missing file, a symlink, mode 000" {
    cd exercises/04-thread-safety
    program="$WORKBOOK/build/lockstep"
    echo '// edited' >>bank_global.h
    rm bank_global.c
    run "$program" reset bank_global
    ended_with 0
    cmp bank_global.h .hidden/bank_global.h
    cmp bank_global.c .hidden/bank_global.stub.c
    ln -sf /nowhere/at/all bank_global.c
    run "$program" reset bank_global
    ended_with 0
    [ ! -L bank_global.c ]
    echo x >bank_global.c
    chmod 000 bank_global.c
    run "$program" reset bank_global
    ended_with 0
    cmp bank_global.c .hidden/bank_global.stub.c
}

@test "explain prints the page of every kind that it lists" {
    run lockstep explain
    ended_with 0
    shows "lost-wakeup"
    for kind in $(printf '%s\n' "$output" | sed -n 's/^  //p'); do
        run lockstep explain "$kind"
        ended_with 0
        [ -n "$output" ]
    done
}

@test "explain refuses what is no kind" {
    run lockstep explain slowness
    ended_with 2
    shows "'slowness' is no kind of finding"
}

@test "doctor names the tools and what this machine has" {
    run lockstep doctor
    shows "clang-14"
    shows "CPUs"
    shows "sandbox"
    ended_with 0
}

@test "a full disk behind standard output is trouble" {
    [ -w /dev/full ] || skip "no /dev/full here"
    run sh -c 'build/lockstep list >/dev/full'
    ended_with 3
    shows "standard output"
}

@test "--color always colours, NO_COLOR and a pipe do not" {
    run lockstep list
    hides $'\033['
    run lockstep list --color always
    shows $'\033['
    run lockstep list --color perhaps
    ended_with 2
    shows "auto, always or never"
}
