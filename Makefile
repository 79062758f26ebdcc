# SPDX-License-Identifier: MIT
# Lockstep, a workbook on concurrency in C. `make help` lists the targets.
#
# Everything that is built goes to build/<variant>/. All paths are relative, so
# the workbook may lie in a folder with blanks in its name.

# --- Knobs ------------------------------------------------------------------

VARIANT ?= release
# release, debug, asan, tsan or cov: how the grader itself is built
V ?= 0
# 1 shows the commands
J ?=
# how many things make does at once; default: one a CPU
SETUP ?= auto
# skip: trust that what tools/packages names is there
EX ?=
# one or more exercises: EX=bank_global
CH ?=
# a chapter: CH=04
DEMO ?=
# a demonstration: DEMO=unsafe_bank
KIND ?=
# of a finding, for `make explain`: KIND=data-race
ARGS ?=
# anything else for lockstep: ARGS="--stages build,tests"

CC = clang-14
OBJCOPY = objcopy

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
SHELL = /bin/sh

Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '%-4s %s\n' '$(1)' '$(2)')

# --- Setup ------------------------------------------------------------------
# The stamp build/.setup-<hash of tools/packages> is a makefile: it holds what
# pkg-config said. While it is missing, make runs tools/setup, writes it, and
# starts over; afterwards it costs nothing.

UNPREPARED := help clean setup lint
GOALS := $(if $(MAKECMDGOALS),$(MAKECMDGOALS),help)

ifneq ($(filter-out $(UNPREPARED),$(GOALS)),)
HERE := $(shell mkdir -p build 2>/dev/null && test -w build && \
	{ cksum <tools/packages; nproc; })
ifeq ($(HERE),)
$(error This folder cannot be written to, and Lockstep keeps what it builds in \
build/. Copy the workbook to a place of your own, then run make there)
endif
STAMP := build/.setup-$(firstword $(HERE))
MAKEFLAGS += -j$(or $(J),$(lastword $(HERE))) --no-print-directory
include $(STAMP)
endif

pkg = printf '%s_CFLAGS := %s\n%s_LIBS := %s\n' $(1) \
	"$$(pkg-config --cflags $(2))" $(1) "$$(pkg-config --libs $(2))"

build/.setup-%:
	@$(if $(filter skip,$(SETUP)),:,tools/setup)
	@{ $(call pkg,GRADER,glib-2.0 gio-unix-2.0 json-glib-1.0 libseccomp \
	libdw ncursesw); \
	   $(call pkg,CHECK,check); \
	   $(call pkg,SERVER,libmicrohttpd); } >$@.new
	@mv $@.new $@

# --- The grader: build/<variant>/lockstep -----------------------------------

B := build/$(VARIANT)
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wvla $(if $(WERROR),-Werror)
FLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2
FLAGS_debug := -O0 -g
FLAGS_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined
FLAGS_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
FLAGS_cov := -O0 -g -fprofile-instr-generate -fcoverage-mapping
ifeq ($(FLAGS_$(VARIANT)),)
$(error VARIANT=$(VARIANT) is unknown: release, debug, asan, tsan, cov)
endif
GRADER_FLAGS := -std=gnu11 $(WARNINGS) $(FLAGS_$(VARIANT)) \
	-Igrader -Iexercises -D_GNU_SOURCE=

GRADER_SOURCES := $(filter-out grader/harness/% grader/explore/%, \
	$(sort $(wildcard grader/*.c grader/*/*.c)))
GRADER_OBJECTS := $(GRADER_SOURCES:%.c=$(B)/%.o)
LOCKSTEP := $(B)/lockstep

$(B)/grader/%.o: grader/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(GRADER_FLAGS) $(GRADER_CFLAGS) -MMD -MP -MJ $@.json -c $< -o $@

$(LOCKSTEP): $(GRADER_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(FLAGS_$(VARIANT)) $^ $(GRADER_LIBS) -o $@

# build/lockstep is always the release build.
build/lockstep: build/release/lockstep
	@ln -sfn release/lockstep $@

# --- What is linked into a learner's program: build/harness, build/suites ---
# The harness itself carries no sanitizer, so that it hides no race and raises
# no alarm; but its redirected calls must be known to TSan as calls, and the
# canaries must be caught.

LINKED_TOOLS := plain asan tsan
LINKED_FLAGS := -std=gnu11 -O2 -gdwarf-4 -fno-omit-frame-pointer \
	-fno-optimize-sibling-calls \
	-Wall -Wextra -Wno-macro-redefined -Wno-unused-variable \
	-Igrader -Iexercises -D_GNU_SOURCE=
LINKED_SOURCES := $(sort $(wildcard grader/harness/*.c exercises/lib/*.c))
LINKED_NAMES := $(notdir $(LINKED_SOURCES:.c=.o))
HARNESS := $(LINKED_TOOLS:%=build/harness/%.a) \
	build/harness/answer_begin.o build/harness/answer_end.o

CALLS_ONLY := -fsanitize=thread -mllvm -tsan-instrument-memory-accesses=0 \
	-mllvm -tsan-instrument-atomics=0 -mllvm -tsan-instrument-memintrinsics=0
UPPER_plain := PLAIN
UPPER_asan := ASAN
UPPER_tsan := TSAN
CAUGHT_asan := -fsanitize=address,undefined -fsanitize-recover=address
CAUGHT_tsan := -fsanitize=thread
# $(1): the tool, $(2): the source's name without folder and ending
linked_flags = -DHARNESS_VARIANT_$(UPPER_$(1)) \
	$(if $(filter tsan,$(1)),$(if $(filter redirect%,$(2)),$(CALLS_ONLY))) \
	$(if $(filter canary%,$(2)),$(CAUGHT_$(1)))

vpath %.c grader/harness exercises/lib

define linked_rules
build/harness/$(1)/%.o: %.c Makefile
	@mkdir -p $$(@D)
	$$(call say,CC,$$< ($(1)))
	$$(Q)$$(CC) $$(LINKED_FLAGS) $$(call linked_flags,$(1),$$*) \
	    -MMD -MP -MJ $$@.json -c $$< -o $$@

build/harness/$(1).a: $(LINKED_NAMES:%=build/harness/$(1)/%)
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@; ar rcs $$@ $$^
endef
$(foreach tool,$(LINKED_TOOLS),$(eval $(call linked_rules,$(tool))))

build/harness/answer_%.o: grader/harness/marks/answer_%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(LINKED_FLAGS) -c $< -o $@

# --- The schedule explorer: build/explore ------------------------------------
# Linked into what it explores, instead of a sanitizer's runtime. Its code gets
# a section of its own, by which a crash in it is told from one in the program.

EXPLORE_FLAGS := -std=gnu11 -O2 -g -fno-omit-frame-pointer -Wall -Wextra \
	-Igrader -D_GNU_SOURCE=
EXPLORE_OBJECTS := $(patsubst grader/explore/%.c,build/explore/obj/%.o, \
	$(sort $(wildcard grader/explore/*.c)))
EXPLORER := build/explore/explore.a

build/explore/obj/%.o: grader/explore/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(EXPLORE_FLAGS) -MMD -MP -MJ $@.json -c $< -o $@

$(EXPLORER): $(EXPLORE_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@; ar rcs $@ $^
	$(Q)$(OBJCOPY) --rename-section .text=explore_text $@

# What a suite's scenarios need besides: docs/architecture.md.
build/explore/scenarios.o: grader/harness/scenarios/host.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(LINKED_FLAGS) -MMD -MP -c $< -o $@
SCENARIOS_HOST := build/explore/scenarios.o

# --- The suites of the exercises: build/suites --------------------------------

SUITE_SOURCES := $(sort $(wildcard exercises/*/.hidden/*_suite.c))
SUITE_IDS := $(patsubst %_suite,%,$(basename $(notdir $(SUITE_SOURCES))))
SUITE_OBJECTS = $(foreach id,$(1),$(LINKED_TOOLS:%=build/suites/$(id).%.o))
SCENARIO_SOURCES := $(shell grep -l '^SCENARIOS' $(SUITE_SOURCES))
SCENARIO_IDS := $(patsubst %_suite,%,$(basename $(notdir $(SCENARIO_SOURCES))))
SCENARIO_OBJECTS = $(patsubst %,build/suites/%.explore.o,$(1))
ALL_SUITES := $(call SUITE_OBJECTS,$(SUITE_IDS)) \
	$(call SCENARIO_OBJECTS,$(SCENARIO_IDS))
# `make grade EX=…` waits only for the suites that it needs.
WANTED_SUITES := $(or $(strip $(call SUITE_OBJECTS,$(filter $(EX), \
	$(SUITE_IDS))) $(call SCENARIO_OBJECTS,$(filter $(EX), \
	$(SCENARIO_IDS)))),$(ALL_SUITES))

SUITE_FLAGS_plain :=
SUITE_FLAGS_asan := -fsanitize=address,undefined
SUITE_FLAGS_tsan := -fsanitize=thread
REDIRECT := $(wildcard grader/harness/redirect.syms)

# $(1): the suite's source, $(2): its exercise, $(3): the tool
define suite_rule
build/suites/$(2).$(3).o: $(1) $(REDIRECT) Makefile
	@mkdir -p $$(@D)
	$$(call say,CC,$$< ($(3)))
	$$(Q)$$(CC) $$(LINKED_FLAGS) $$(SUITE_FLAGS_$(3)) -I$(dir $(1)) \
	    $$(CHECK_CFLAGS) -MMD -MP -MF $$(@:.o=.d) -MT $$@ \
	    -MJ $$@.json -c $$< -o $$@.raw
	$$(Q)$$(OBJCOPY) $$(REDIRECT:%=--redefine-syms=%) $$@.raw $$@
	@rm -f $$@.raw
endef
$(foreach source,$(SUITE_SOURCES),$(foreach tool,$(LINKED_TOOLS),$(eval \
	$(call suite_rule,$(source),$(patsubst \
	%_suite,%,$(basename $(notdir $(source)))),$(tool)))))

# The same for the explorer: instrumented, by way of docs/adr/0005.
EXPLORED_FLAGS := -std=gnu11 -O0 -gdwarf-4 -fno-omit-frame-pointer -w \
	-fsanitize=thread -mllvm -tsan-instrument-read-before-write
EXPLORED_STEPS := grader/harness/stack_objects.awk \
	grader/explore/redirect.syms Makefile

define scenario_rule
build/suites/$(2).explore.o: $(1) $(EXPLORED_STEPS)
	@mkdir -p $$(@D)
	$$(call say,CC,$$< (explore))
	$$(Q)$$(CC) $$(EXPLORED_FLAGS) -Igrader -Iexercises -D_GNU_SOURCE= \
	    -I$(dir $(1)) $$(CHECK_CFLAGS) -MMD -MP -MF $$(@:.o=.d) -MT $$@ \
	    -Xclang -disable-llvm-passes -S -emit-llvm $$< -o $$@.ll
	$$(Q)awk -f grader/harness/stack_objects.awk $$@.ll >$$@.shown.ll
	$$(Q)$$(CC) $$(EXPLORED_FLAGS) -x ir -c $$@.shown.ll -o $$@.raw
	$$(Q)$$(OBJCOPY) --redefine-syms=grader/explore/redirect.syms $$@.raw $$@
	@rm -f $$@.raw $$@.ll $$@.shown.ll
endef
$(foreach source,$(SCENARIO_SOURCES),$(eval \
	$(call scenario_rule,$(source),$(patsubst \
	%_suite,%,$(basename $(notdir $(source)))))))

# The HTTP server that some suites start.
SERVER_SOURCES := $(sort $(wildcard exercises/lib/server/*.c))
SERVER_OBJECTS := $(SERVER_SOURCES:%.c=build/%.o)
SERVER := $(if $(SERVER_SOURCES),build/lib/wb-server)

build/exercises/lib/server/%.o: exercises/lib/server/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -std=gnu11 $(WARNINGS) -O2 -g -Igrader -Iexercises -D_GNU_SOURCE= \
	    $(SERVER_CFLAGS) -MMD -MP -MJ $@.json -c $< -o $@

build/lib/wb-server: $(SERVER_OBJECTS)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $^ $(SERVER_LIBS) -pthread -o $@

PROGRAM := build/lockstep
READY := $(PROGRAM) $(HARNESS) $(EXPLORER) $(SCENARIOS_HOST) $(SERVER)

# --- The grader's own tests -------------------------------------------------
# tests/unit/test_wb*.c and test_harness*.c test what is linked into a
# learner's program, so they are linked with that; all others with the grader.
# Those of read/ and report/ compare with the texts kept in tests/golden.
TEST_PROGRAMS := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/unit/test_*.c)))
GOLDEN := $(filter $(B)/tests/unit/test_read% \
	$(B)/tests/unit/test_report%,$(TEST_PROGRAMS))
UNIT := $(filter-out $(GOLDEN),$(TEST_PROGRAMS))
TESTED_OBJECTS := $(filter-out $(B)/grader/main.o,$(GRADER_OBJECTS))
HARNESS_TESTS := $(filter $(B)/tests/unit/test_wb% \
	$(B)/tests/unit/test_harness%,$(UNIT))
GRADER_TESTS := $(filter-out $(HARNESS_TESTS),$(TEST_PROGRAMS))

$(B)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(GRADER_FLAGS) -Itests/unit $(GRADER_CFLAGS) $(CHECK_CFLAGS) \
	    -MMD -MP -MJ $@.json -c $< -o $@

$(GRADER_TESTS): %: %.o $(TESTED_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(FLAGS_$(VARIANT)) $^ $(GRADER_LIBS) $(CHECK_LIBS) -pthread -o $@

$(HARNESS_TESTS): %: %.o build/harness/plain.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(FLAGS_$(VARIANT)) $^ $(CHECK_LIBS) -lcurl -pthread -o $@

# --- Targets ----------------------------------------------------------------

.PHONY: help
help: ## lists the targets
	@echo 'Lockstep: a workbook on concurrency in C. Start with: make grade'
	@echo
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/\1\t\2/p' Makefile | \
	    while IFS='	' read -r name text; do \
	        printf '  make %-10s %s\n' "$$name" "$$text"; done
	@echo
	@echo 'Knobs: EX=id CH=04 ARGS="…" VARIANT=release|debug|asan|tsan|cov V=1'

.PHONY: grade list next hint reset replay explain doctor verify
grade: $(READY) $(WANTED_SUITES) ## grades your answers (EX=id, CH=04)
	@$(PROGRAM) grade $(EX) $(CH) $(ARGS)
list: $(PROGRAM) ## shows the map of the workbook
	@$(PROGRAM) list $(CH) $(ARGS)
next: $(PROGRAM) ## names the exercise to do next
	@$(PROGRAM) next $(ARGS)
hint: $(PROGRAM) ## gives the next hint for an exercise (EX=id)
	@$(PROGRAM) hint $(EX) $(ARGS)
reset: $(PROGRAM) ## starts an exercise anew, keeping a copy (EX=id)
	@$(PROGRAM) reset $(EX) $(ARGS)
replay: $(PROGRAM) ## steps through the schedule that failed (EX=id)
	@$(PROGRAM) replay build/reports/$(EX)/schedules.jsonl
explain: $(PROGRAM) ## explains a kind of finding (KIND=data-race)
	@$(PROGRAM) explain $(KIND) $(ARGS)
doctor: $(READY) ## checks this machine and says what each lack costs
	@$(PROGRAM) doctor $(ARGS)
verify: $(READY) $(ALL_SUITES) ## lets the workbook grade itself
	@$(PROGRAM) verify $(EX) $(CH) $(ARGS)

.PHONY: all test unit golden e2e explored
all: $(READY) $(LOCKSTEP) $(ALL_SUITES) build/compile_commands.json ## builds everything
unit: $(UNIT) $(SERVER) ## runs the grader's unit tests
	@tools/run-tests check $(UNIT)
golden: $(GOLDEN) ## runs the readers and reports against kept tool output
	@tools/run-tests check $(GOLDEN)
e2e: $(READY) $(ALL_SUITES) ## runs the end-to-end tests
	@tools/run-tests bats tests/e2e
explored: $(READY) ## runs the explorer over its own test programs
	@tools/run-tests tap tests/explore/run
test: $(READY) $(ALL_SUITES) $(UNIT) $(GOLDEN) ## runs all tests: unit, golden, e2e, explored, verify
	@tools/run-tests check $(UNIT) $(GOLDEN) -- bats tests/e2e \
	    -- tap tests/explore/run \
	    -- verify $(PROGRAM)

# Demonstrations of the chapters' bugs: small programs of their own.
DEMOS := $(sort $(wildcard exercises/*/demo/*.c))
build/demo/%: Makefile build/harness/plain.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(LINKED_FLAGS) $(filter %.c,$^) -o $@ \
	    build/harness/plain.a $(CHECK_LIBS) -lm -lcurl -pthread
$(foreach demo,$(DEMOS),$(eval \
	build/demo/$(basename $(notdir $(demo))): $(demo)))
# This one runs what the learner has written.
build/demo/producers: exercises/02-async-await/async_queue.c

.PHONY: demo
ifneq ($(filter $(DEMO),$(notdir $(DEMOS:.c=))),)
demo: build/demo/$(DEMO)
	@$<
else
demo: ## shows a bug that a chapter speaks of (DEMO=unsafe_bank)
	@echo 'make demo DEMO=<name> compiles and runs one of these:'
	@for demo in $(DEMOS); do \
	    printf '  %-18s %s\n' "$$(basename "$$demo" .c)" "$$demo"; done
	@$(if $(DEMO),echo 'There is no demonstration $(DEMO).' >&2; exit 2)
endif

.PHONY: bench mutants lint setup clean
bench: $(READY) $(ALL_SUITES) ## measures the grader against the bare tools
	@tools/bench $(ARGS)
	@tools/bench-explore
mutants: $(READY) $(WANTED_SUITES) ## grades small mistakes made in a solution (EX=id)
	@tools/mutants $(or $(EX),$(SUITE_IDS)) $(ARGS)
lint: ## checks layers, scripts and pristine copies
	@tools/lint
setup: ## installs the Debian packages that are missing
	@tools/setup
clean: ## removes everything that was built, and the saved verdicts
	@rm -rf build

build/compile_commands.json: $(GRADER_OBJECTS) $(HARNESS) $(EXPLORER) \
		$(ALL_SUITES)
	@{ echo '['; find build -name '*.o.json' -exec cat {} + | sed '$$s/,$$//'; \
	   echo ']'; } >$@

-include $(GRADER_OBJECTS:.o=.d) $(wildcard build/harness/*/*.d \
	build/explore/obj/*.d \
	build/suites/*.d build/exercises/lib/server/*.d $(B)/tests/*/*.d)
