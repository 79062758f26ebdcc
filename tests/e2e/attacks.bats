# Answers that try to pass without being right. Each file of tests/attacks says
# in its first lines which exercise it is for, in which stages it must be
# refused, and what the report must show.

setup() {
    load helper
    new_workbook
}

header() {
    sed -n "s|^// $2: ||p" "$1" | head -n 1
}

# Grades the attack $1: it fails, for the reason that it names.
is_refused() {
    local file=$1 reason
    reason=$(header "$file" shows)
    run timeout 120 build/lockstep grade "$(header "$file" exercise)" \
        --answer "$file" --stages "$(header "$file" stages)"
    # 3: an attack on the harness itself may end as the grader's trouble.
    # $status is set by bats.
    # shellcheck disable=SC2154
    if [ "$status" -ne 1 ] && ! { [ "$status" -eq 3 ] &&
        [[ $reason == *TROUBLE* ]]; }; then
        printf '%s: status %s\n%s\n' "$file" "$status" "$output" >&2
        return 1
    fi
    grep -qE -- "$reason" <<<"$output" && return
    printf '%s: no "%s" in\n%s\n' "$file" "$reason" "$output" >&2
    return 1
}

all_refused() {
    local file count=0 refused=0
    for file in tests/attacks/*.c; do
        [[ $(header "$file" stages) == build ]] || [ "$1" = run ] || continue
        [[ $(header "$file" stages) != build ]] || [ "$1" = build ] || continue
        count=$((count + 1))
        is_refused "$file" && refused=$((refused + 1))
    done
    [ "$count" -gt 10 ] && [ "$refused" -eq "$count" ]
}

@test "what hides, leaves or pretends is refused before it runs" {
    all_refused build
}

@test "what gets as far as running does not pass either" {
    all_refused run
}

@test "headers of the system are no attack" {
    { for header in assert ctype errno fcntl inttypes limits math poll pthread \
        sched semaphore setjmp signal stdalign stdarg stdatomic stdbool stddef \
        stdint stdio stdlib stdnoreturn string strings time unistd wchar \
        byteswap endian sys/epoll sys/eventfd sys/mman sys/queue sys/resource \
        sys/socket sys/time sys/timerfd sys/types sys/wait netdb netinet/in \
        arpa/inet immintrin x86intrin; do
        echo "#if __has_include(<$header.h>)"
        echo "#include <$header.h>"
        echo "#endif"
    done
    cat solutions/03-threads/hello_threads.c; } >"$BATS_TEST_TMPDIR/all.c"
    run lockstep grade hello_threads --answer "$BATS_TEST_TMPDIR/all.c" \
        --stages build
    ended_with 0
    hides "forbidden"
}
