# Shared by the end-to-end tests. Each works on a workbook of its own, in a
# folder with blanks and UTF-8 in its name, with every answer untouched:
#
#   setup() { load helper; new_workbook; }
#
# Afterwards the working directory is that workbook, and $WORKBOOK its path.

new_workbook() {
    local origin folder
    origin=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    WORKBOOK="$BATS_TEST_TMPDIR/Übungen mit Leerzeichen"
    mkdir -p "$WORKBOOK/build"
    for folder in Makefile docs exercises grader solutions tools tests; do
        cp -a "$origin/$folder" "$WORKBOOK/"
    done
    # What is built comes along (with its times, so that make is content), what
    # was graded does not.
    (cd "$origin/build" && find . -mindepth 1 -maxdepth 1 \
        ! -name outcomes ! -name state ! -name reports \
        -exec cp -a {} "$WORKBOOK/build/" \;)
    cd "$WORKBOOK" || return 1
    rm -f exercises/*/*.bak-*
    for folder in exercises/*/.hidden; do
        restore_stubs "$folder"
    done
    export NO_COLOR=1
}

restore_stubs() {
    local stub
    for stub in "$1"/*.stub.c; do
        [ -e "$stub" ] || continue
        cp "$stub" "$1/../$(basename "$stub" .stub.c).c"
    done
}

lockstep() { build/lockstep "$@"; }

# Puts the solution of exercise $1 where the learner's answer goes.
solve() {
    local answer
    answer=$(echo exercises/*/"$1.c")
    cp "solutions/${answer#exercises/}" "$answer"
}

# The last command's output ($output) holds the text $1.
shows() {
    [[ $output == *"$1"* ]] && return
    printf 'no "%s" in:\n%s\n' "$1" "$output" >&2
    return 1
}

hides() {
    [[ $output != *"$1"* ]] && return
    printf '"%s" in:\n%s\n' "$1" "$output" >&2
    return 1
}

# The last command, called with run, ended with status $1.
ended_with() {
    # $status is set by bats.
    # shellcheck disable=SC2154
    [ "$status" -eq "$1" ] && return
    printf 'status %s, not %s:\n%s\n' "$status" "$1" "$output" >&2
    return 1
}
