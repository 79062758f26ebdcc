# tools/check-layers on trees made for it.

setup() {
    TREE="$BATS_TEST_TMPDIR/a tree"
    CHECK="$BATS_TEST_DIRNAME/../../tools/check-layers"
    mkdir -p "$TREE/grader/cmd" "$TREE/grader/read" "$TREE/grader/judge" \
        "$TREE/grader/model" "$TREE/grader/harness" "$TREE/exercises/lib"
    echo '#include "cmd/cmd.h"' >"$TREE/grader/main.c"
    echo '#include "read/tsan.h"' >"$TREE/grader/cmd/grade.c"
    echo '#include "model/finding.h"' >"$TREE/grader/read/tsan.c"
    echo '#include "harness/record_types.h"' >"$TREE/grader/model/outcome.h"
    echo '#include "lib/wb.h"' >"$TREE/grader/harness/suite.c"
    echo '#include "harness/table.h"' >"$TREE/exercises/lib/wb.c"
}

refuses() {
    run "$CHECK" "$TREE"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"$1"* ]]
}

@test "a tree that keeps the layers is accepted" {
    run "$CHECK" "$TREE"
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "a sideways include is refused with file and line" {
    printf '\n  #  include "judge/judge.h"\n' >>"$TREE/grader/read/tsan.c"
    refuses 'grader/read/tsan.c:3: read may not include "judge/judge.h"'
}

@test "an upward include is refused" {
    echo '#include "read/tsan.h"' >>"$TREE/grader/model/finding.c"
    refuses 'model may not include "read/tsan.h"'
}

@test "the harness includes nothing of the grader" {
    echo '#include "model/outcome.h"' >>"$TREE/grader/harness/suite.c"
    refuses 'harness may not include "model/outcome.h"'
}

@test "of the harness, the model sees the record types alone" {
    echo '#include "harness/suite.h"' >>"$TREE/grader/model/outcome.h"
    refuses 'model may not include "harness/suite.h"'
}

@test "a header without its folder is refused" {
    echo '#include "tsan.h"' >>"$TREE/grader/read/tsan.c"
    refuses 'may not include "tsan.h"'
}

@test "make lint has nothing to complain about" {
    cd "$BATS_TEST_DIRNAME/../.."
    run tools/lint
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "the workbook itself keeps the layers" {
    run "$CHECK" "$BATS_TEST_DIRNAME/../.."
    echo "$output"
    [ "$status" -eq 0 ]
}
