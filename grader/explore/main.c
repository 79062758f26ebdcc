// SPDX-License-Identifier: MIT
// The explorer's driver: output.h says how it is called.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explore/host.h"
#include "explore/memory.h"
#include "explore/room.h"
#include "explore/schedule.h"
#include "explore/search.h"
#include "explore/shared.h"
#include "explore/shrink.h"
#include "explore/write.h"

// As many preemptions as the budget allows.
enum { BOUND_MAX = 1000 };
enum { NOTHING_FOUND, FOUND, USAGE, NOT_CONTROLLED };

struct settings settings = {
    .budget = 1000, .seed = 1, .strategy = "portfolio", .bound = BOUND_MAX};

// --- The command line --------------------------------------------------------

static _Noreturn void refuse(const char *what, const char *word) {
    fprintf(stderr, "explorer: %s: %s\n", what, word);
    exit(USAGE);
}

static unsigned long number_of(const char *option, const char *text) {
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-')
        refuse(option, "wants a number");
    return number;
}

static bool is_strategy(const char *name) {
    for (int i = 0; i < STRATEGY_REPLAY; i++)
        if (strcmp(name, strategy_name((enum strategy)i)) == 0)
            return true;
    return strcmp(name, "portfolio") == 0;
}

static void set(const char *option, const char *value) {
    if (strcmp(option, "--schedules") == 0)
        settings.budget = (unsigned)number_of(option, value);
    else if (strcmp(option, "--seed") == 0)
        settings.seed = number_of(option, value);
    else if (strcmp(option, "--bound") == 0)
        settings.bound = (unsigned)number_of(option, value);
    else if (strcmp(option, "--jobs") == 0)
        settings.jobs = (unsigned)number_of(option, value);
    else if (strcmp(option, "--out") == 0)
        settings.out = value;
    else if (strcmp(option, "--strategy") == 0 && is_strategy(value))
        settings.strategy = value;
    else
        refuse(option, value);
}

static void read_options(int count, char **words) {
    int i = 1;
    for (; i < count && strcmp(words[i], "--") != 0; i++) {
        if (strcmp(words[i], "--ignore-races") == 0) {
            settings.ignore_races = true;
        } else if (i + 1 < count) {
            set(words[i], words[i + 1]);
            i++;
        } else {
            refuse(words[i], "unknown, or its value is missing");
        }
    }
    // The program sees its own name and what follows the --.
    if (i < count) {
        words[i] = words[0];
        settings.arguments = words + i;
        settings.argument_count = count - i;
    } else {
        static char *alone[2];
        alone[0] = words[0];
        settings.arguments = alone;
        settings.argument_count = 1;
    }
}

// --- The same addresses every time -------------------------------------------

static void fix_addresses(char **words) {
    int now = personality(0xffffffff);
    if (now == -1 || (now & ADDR_NO_RANDOMIZE) != 0 ||
        getenv("EXPLORER_AGAIN") != NULL)
        return;
    if (personality((unsigned long)now | ADDR_NO_RANDOMIZE) == -1)
        return;
    setenv("EXPLORER_AGAIN", "1", 1);
    execv("/proc/self/exe", words);
}

static unsigned processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

static void open_memory(void) {
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (shared == MAP_FAILED) {
        perror("explorer: memory to share");
        exit(NOT_CONTROLLED);
    }
    room_open();
    memory_open();
}

static FILE *open_output(void) {
    int copy =
        settings.out != NULL
            ? open(settings.out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)
            : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 100);
    FILE *out = copy >= 0 ? fdopen(copy, "w") : NULL;
    if (out == NULL)
        refuse(settings.out != NULL ? settings.out : "output", strerror(errno));
    return out;
}

// What the program prints would be printed once for each schedule.
static void silence(void) {
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= 2 && null >= 0; fd++)
        dup2(null, fd);
    if (null > 2)
        close(null);
}

// --- Each scenario -----------------------------------------------------------

static int explore(FILE *out, unsigned scenario) {
    struct search search;
    write_begin(out, explore_host.says(scenario));
    search_run(&search, scenario);
    bool confirmed = false;
    const char *strategy = "portfolio";
    if (search.found) {
        strategy = strategy_name(shared->orders[search.slot].strategy);
        confirmed = shrink(search.slot, scenario);
    }
    if (confirmed)
        write_trace(out);
    write_result(out, &search, confirmed, strategy);
    if (search.found)
        return confirmed ? FOUND : NOT_CONTROLLED;
    return search_gave_up(&search) ? NOT_CONTROLLED : NOTHING_FOUND;
}

int main(int count, char **words) {
    fix_addresses(words);
    read_options(count, words);
    unsetenv("EXPLORER_AGAIN");
    if (settings.jobs == 0)
        settings.jobs = processors();
    FILE *out = open_output();
    open_memory();
    silence();
    int status = NOTHING_FOUND;
    for (unsigned i = 0; i < explore_host.count(); i++) {
        int one = explore(out, i);
        fflush(out);
        status = one == FOUND || status == FOUND ? FOUND
                 : one > status                  ? one
                                                 : status;
    }
    return fclose(out) == 0 ? status : NOT_CONTROLLED;
}
