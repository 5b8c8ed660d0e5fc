# Each target makes the environment `.venv` when it is missing or older than pyproject.toml.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.made
SHARED := ../shared
# The interpreter itself, a tool of the tests; with Node and $(SHARED) it is installed here.
REFERENCE_VM := .reference-vm
REFERENCE_STAMP := $(REFERENCE_VM)/.made

# Each command starts half a second faster with its modules compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint bench bench-all bench-publish bench-compare conformance coverage rpc-check serve-load crosscheck campaign reference-vm clean \
	bench-builds faults faults-kill faults-processes faults-damage faults-planted faults-machine \
	kills splits random-calls

demo: $(STAMP)
	@BIN=$(BIN) sh sample_projects/demo.sh

test: $(STAMP) reference-vm
	$(BIN)/pytest -n auto

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(STAMP) reference-vm
	$(BIN)/python -m benchmarks

# With builds and replays of the mainnet log, which take minutes.
bench-all: $(STAMP) reference-vm
	$(BIN)/python -m benchmarks --all

# The same, and docs/performance.md renewed.
bench-publish: $(STAMP) reference-vm
	$(BIN)/python -m benchmarks --all --publish

# Builds alone: of a sample project, of mainnet's contracts, and of 100, 1,000 and 10,000 generated ones
bench-builds: $(STAMP) reference-vm
	$(BIN)/python -m benchmarks --only builds --only mainnet --only layers

# What the tree's calls take against those of a revision: make bench-compare REV=HEAD~1
REV ?= HEAD
bench-compare: $(STAMP)
	$(BIN)/python -m benchmarks.compare $(REV)

# Lines and branches of compiler/ and runtime/ that the tests take, by file and by package, in half an
# hour; fails where either takes fewer than 95 % of its branches. docs/coverage.md has the latest.
# Signal handlers that raise leave the tracer's own lock taken: the tests of interrupts stay out.
coverage: $(STAMP) reference-vm
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest tests/compiler tests/runtime tests/samples tests/conformance tests/fuzz \
		tests/abuse tests/clarbuild/serve -k "not signal_handlers and not keyboard_interrupt"
	$(BIN)/coverage combine
	$(BIN)/coverage report
	$(BIN)/coverage json -q -o .coverage.json
	$(BIN)/python tests/covered.py .coverage.json --least 95

conformance: $(STAMP)
	$(BIN)/python tests/conformance/ratchet.py $(SHARED)/corpus

crosscheck: $(STAMP) reference-vm
	$(BIN)/pytest tests/runtime/crosscheck -s

# Hours of it: `make campaign SEED=7 CAMPAIGN='--near-miss 1000'` for less.
SEED ?= 1
CAMPAIGN ?= --expressions 200000 --programs 20000 --transactions 20000 --near-miss 50000
campaign: $(STAMP) reference-vm
	$(BIN)/python -m runtime.crosscheck --seed $(SEED) $(CAMPAIGN) --json campaign-$(SEED).json

# Builds and their cache under faults, in the long forms; `make test` has short ones. Each says what
# it did and its seed: make faults-kill KILLS=50 FAULT_SEED=7. They wait for the disk more than for
# the processor, unless it is none: make faults FAULT_FOLDER=/dev/shm
KILLS ?= 300
PROCESS_ROUNDS ?= 50
FAULT_ROUNDS ?= 5000
FAULT_SEED ?=
FAULT_FOLDER ?=
FAULTS = env $(if $(FAULT_SEED),CLARBUILD_FAULT_SEED=$(FAULT_SEED)) \
	$(if $(FAULT_FOLDER),TMPDIR=$(FAULT_FOLDER)) $(1) $(BIN)/pytest -rA \
	-o faulthandler_timeout=0 -o tmp_path_retention_policy=failed -p no:cacheprovider

faults: faults-kill faults-processes faults-damage faults-planted faults-machine

# kill -9 at random moments of builds, and of writers of the cache
faults-kill: $(STAMP)
	$(call FAULTS,CLARBUILD_KILLS=$(KILLS)) tests/clarbuild/test_faults.py tests/cache/test_cache_faults.py -k killed

# eight builds at once, of projects that overlap
faults-processes: $(STAMP)
	$(call FAULTS,CLARBUILD_PROCESS_ROUNDS=$(PROCESS_ROUNDS)) tests/clarbuild/test_faults.py \
		tests/cache/test_cache_faults.py -k "beside_each_other or many_processes"

# flipped, cut, swapped and deleted: all files of the cache, its database included
faults-damage: $(STAMP)
	$(call FAULTS,CLARBUILD_FAULT_ROUNDS=$(FAULT_ROUNDS)) tests/clarbuild/test_faults.py \
		tests/cache/test_cache_faults.py -k damage

# pickles in every column of the database, native code that this machine did not make
faults-planted: $(STAMP)
	$(call FAULTS,) tests/cache/test_cache_planted.py tests/cache/test_cache_disk.py \
		tests/clarbuild/test_faults.py -k "planted or native or pickle or row or care or diskcaches"

# a full disk, a read-only folder, a clock that goes backwards, two versions on one cache
faults-machine: $(STAMP)
	$(call FAULTS,) tests/clarbuild/test_faults.py tests/cache/test_cache_disk.py \
		-k "disk or read_only or clock or version or format or permission"

# kill -9 at random moments of a chain in a folder, of its store alone, with contracts, and forking
kills: $(STAMP)
	CLARBUILD_KILLS=$(KILLS) $(BIN)/pytest -rA -o faulthandler_timeout=0 -p no:cacheprovider \
		tests/runtime/kept/test_killed.py tests/runtime/kept/test_kept_forks.py \
		tests/runtime/stores/test_chain_folder.py -k kill

# The recorded logs on all three stores, each chain closed and opened again at random places:
# make splits SPLITS='mainnet --stores marf --restarts 40 --seed 7'
SPLITS ?=
splits: $(STAMP)
	$(BIN)/python -m tests.conformance.splits $(SHARED)/corpus $(SPLITS)

# The contracts of the recorded logs, and mutants of them, called with arguments of our own on both VMs:
# make random-calls RANDOM_CALLS='mainnet --epoch 4.0 --mutants 2 --rounds 2 --seed 7'
RANDOM_CALLS ?=
random-calls: $(STAMP) reference-vm
	$(BIN)/python -m tests.conformance.random_calls $(SHARED)/corpus $(RANDOM_CALLS)

$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,lint]'
	@touch $@

# Without Node or $(SHARED) there is nothing to compare with; tests that need it say so and skip.
reference-vm:
	@if command -v npm >/dev/null && test -d $(SHARED)/reference-vm; then \
		$(MAKE) --no-print-directory $(REFERENCE_STAMP); \
	else \
		echo "no npm or no $(SHARED)/reference-vm: tests against the interpreter are skipped"; \
	fi

$(REFERENCE_STAMP):
	mkdir -p $(REFERENCE_VM)
	cp $(SHARED)/reference-vm/package.json $(SHARED)/reference-vm/vm.mjs $(REFERENCE_VM)/
	cp -r $(SHARED)/reference-vm/chain $(REFERENCE_VM)/
	chmod -R u+w $(REFERENCE_VM)
	cd $(REFERENCE_VM) && npm install --no-audit --no-fund --loglevel=error
	@touch $@

clean:
	rm -rf $(VENV) $(REFERENCE_VM)
