# `make` alone says what there is to make. All of it stays in this folder, and `make clean` removes it.

PYTHON ?= python3
VENV := .venv/bin

# The template validator takes seconds in each process; a test and the demonstration run it on purpose.
WITH_NODE = CDK_VALIDATION=false JSII_NODE="$$($(VENV)/python -m tools.node)"

# Plain pins that hold for every Python and system we support, without a word on where they were found.
UV := uv==0.13.9
PIN := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--no-header --no-annotate --no-emit-index-url

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup test lint types unit integration demo benchmarks format lock clean

help:
	@echo 'make demo          deploy app.py to a local AWS, send it messages, account for each of them'
	@echo 'make test          all checks: lint, types, unit, integration (each is a target, too)'
	@echo 'make benchmarks    import time and time per message, against Powertools'
	@echo 'make format        put the code in form'
	@echo 'make setup         make what the others need, and do so themselves (PYTHON=python3.13 names a Python)'
	@echo 'make lock          choose and pin dependencies again (UPGRADE=--upgrade for the newest)'
	@echo 'make clean         remove all that was made'

setup:
	@$(PYTHON) -m tools.bootstrap

test: lint types unit integration

lint: setup
	$(VENV)/python -m tools.stubs --check
	$(VENV)/ruff check
	$(VENV)/ruff format --check

types: setup
	$(VENV)/python -m tools.node pyright

# Two processes, each with its own jsii; a file's tests stay together, since they share its templates.
unit: setup
	$(WITH_NODE) $(VENV)/python -m pytest -m 'not integration' -n 2 --dist loadfile

# Each process has a local AWS of its own; most of the time they wait for it.
integration: setup
	$(WITH_NODE) $(VENV)/python -m pytest -m integration -n 3 --dist loadfile

demo: setup
	@$(VENV)/python -m tools.demo

benchmarks: setup
	@for file in benchmarks/*.py; do $(WITH_NODE) $(VENV)/python "$$file" || exit 1; done

format: setup
	$(VENV)/python -m tools.stubs
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
