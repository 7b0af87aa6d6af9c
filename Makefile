# People, hooks and CI call these same targets; `make` alone lists them.

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
# The suite starts thousands of processes, and each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
# Two processes: the suite waits for real workers and browsers a good part of its time.
# Each gets whole files, whose tests share a site, and takes over from the other at last.
PYTEST := $(BIN)/python -m pytest
PARALLEL ?= -n 2 --dist worksteal
# Narrows any suite: make test T=tests/unit/exports
T ?=
# What mypy's Django plugin makes when it reads the settings does not belong in var/.
SCRATCH_VAR := BOOKBAG_VAR=$(VENV)/scratch-var

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:
.NOTPARALLEL:

##@ Start here

.PHONY: demo
demo: $(STAMP) ## load a sample course, export it, verify it, serve it until Ctrl-C (SERVE=0: stop after verifying)
	$(BIN)/bookbag demo $(if $(filter 0,$(SERVE)),--no-serve)

.PHONY: test
test: $(STAMP) ## run all tests; what needs a missing server or program is skipped with the reason
	$(PYTEST) $(PARALLEL) -m "not bench" $(or $(T),tests)

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":[^#]*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

##@ Set up

.PHONY: install
install: $(STAMP) ## make the virtual environment from the hash-pinned lock file

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Found no Python 3.11 or newer, expected one: install it or set PYTHON=..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
		rm -rf $(VENV); echo "Python's venv module does not work; on Debian: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

.PHONY: lock
lock: $(STAMP) ## refresh the lock file after a change of the dependencies
	$(BIN)/python -m uv pip compile pyproject.toml --quiet --group dev --generate-hashes --universal \
		--python-version 3.11 --no-header --no-annotate --no-strip-extras --output-file requirements.lock
	@! grep -n "://" requirements.lock || { echo "The lock file names an address, expected none" >&2; exit 1; }

##@ While writing

.PHONY: fmt
fmt: $(STAMP) ## format the code and make the safe fixes
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

.PHONY: lint
lint: $(STAMP) ## ruff, format check, spelling, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/djlint --quiet --lint src

.PHONY: types
types: $(STAMP) ## mypy --strict over src, tests and docs
	$(SCRATCH_VAR) $(BIN)/mypy

.PHONY: imports
imports: $(STAMP) ## the contracts between layers
	$(BIN)/lint-imports

.PHONY: migrations
migrations: $(STAMP) ## models and migrations agree; an empty and a previous database migrate
	$(PYTEST) -q tests/integration/test_migrations.py

.PHONY: docs
docs: $(STAMP) ## regenerate the generated pages; fail if they changed
	$(SCRATCH_VAR) $(BIN)/python docs/generate.py

##@ Suites

.PHONY: test-fast
test-fast: $(STAMP) ## the tests that are not slow and need no browser
	$(PYTEST) $(PARALLEL) -q -m "not slow and not bench and not browser" $(or $(T),tests)

# The tests of migrations have databases of both kinds of their own; what the others that
# are left out find has nothing to do with the database.
ONE_DATABASE := test_migrations.py canaries trees deliveries/test_killed.py deliveries/test_memory.py
.PHONY: test-postgres
test-postgres: export DATABASE_URL := $(or $(DATABASE_URL),$(BOOKBAG_TEST_POSTGRES_URL),postgresql://bookbag_test:bookbag_test@127.0.0.1:5432/postgres)
test-postgres: $(STAMP) ## the tests that use a database, on PostgreSQL (DATABASE_URL)
	$(PYTEST) $(PARALLEL) -q -m "not bench and not browser" $(or $(T),tests/integration tests/functional $(ONE_DATABASE:%=--ignore=tests/integration/%))

.PHONY: interop
interop: $(STAMP) ## other people's readers judge our files
	$(PYTEST) -m "not bench" $(or $(T),tests/interop)

.PHONY: bench
bench: $(STAMP) ## the measurements of docs/performance.md, side by side with other tools
	$(PYTEST) -m bench -s $(or $(T),tests/benchmarks)

.PHONY: simulate
simulate: $(STAMP) ## predict time and cost of one archive on several workers (ARGS="--students 20000 --workers 8")
	$(BIN)/python -m docs.simulate $(ARGS)

.PHONY: faults
faults: export BOOKBAG_FAULT_ROUNDS ?= 500
faults: $(STAMP) ## kill, freeze and starve real processes, many rounds
	$(PYTEST) -m faults $(or $(T),tests)

.PHONY: fuzz
fuzz: SECONDS := 60
fuzz: TARGETS := archive verifier documents course tables people names
fuzz: $(STAMP) ## fuzz the parsers with coverage as guide (SECONDS= each, TARGETS=)
	@for target in $(TARGETS); do \
		echo "== $$target"; $(BIN)/python -m tests.fuzzing $$target $(SECONDS) || exit 1; done

.PHONY: audit
audit: $(STAMP) ## what scans find in code and licences; then known vulnerabilities, which needs a network
	$(PYTEST) -q tests/architecture/test_scans.py
	@$(BIN)/uv tool run pip-audit --strict --disable-pip --require-hashes -r requirements.lock --progress-spinner off || { \
		echo "Found vulnerabilities, or reached nobody who knows of some (see above), expected neither" >&2; exit 1; }

.PHONY: smoke
smoke: $(STAMP) ## install the wheel without development packages and run each entry point
	.ci/smoke

##@ Before a commit, and in CI

.PHONY: check
check: lint types imports migrations docs test-fast ## what has to pass before a commit

.PHONY: ci
ci: lint types imports docs smoke test-postgres ## everything, with coverage; pytest's summary line comes last
	$(PYTEST) $(PARALLEL) -m "not bench" --durations=10 --cov --cov-report=term tests

.PHONY: clean
clean: ## remove what the targets made, but not var/
	rm -rf $(VENV) build dist htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
