# The Makefile and tools/setup.

setup() {
    load helper
    new_workbook
}

@test "make lists its targets" {
    run make
    ended_with 0
    for target in grade list next hint reset doctor verify test bench lint \
        setup clean explain demo mutants; do
        shows "make $target"
    done
}

@test "make passes EX, CH, KIND and ARGS on" {
    run make hint EX=bank_global
    ended_with 0
    shows "Hint 1 of"
    run make list CH=04
    ended_with 0
    shows "bank_ordered"
    hides "fork_map"
    run make hint EX=bank_global ARGS=--all
    ended_with 0
    shows "Hint 3 of"
}

@test "make grade compiles the suites that it needs, all of them without EX" {
    rm -rf build/suites
    run make -n grade EX=amdahl
    shows "build/suites/amdahl.plain.o"
    hides "build/suites/gen_fib.plain.o"
    run make -n grade
    shows "build/suites/amdahl.plain.o"
    shows "build/suites/gen_fib.plain.o"
    shows "build/suites/hit_counter.explore.o"
    run make -n grade CH=02
    shows "build/suites/gen_fib.plain.o"
}

@test "once built, make compiles nothing again" {
    run make list
    ended_with 0
    hides "CC "
}

@test "a folder that cannot be written to is said so" {
    if [ "$(id -u)" -eq 0 ]; then
        # Root may write anywhere but to a read-only mount.
        run bwrap --dev-bind / / --ro-bind "$WORKBOOK" "$WORKBOOK" \
            --chdir "$WORKBOOK" true
        [ "$status" -eq 0 ] || skip "no way to make a folder read-only here"
        run bwrap --dev-bind / / --ro-bind "$WORKBOOK" "$WORKBOOK" \
            --chdir "$WORKBOOK" make grade
    else
        chmod -R a-w build
        run make grade
        chmod -R u+w build
    fi
    ended_with 2
    shows "cannot be written to"
    shows "Copy the workbook"
}

@test "a wrong VARIANT is named with those that are allowed" {
    run make list VARIANT=fast
    ended_with 2
    shows "release, debug, asan, tsan, cov"
}

# A machine made of stand-ins: nothing is installed, and what would be called
# writes itself down.
bare_machine() {
    BIN="$BATS_TEST_TMPDIR/bin"
    mkdir -p "$BIN"
    stand_in dpkg-query 'test -e "$0.done" && echo installed || exit 1'
    stand_in id "echo ${1:-0}"
    stand_in apt-get 'echo "apt-get $*" >&2; touch "${0%/*}/dpkg-query.done"'
    for tool in sh sed env dirname touch; do
        ln -s "$(command -v "$tool")" "$BIN/$tool"
    done
}

stand_in() {
    printf '#!/bin/sh\n%s\n' "$2" >"$BIN/$1"
    chmod +x "$BIN/$1"
}

@test "setup as root installs what is missing, unasked without a terminal" {
    bare_machine 0
    PATH="$BIN" run tools/setup </dev/null
    ended_with 0
    shows "clang-14"
    shows "apt-get update"
    shows "apt-get install -y"
    shows "Everything is installed."
}

@test "setup as a user with sudo goes through sudo" {
    bare_machine 1000
    stand_in sudo '[ "$1" = -n ] && exit 0; echo "sudo $1" >&2; "$@"'
    PATH="$BIN" run tools/setup </dev/null
    ended_with 0
    shows "sudo apt-get"
}

@test "setup without root and sudo names the exact command, once" {
    bare_machine 1000
    PATH="$BIN" run tools/setup </dev/null
    ended_with 1
    shows "apt-get update && apt-get install --no-install-recommends clang-14"
    hides "Everything is installed."
}

@test "setup that cannot install says so with the command" {
    bare_machine 0
    stand_in apt-get 'exit 100'
    PATH="$BIN" run tools/setup </dev/null
    ended_with 1
    shows "apt-get could not install them"
}

@test "setup --check installs nothing" {
    bare_machine 0
    PATH="$BIN" run tools/setup --check </dev/null
    ended_with 1
    shows "clang-14"
    hides "apt-get"
}

@test "setup with everything there says nothing" {
    bare_machine 0
    touch "$BIN/dpkg-query.done"
    PATH="$BIN" run tools/setup </dev/null
    ended_with 0
    [ -z "$output" ]
}
