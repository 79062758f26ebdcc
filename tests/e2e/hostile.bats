# Answers and places that are not what one hopes for. All of it happens in a
# folder with blanks and UTF-8 in its name, and without a terminal.

setup() {
    load helper
    new_workbook
    ANSWER=exercises/03-threads/hello_threads.c
}

# Grades hello_threads; whatever is in there, it ends by itself.
grade() {
    run timeout 120 build/lockstep grade hello_threads "$@"
    [ "$status" -ne 124 ] || { echo "it did not end" >&2; return 1; }
}

# The solution, with the lines $1 before it and the statement $2 at the start of
# greet_all.
solution_doing() {
    { printf '%s\n' "$1"
      sed "s/^    if (n == 0)/    $2\n&/" solutions/03-threads/hello_threads.c
    } >"$ANSWER"
    grep -qF "$2" "$ANSWER"
}

@test "nothing begun: the map, and what to do first" {
    run lockstep grade
    ended_with 0
    shows "untouched stub"
    shows "bank_global"
    shows "make grade"
}

@test "an untouched stub, even named, is not started" {
    grade
    ended_with 0
    shows "not started"
}

@test "the solution passes, in a folder with blanks and UTF-8" {
    solve hello_threads
    grade
    ended_with 0
    shows "1 passed"
    run lockstep list
    shows "✓ 3.1 hello_threads" || shows "1 of"
}

@test "--answer grades another file and leaves the workbook alone" {
    cp solutions/03-threads/hello_threads.c "$BATS_TEST_TMPDIR/mine here.c"
    grade --answer "$BATS_TEST_TMPDIR/mine here.c"
    ended_with 0
    cmp "$ANSWER" exercises/03-threads/.hidden/hello_threads.stub.c
}

@test "an empty file fails and says why" {
    : >"$ANSWER"
    grade
    ended_with 1
    shows "build-error"
}

@test "a binary file fails and says why" {
    head -c 5000 /dev/urandom >"$ANSWER"
    printf '\000' >>"$ANSWER"
    grade
    ended_with 1
    shows "NUL byte"
}

@test "10 MB fail at once" {
    head -c 10000000 /dev/zero | tr '\0' '/' >"$ANSWER"
    grade
    ended_with 1
    shows "at most 1 MiB"
}

@test "a symlink is refused by name" {
    ln -sf /etc/passwd "$ANSWER"
    grade
    ended_with 1
    shows "symbolic link"
    hides "root:"
}

@test "a missing file names the way back" {
    rm "$ANSWER"
    grade
    ended_with 1
    shows "EX=hello_threads"
}

@test "a file that may not be read says so" {
    [ "$(id -u)" -ne 0 ] || skip "root may read everything"
    chmod 000 "$ANSWER"
    grade
    ended_with 1
    shows "cannot be read"
}

@test "a FIFO does not hold the grader up" {
    rm "$ANSWER"
    mkfifo "$ANSWER"
    grade
    ended_with 1
}

@test "exit(0) in the answer is no pass" {
    solution_doing '#include <stdlib.h>' 'exit(0);'
    grade
    ended_with 1
    shows "FAIL"
}

@test "endless output is cut and fails" {
    solution_doing '#include <stdio.h>' 'for (;;) puts("blah blah blah");'
    grade
    ended_with 1
    [ "${#output}" -lt 20000 ]
}

@test "an endless loop is ended and fails" {
    solution_doing 'static volatile int on = 1;' 'while (on) {}'
    grade --stages build,tests
    ended_with 1
}

@test "a fork bomb is contained, or refused before it runs" {
    solution_doing '#include <unistd.h>' 'for (;;) fork();'
    grade
    ended_with 1
}

@test "SIGSTOP to itself is no way to hang the grader" {
    solution_doing '#include <signal.h>' 'raise(SIGSTOP);'
    grade
    ended_with 1
}

@test "an edited header changes nothing and is mentioned" {
    solve hello_threads
    echo '#error edited' >>exercises/03-threads/hello_threads.h
    grade
    ended_with 0
    shows "hello_threads.h"
}

@test "a file called check.h beside the answer changes nothing" {
    solve hello_threads
    echo '#error wrong one' >exercises/03-threads/check.h
    grade
    ended_with 0
}

@test "NO_COLOR, no terminal: plain lines without control characters" {
    solve hello_threads
    grade
    hides $'\033'
    hides $'\r'
}

@test "what was graded is found again" {
    solve hello_threads
    grade
    ended_with 0
    grade
    ended_with 0
    shows "cached"
}

@test "an unknown exercise, stage or option is a usage error" {
    run lockstep grade hello_treads
    ended_with 2
    run lockstep grade hello_threads --stages luck
    ended_with 2
    run lockstep grade --frobnicate
    ended_with 2
}
