# One word, one task. Every task does its own set-up; all state is under .local (SPP_HOME moves it).
SCENARIO ?= births-2018
SIZE ?=
TESTS ?= tests
# Each process of the tests has a broker and a database server of its own; 0 runs them in one.
PROCESSES ?= 2
BIN := .venv/bin
SETUP = python=$$(PYTHON="$(PYTHON)" sh infra/setup/python.sh) && "$$python" infra/setup/environment.py

.DEFAULT_GOAL := help
.PHONY: help setup run test test-long test-faults faults mutate bench check format generate stop status reset clean lock environment environment-dev

help: ## List these tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' Makefile

setup: environment ## Install everything, start nothing
	@$(BIN)/spp setup

run: environment ## Publish a real scenario and compare with the published figures (SCENARIO=births-2018 SIZE=small|medium|full)
	@$(BIN)/spp run $(SCENARIO) $(if $(SIZE),--size $(SIZE))

test: environment-dev ## Run the tests on real Kafka and PostgreSQL (TESTS=tests/unit for some)
	@$(BIN)/spp setup
	@$(BIN)/python -m pytest --numprocesses $(PROCESSES) --dist loadfile --durations 15 -m "not long" $(TESTS)

test-long: environment-dev ## Run the tests that take minutes
	@$(BIN)/spp setup
	@$(BIN)/python -m pytest -m long $(TESTS)
	@HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest --timeout 3600 tests/properties

test-faults: environment-dev ## Run 1,000 crash schedules against the write path (FAULTS="--seed 4711" for one again)
	@$(BIN)/python -m tests.faults $(FAULTS)

faults: environment ## Kill, cut and fill the real stack under load and count (FAULTS="--only kafka-kill" for one row)
	@$(BIN)/python -m infra.faults $(FAULTS)

mutate: environment-dev ## Mutate the rules and write docs/mutation.md (MUTATE="core --again" for a part, what was not killed)
	@$(BIN)/python -m infra.mutation $(MUTATE)

bench: environment ## Measure speed on servers of its own (BENCH="--waves 1" for the full path alone, BENCH=--write for docs/bench.md)
	@$(BIN)/python -m infra.bench $(BENCH)

check: environment-dev ## Run the gates: format, lint, types, imports, generated files, links
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m events.schemas --check
	$(BIN)/python -m pipeline.metrics --check
	$(BIN)/python infra/setup/links.py

format: environment-dev ## Format the code and mend what lint can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

generate: environment-dev ## Write the generated files anew: schemas, AsyncAPI, examples, vectors, metrics page
	$(BIN)/python -m events.schemas
	$(BIN)/python -m pipeline.metrics

status: environment ## Show what runs, and where
	@$(BIN)/spp status

stop: ## Stop what was started
	@if [ -x $(BIN)/spp ]; then $(BIN)/spp down; else echo "Nothing is installed, so nothing runs."; fi

reset: environment ## Stop, and remove all local data (asks first)
	@$(BIN)/spp reset

clean: stop ## Stop, and remove .venv, .local and all caches
	rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock: environment-dev ## Resolve all versions anew and write the lock files
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python infra/setup/lock.py

environment:
	@$(SETUP)

environment-dev:
	@$(SETUP) --dev
