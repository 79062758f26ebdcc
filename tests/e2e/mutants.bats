# The mutants that tools/mutate.awk makes: one mistake each, nothing else.

setup() {
    load helper
    cd "$BATS_TEST_DIRNAME/../.." || return
    answer=$BATS_TEST_TMPDIR/answer.c
    cat >"$answer" <<'END'
#include <pthread.h>
// pthread_mutex_lock(&not_code);
int take(struct queue *q) {
    pthread_mutex_lock(&q->lock);
    while (q->len < 1 && !q->closed)
        pthread_cond_wait(&q->more, &q->lock);
    if (q->closed)
        return -EPIPE;
    atomic_store(&q->len, 0);
    pthread_cond_broadcast(&q->less);
    pthread_mutex_unlock(&q->lock);
    return 0;
}
END
}

# Makes the mutants; their list is in $output.
make_mutants() {
    run awk -v folder="$BATS_TEST_TMPDIR" -f tools/mutate.awk "$answer"
    # $status is set by bats.
    # shellcheck disable=SC2154
    [ "$status" -eq 0 ]
}

# The differing lines of the mutant that the operator $1 makes of line $2.
mutant() {
    local name
    name=$(awk -F '\t' -v operator="$1" -v from="$2" \
        '$2 == operator && $3 == from { print $1; exit }' <<<"$output")
    diff "$answer" "$BATS_TEST_TMPDIR/$name.c" | grep '^[<>]'
}

@test "every operator makes its mistake, in one place" {
    make_mutants
    [ "$(mutant while-if 5)" = "<     while (q->len < 1 && !q->closed)
>     if (q->len < 1 && !q->closed)" ]
    [ "$(mutant bound 5)" = "<     while (q->len < 1 && !q->closed)
>     while (q->len <= 1 && !q->closed)" ]
    [ "$(mutant error 8)" = "<         return -EPIPE;
>         return 0;" ]
    [ "$(mutant relaxed 9)" = "<     atomic_store(&q->len, 0);
>     atomic_store_explicit(&q->len, 0, memory_order_relaxed);" ]
    [ "$(mutant signal 10)" = "<     pthread_cond_broadcast(&q->less);
>     pthread_cond_signal(&q->less);" ]
    [ "$(mutant drop 11)" = "<     pthread_mutex_unlock(&q->lock);
>     ;" ]
}

@test "a lock is taken after the whole loop that it ought to guard" {
    make_mutants
    [ "$(mutant swap 4)" = "<     pthread_mutex_lock(&q->lock);
>     pthread_mutex_lock(&q->lock);" ]
    grep -q 'swap	4	.*	while (.*; pthread_mutex_lock(&q->lock);$' <<<"$output"
}

@test "comments are left alone" {
    make_mutants
    ! awk -F '\t' '$3 == 2' <<<"$output" | grep .
}

@test "tools/mutants names a mutant that passes, but not one that is known" {
    new_workbook
    # A grader that lets pass whoever forgets to check his arguments.
    rm build/lockstep
    cat >build/lockstep <<'END'
#!/bin/sh
for answer; do case $answer in *.c) break ;; esac; done
! grep -q 'return -EINVAL' "$answer"
END
    chmod +x build/lockstep
    cat >"$answer" <<'END'
#include <errno.h>

int split(long lo, long hi) {
    if (hi < lo)
        return -EINVAL;
    return hi - lo > 5;
}
END
    run tools/mutants split_range="$answer"
    [ "$status" -eq 1 ]
    [ "$output" = "split_range: 3 mutants, 2 refused, 1 pass: \
0 known to be right, 1 not
  PASSES   error:5  return -EINVAL;  ->  return 0;" ]

    printf 'error\treturn -EINVAL;\treturn 0;\tmay be\n' \
        >tests/mutants/split_range
    run tools/mutants split_range="$answer"
    [ "$status" -eq 0 ]
    [[ $output == *"1 pass: 1 known to be right, 0 not" ]]
}
