# A chapter.ini with a mistake: the file, the key, what is allowed.

setup() {
    load helper
    new_workbook
    INI=exercises/04-thread-safety/chapter.ini
}

refused_with() {
    run lockstep list
    ended_with 3
    shows "$INI"
    shows "$1"
    shows "$2"
}

@test "an unknown key is named with the keys that are allowed" {
    echo 'star = 3' >>"$INI"
    refused_with "unknown key 'star'" "number, title, stars"
}

@test "a wrong value is named with the values that are allowed" {
    sed -i 's/^stars = .*/stars = many/' "$INI"
    refused_with "stars = many" "from 1 to 5"
}

@test "an unknown stage is named with the stages there are" {
    sed -i 's/^stages = .*/stages = build;tests;luck/' "$INI"
    refused_with "'luck' is unknown" "build, tests, memory, races"
}

@test "what an exercise needs must exist" {
    sed -i '0,/^needs = .*/s//needs = hello_world/' "$INI"
    refused_with "needs = hello_world" "there is no such exercise"
}

@test "a file that is no ini file is refused" {
    printf '\001\002\n' >"$INI"
    refused_with "chapter.ini" ""
}

@test "a chapter.ini that is missing is named" {
    rm "$INI"
    refused_with "No such file" ""
}
