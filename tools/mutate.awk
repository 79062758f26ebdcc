# SPDX-License-Identifier: MIT
# Makes mutants of a C file: copies with one small mistake each.
#
#   awk -v folder=DIR -f tools/mutate.awk FILE.c
#
# writes DIR/NNNN.c for each, and prints a line for each: NNNN, the operator, the
# line's number, the line as it was and as it is, separated by tabs.
#
# It goes by lines and their indentation, so it wants a file as clang-format
# leaves it. What does not compile is the caller's to leave out.

{ line[NR] = $0 }

END {
    for (n = 1; n <= NR; n++)
        is_code[n] = line[n] ~ /^ +[^ \/*]/ && line[n] !~ /^ *(\/\/|#)/
    for (n = 1; n <= NR; n++) {
        if (!is_code[n])
            continue
        mutate_words(n)
        if (begins_statement(n))
            mutate_statement(n)
    }
}

function indent(n) { match(line[n], /^ */); return RLENGTH }

# The code of line N, without a comment behind it.
function code(n,   text) {
    text = line[n]
    sub(/ *\/\/.*$/, "", text)
    return text
}

# Whether line N is the first of a statement, not the rest of one.
function begins_statement(n,   before) {
    for (before = n - 1; before > 0 && !is_code[before]; before--)
        if (line[before] !~ /^ *(\/\/.*)?$/)
            break
    return code(before) ~ /([;{}:]|else|\) ?)$/ && line[n] !~ /^ *[{}]/
}

# The last line of the statement that begins at N, with all that belongs to it.
function last_line(n,   depth, to) {
    depth = indent(n)
    for (to = n; to < NR; to++)
        if (indent(to + 1) <= depth && line[to + 1] != "" &&
            line[to + 1] !~ /^ *(}|else)/ || line[to + 1] ~ /^}/ ||
            indent(to + 1) < depth && line[to + 1] != "")
            break
    while (to > n && line[to] == "")
        to--
    return to
}

function trimmed(text) {
    gsub(/^ +| +$/, "", text)
    gsub(/[ \t]+/, " ", text)
    return text
}

# Writes the mutant in which the lines FROM to TO are TEXT.
function emit(operator, from, to, text,   name, n, was) {
    for (n = from; n <= to; n++)
        was = was (n > from ? " " : "") trimmed(code(n))
    if (trimmed(text) == was)
        return
    name = sprintf("%04d", ++count)
    for (n = 1; n < from; n++)
        print line[n] >(folder "/" name ".c")
    print text >(folder "/" name ".c")
    for (n = to + 1; n <= NR; n++)
        print line[n] >(folder "/" name ".c")
    close(folder "/" name ".c")
    gsub(/\n/, " ", text)
    printf "%s\t%s\t%d\t%s\t%s\n", name, operator, from, was, trimmed(text)
}

# One mutant for each place in line N where PATTERN stands; it becomes TEXT.
function replace_each(operator, n, pattern, text,   rest, done, mutant) {
    rest = code(n)
    while (match(rest, pattern)) {
        mutant = done substr(rest, 1, RSTART - 1) text \
            substr(rest, RSTART + RLENGTH)
        emit(operator, n, n, mutant)
        done = done substr(rest, 1, RSTART + RLENGTH - 1)
        rest = substr(rest, RSTART + RLENGTH)
    }
}

# "atomic_load(&x)" reads in the strictest order; the mutant in a relaxed one.
function relax_default(n,   text, start, at, depth, char) {
    text = code(n)
    if (!match(text, /atomic_(load|store|exchange|fetch_[a-z]+)\(/))
        return
    start = RSTART + RLENGTH - 1
    for (at = start; at <= length(text); at++) {
        char = substr(text, at, 1)
        depth += (char == "(") - (char == ")")
        if (depth == 0)
            break
    }
    if (depth == 0)
        emit("relaxed", n, n, substr(text, 1, start - 1) "_explicit" \
            substr(text, start, at - start) ", memory_order_relaxed" \
            substr(text, at))
}

function mutate_words(n) {
    replace_each("relaxed", n, "memory_order_(acquire|release|acq_rel|seq_cst)",
        "memory_order_relaxed")
    relax_default(n)
    replace_each("signal", n, "pthread_cond_broadcast", "pthread_cond_signal")
    replace_each("bound", n, " < ", " <= ")
    replace_each("bound", n, " <= ", " < ")
    replace_each("bound", n, " > ", " >= ")
    replace_each("bound", n, " >= ", " > ")
    replace_each("off-by-one", n, " \\+ 1", "")
    replace_each("off-by-one", n, " - 1", "")
    replace_each("logic", n, " && ", " || ")
    replace_each("logic", n, " \\|\\| ", " \\&\\& ")
    replace_each("logic", n, " == ", " != ")
    replace_each("logic", n, " != ", " == ")
    replace_each("error", n, "return -[A-Za-z]+;", "return 0;")
    if (code(n) ~ /^ *while \(/)
        replace_each("while-if", n, "while", "if")
}

# Two of these, one after the other, mean the same in either order.
function are_alike(first, second) {
    return first ~ /(free|destroy)\(/ && second ~ /(free|destroy)\(/ ||
        first ~ /(signal|broadcast)\(/ && second ~ /(signal|broadcast)\(/
}

# A local variable that is given a constant: it can stand anywhere.
function is_private(text) {
    return text ~ /^ *[a-z_ ]+\*?[a-z_]+( = [-0-9A-Za-z_]+)?;\n?$/
}

# Statements that are more than arithmetic: their place matters.
function is_step(text) {
    return text ~ /(lock|signal|broadcast|wait|post|join|close|free|unmap|kill|destroy|create|store|write|send|unpark|notify|wake)[a-z_]*\(/
}

function mutate_statement(n,   to, after, i, first, second) {
    to = n
    while (to < NR && code(to) !~ /[;{}]$/ && to < n + 4)
        to++
    if (code(to) !~ /;$/ || code(n) ~ /^ *(if|for|while|else|do|return|case)/)
        return
    emit("drop", n, to, substr(line[n], 1, indent(n)) ";")
    if (to + 1 > NR || !is_code[to + 1] || !begins_statement(to + 1) ||
        indent(to + 1) != indent(n) || code(to + 1) ~ /^ *(return|case)/)
        return
    # With what follows: a lock taken later, an unlock before its time.
    after = last_line(to + 1)
    for (i = n; i <= to; i++)
        first = first code(i) "\n"
    for (i = to + 1; i <= after; i++)
        second = second (i > to + 1 ? "\n" : "") code(i)
    if (are_alike(first, second) || is_private(first) || is_private(second))
        return
    if (is_step(first) || is_step(second))
        emit("swap", n, after, second "\n" substr(first, 1, length(first) - 1))
}
