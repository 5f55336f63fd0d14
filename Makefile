# `make` alone says what there is to make. All of it stays in this folder, and `make clean` removes it.

PYTHON ?= python3
VENV := .venv/bin

# The template validator takes seconds in each process; a test and the demonstration run it on purpose.
WITH_NODE = CDK_VALIDATION=false JSII_NODE="$$($(VENV)/python -m tools.node)"

# Pins with hashes, which hold for every Python and system we support, without a word on where they were found.
UV := uv==0.13.9
PIN := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url

# Hundreds of processes would each compile what they import, and pytest would rewrite all tests in each of its own.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup test lint types templates unit constructs helpers others integration soak demo benchmarks docs
.PHONY: docs-serve local-aws release format lock clean

help:
	@echo 'make demo          deploy app.py to a local AWS, send it messages, account for each of them'
	@echo 'make test          all checks: lint, types, templates, unit, integration (each is a target, too)'
	@echo 'make soak          the random tests at length, those of constructs with the whole of jsii, types of the tests'
	@echo 'make benchmarks    what the helpers cost and do, beside Powertools, and how fast the simulator is'
	@echo 'make docs          build the documentation site, build/docs/site (make docs-serve shows it)'
	@echo 'make local-aws     run a local AWS until Ctrl-C, for docs/start/first-hour.md'
	@echo 'make release       build sdist and wheel, and try them in fresh environments as docs/start/ says'
	@echo 'make format        put the code in form'
	@echo 'make setup         make what the others need, and do so themselves (PYTHON=python3.13 names a Python)'
	@echo 'make lock          choose and pin dependencies again (UPGRADE=--upgrade for the newest)'
	@echo 'make clean         remove all that was made'

setup:
	@$(PYTHON) -m tools.bootstrap

# All at once: the integration tests wait much of the time, and the others, which yield to them, fill it. Each target's
# output comes when it is done, as far as make can do that: 3.81, which macOS has, cannot.
test: setup lint
	@$(MAKE) --no-print-directory --jobs=5 $(if $(filter output-sync,$(.FEATURES)),--output-sync) integration templates unit

lint: setup
	$(VENV)/python -m tools.stubs --check
	$(VENV)/ruff check
	$(VENV)/ruff format --check

# The integration tests come first wherever both run.
types templates constructs helpers others: YIELD = nice -n 10

# What runs here anyway, tests and tools, says more when it runs than by its types; `make soak` reads those, too.
CHECKED = constructs runtime model simulator cli app.py examples tests/typing

types: setup
	$(YIELD) $(VENV)/python -m tools.node pyright $(CHECKED)

PYTEST = $(WITH_NODE) $(YIELD) $(VENV)/python -m pytest

# Each process has a local AWS of its own, so that tests stay together that share what they deploy. tests/conftest.py
# says which those are, and which files are begun first.
SPREAD = --dist loadfile --no-loadscope-reorder -n

LINTERS = tests/unit/constructs/test_linters.py

templates: types
	$(PYTEST) $(LINTERS)

# Three processes that know of each other only here: handing out 16,000 short tests one by one costs as much as many of
# them.
unit: constructs helpers others

constructs: setup
	$(PYTEST) tests/unit/constructs --ignore $(LINTERS)

helpers: setup
	$(PYTEST) tests/unit/runtime

others: setup
	$(PYTEST) tests/unit --ignore tests/unit/constructs --ignore tests/unit/runtime

# Most of the time they wait.
integration: setup
	$(PYTEST) tests/integration $(SPREAD) 4

soak: setup
	$(VENV)/python -m tools.node pyright
	HYPOTHESIS_PROFILE=soak $(PYTEST) tests/unit/constructs
	HYPOTHESIS_PROFILE=soak $(PYTEST) tests -m "random or soak" $(SPREAD) 2

demo: setup
	@$(VENV)/python -m tools.demo

benchmarks: setup
	@for file in benchmarks/*.py; do $(WITH_NODE) $(VENV)/python "$$file" && echo || exit 1; done

docs: setup
	$(VENV)/python -m tools.site

docs-serve: docs
	$(VENV)/python -m http.server --bind 127.0.0.1 --directory build/docs/site 8000

local-aws: setup
	@$(VENV)/python -m tools.local_aws

release: setup
	@$(VENV)/python -m tools.release

format: setup
	$(VENV)/python -m tools.stubs
	$(WITH_NODE) $(VENV)/python -m tools.reference
	$(WITH_NODE) $(VENV)/python -m tools.concepts
	$(VENV)/ruff check --fix
	$(VENV)/ruff format

lock: setup
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet $(UV)
	$(PIN) $(UPGRADE) requirements/dev.in --output-file requirements/dev.txt
	$(PIN) $(UPGRADE) requirements/ministack.in --output-file requirements/ministack.txt
	rm -rf .venv-lock
	$(VENV)/python -m tools.node npm install --package-lock-only

clean:
	rm -rf .venv .venv-ministack .venv-lock node_modules build cdk.out dist
	rm -rf .hypothesis .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
