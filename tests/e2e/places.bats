# Where the workbook lies and how lockstep is called: read-only, full, cut off,
# interrupted, watched by other programs.

setup() {
    load helper
    new_workbook
    ANSWER=exercises/03-threads/hello_threads.c
    # Where lockstep works: a folder that its unprivileged boxes may pass.
    TMPDIR=$(mktemp -d /tmp/lockstep-e2e-XXXXXX)
    chmod 755 "$TMPDIR"
    export TMPDIR
}

teardown() {
    [ -z "$TMPDIR" ] || rm -rf "$TMPDIR"
}

# Runs the shell script $1 where mounting is allowed and harms nobody.
run_mounted() {
    unshare -m true 2>/dev/null || skip "no right to mount here"
    run unshare -m sh -c "$1" sh "$WORKBOOK"
}

# Processes that still work for this test.
left_over() {
    grep -lsaF -f - /proc/[0-9]*/cmdline <<<"$TMPDIR" || :
}

@test "a read-only workbook says that it is one" {
    solve hello_threads
    run_mounted 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" &&
        cd "$1" && exec make grade EX=hello_threads SETUP=skip'
    [ "$status" -ne 0 ]
    shows "cannot be written"
}

@test "no room to keep verdicts: it grades all the same" {
    solve hello_threads
    mkdir -p build/outcomes
    run_mounted 'mount -t tmpfs -o size=4k tmpfs "$1/build/outcomes" &&
        cd "$1" && exec build/lockstep grade hello_threads --stages tests'
    ended_with 0
    shows "1 passed"
}

@test "no room to work in is the grader's trouble, not the learner's" {
    solve hello_threads
    run_mounted 'mount -t tmpfs -o size=64k,mode=755 tmpfs "$TMPDIR" &&
        cd "$1" && exec build/lockstep grade hello_threads --stages tests'
    ended_with 3
    shows "TROUBLE"
}

@test "whoever reads the report may stop reading" {
    solve hello_threads
    run bash -c 'build/lockstep grade hello_threads --stages build | :'
    ended_with 0
    [ -z "$(left_over)" ]
}

@test "Ctrl-C ends every child and leaves the saved outcomes whole" {
    solve blocking_queue
    run timeout --preserve-status -s INT 1 build/lockstep grade blocking_queue
    ended_with 130
    [ -z "$(left_over)" ]
    [ -z "$(ls -A "$TMPDIR")" ]
    for file in build/outcomes/*.json build/outcomes/*/*.json; do
        [ ! -e "$file" ] || json_ok "$file"
    done
    run lockstep grade blocking_queue --stages build,tests
    ended_with 0
}

json_ok() {
    python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$1" ||
        { echo "$1 is broken" >&2; return 1; }
}

@test "--json is what the format's page says" {
    command -v python3 >/dev/null || skip "no python3 here"
    cp "$ANSWER" "$BATS_TEST_TMPDIR/stub.c"
    solve hello_threads
    sed -i 's/\*self->said += 1;//' "$ANSWER"
    run lockstep grade hello_threads bank_global --stages build,tests \
        --json "$BATS_TEST_TMPDIR/v.json"
    ended_with 1
    run python3 - "$BATS_TEST_TMPDIR/v.json" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
assert report["version"] == 1
one, two = report["exercises"]
assert (one["id"], one["verdict"]) == ("hello_threads", "fail")
assert (two["id"], two["verdict"]) == ("bank_global", "not_started")
assert {s["name"] for s in one["stages"]} >= {"build", "tests"}
for stage in one["stages"]:
    assert {"name", "verdict", "wall_ms", "cpu_ms", "cached"} <= stage.keys()
main = [f for f in one["findings"] if f["main"]]
assert len(main) == 1
keys = {"kind", "stage", "message", "places", "again"}
assert keys <= main[0].keys(), keys - main[0].keys()
PYTHON
    ended_with 0
}

@test "only what changed is run again, and what is known comes at once" {
    solve hello_threads
    solve bank_global
    run lockstep grade --stages build,tests
    ended_with 0
    echo '// changed' >>"$ANSWER"
    run lockstep grade --stages build,tests
    ended_with 0
    [ "$(grep -c cached <<<"$output")" -eq 1 ]
    run lockstep grade hello_threads --stages build,tests --no-cache
    ended_with 0
    hides "cached"
}

@test "--dry-run prints the programs and runs none" {
    run lockstep grade hello_threads --solution --dry-run
    ended_with 0
    shows "clang-14"
    [ ! -e build/outcomes ] || [ -z "$(ls -A build/outcomes)" ]
}

@test "--solution grades the workbook's own answer, and is no progress" {
    run lockstep grade hello_threads --solution --stages build,tests
    ended_with 0
    shows "1 passed"
    run lockstep next
    shows "honest_bench"
}

@test "--color always colours, and no line is wider than 80 columns" {
    solve hello_threads
    sed -i 's/\*self->said += 1;//' "$ANSWER"
    run lockstep grade hello_threads --stages build,tests --color always
    shows $'\033['
    run lockstep grade hello_threads --stages build,tests
    ended_with 1
    [ "$(wc -L <<<"$output")" -le 80 ]
}

@test "--answer and --solution exclude each other; -j wants a number" {
    run lockstep grade hello_threads --answer "$ANSWER" --solution
    ended_with 2
    run lockstep grade --answer "$ANSWER"
    ended_with 2
    run lockstep grade -j 0
    ended_with 2
}

@test "a memory bomb is stopped and fails" {
    sed 's/^    if (n == 0)/    for (char *p; (p = malloc(1 << 24)) != NULL;)\
        for (int i = 0; i < 1 << 24; i += 4096)\
            p[i] = 1;\n&/' solutions/03-threads/hello_threads.c >"$ANSWER"
    run timeout 120 build/lockstep grade hello_threads --stages build,tests
    ended_with 1
}

@test "a fork bomb where fork is allowed is contained" {
    sed 's/^    if (nprocs < 1/    for (;;)\n        fork();\n&/' \
        solutions/05-processes/fork_map.c >"$BATS_TEST_TMPDIR/bomb.c"
    run timeout 120 build/lockstep grade fork_map --stages build,tests \
        --answer "$BATS_TEST_TMPDIR/bomb.c"
    [ "$status" -eq 1 ] || [ "$status" -eq 3 ]
    [ -z "$(left_over)" ]
}

@test "as another user, from a copy of one's own" {
    [ "$(id -u)" -eq 0 ] || skip "needs root, to be somebody else"
    solve hello_threads
    cp -a "$WORKBOOK" "$TMPDIR/"
    cd "$TMPDIR/"*
    chown -R 65534:65534 "$TMPDIR"
    run setpriv --reuid=65534 --regid=65534 --clear-groups \
        build/lockstep grade hello_threads --stages build,tests
    ended_with 0
    chmod 000 "$ANSWER"
    run setpriv --reuid=65534 --regid=65534 --clear-groups \
        build/lockstep grade hello_threads
    ended_with 1
    shows "cannot be read"
}
