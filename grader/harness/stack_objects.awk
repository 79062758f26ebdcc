# SPDX-License-Identifier: MIT
# Makes every local struct, array and variable-length array of an answer visible
# to ThreadSanitizer, in LLVM IR, before its pass runs.
#
# clang 14 leaves accesses to a field of a local object uninstrumented in the
# function that owns it, even when the address of the object was given to
# another thread: it asks whether the address of the *field* was captured, not
# that of the object. Behind an empty assembler statement the pass no longer
# knows that the address is a local one, and instruments all of them.
# docs/adr/0005 has the evidence.
/^  %[^ ]+ = alloca / {
    at = index($0, " = alloca ")
    name = substr($0, 3, at - 3)
    rest = substr($0, at + 10)
    depth = 0
    for (i = 1; i <= length(rest); i++) {
        c = substr(rest, i, 1)
        if (c ~ /[[{(<]/) depth++
        else if (c ~ /[]})>]/) depth--
        else if (c == "," && depth == 0) break
    }
    type = substr(rest, 1, i - 1)
    if (type ~ /^[%[{]/ && type !~ /\*$/ || rest !~ /^[^,]*, align/) {
        slot = "%lk." substr(name, 2)
        gsub(/"/, "", slot)
        print "  " slot " = alloca " rest
        print "  " name " = call " type "* asm \"\", \"=r,0\"(" type "* " slot ")"
        next
    }
}
{ print }
