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

.PHONY: demo test lint bench bench-all bench-publish bench-compare conformance coverage crosscheck campaign reference-vm clean

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

# What the tree's calls take against those of a revision: make bench-compare REV=HEAD~1
REV ?= HEAD
bench-compare: $(STAMP)
	$(BIN)/python -m benchmarks.compare $(REV)

# Branches of compiler/ and runtime/ that the tests take. Signal handlers that raise leave the tracer's
# own lock taken, so the tests of interrupts stay out.
coverage: $(STAMP) reference-vm
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest tests/compiler tests/runtime tests/samples tests/conformance tests/fuzz \
		-k "not signal_handlers and not keyboard_interrupt"
	$(BIN)/coverage combine
	$(BIN)/coverage report

conformance: $(STAMP)
	$(BIN)/python tests/conformance/ratchet.py $(SHARED)/corpus

crosscheck: $(STAMP) reference-vm
	$(BIN)/pytest tests/runtime/crosscheck -s

# Hours of it: `make campaign SEED=7 CAMPAIGN='--near-miss 1000'` for less.
SEED ?= 1
CAMPAIGN ?= --expressions 200000 --programs 20000 --transactions 20000 --near-miss 50000
campaign: $(STAMP) reference-vm
	$(BIN)/python -m runtime.crosscheck --seed $(SEED) $(CAMPAIGN) --json campaign-$(SEED).json

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
