# One entry to everything: `make help` lists the targets.
#
# Set-up is remembered in .venv by files whose names carry a checksum of what they were made from.
# So a second call is quick, and a changed pyproject.toml, lock, Python or folder installs again.

PYTHON ?= python3
# The oldest Python that we support comes first: its versions bind the others.
LOCK_PYTHONS ?= python3.11 python3.12 python3.13
PROFILE ?= quick
# Two processes, or more on a bigger machine.
TEST_JOBS ?= logical

# Each test worker, kernel and command would compile the whole package again; `make clean` removes what is kept.
unexport PYTHONDONTWRITEBYTECODE

SHELL := /bin/sh
BIN := .venv/bin
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
STRIP := --extra-keys "metadata.papermill cell.metadata.papermill metadata.language_info.version"
# Tests of one file share their worker, so that a costly fixture is made once.
PYTEST := $(BIN)/python -m pytest -n $(TEST_JOBS) --dist loadfile

checksum = $(shell { $(1); } 2>&1 | cksum | cut -d' ' -f1)
PLACE := $(call checksum,pwd; $(PYTHON) -VV)
NEEDS := $(call checksum,cat pyproject.toml requirements.lock)
VENV := .venv/made-$(PLACE)
LAB := .venv/lab-$(PLACE)-$(NEEDS)
DEV := .venv/dev-$(PLACE)-$(NEEDS)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two installs into one .venv at the same time would spoil it.
.NOTPARALLEL:
.PHONY: help lab test test-slow test-soak test-all lint format types notebooks-check notebooks-clean docs \
	docs-check bench doctor hooks lock clean clean-all

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## Main targets

lab: $(LAB) ## set up, run every notebook (PROFILE=quick) and say where the report is
	$(BIN)/alyslab run --profile $(PROFILE)

test: $(DEV) ## set up and run the quick tests
	$(PYTEST)

test-slow: $(DEV) ## run the slow lanes only: whole notebooks, hundreds of seeds, the docs' commands
	$(PYTEST) -m "slow and not soak"

test-soak: $(DEV) ## run what takes a machine an hour or more: each harness' 2,000 seeds, every search again
	$(PYTEST) -m soak

test-all: test test-slow test-soak ## run the quick tests, then the slow lanes, then the soak

## Checks

lint: $(DEV) ## check style and format, notebooks too, and look for what a simulation can't intercept
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/alyslab lint alyslab/runtime alyslab/model alyslab/checkers alyslab/harnesses alyslab/chaos notebooks

format: $(DEV) ## put style and format right where a tool can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(DEV) ## check the types of the package (mypy, strict)
	$(BIN)/mypy

notebooks-check: $(DEV) ## fail if a notebook carries outputs or traces of a run
	@test -n "$(NOTEBOOKS)" || { echo "no notebook in notebooks/" >&2; exit 1; }
	$(BIN)/nbstripout --verify $(STRIP) $(NOTEBOOKS)

notebooks-clean: $(DEV) ## strip outputs and traces of runs from the notebooks
	@test -n "$(NOTEBOOKS)" || { echo "no notebook in notebooks/" >&2; exit 1; }
	$(BIN)/nbstripout $(STRIP) $(NOTEBOOKS)

docs: $(DEV) ## write the pages that are generated (docs/configuration.md, faults.md, properties.md)
	$(BIN)/alyslab config --reference > docs/configuration.md.new
	mv docs/configuration.md.new docs/configuration.md
	$(BIN)/alyslab chaos reference --hunts docs/hunts.json --blind docs/blind.json > docs/faults.md.new
	mv docs/faults.md.new docs/faults.md
	$(BIN)/alyslab property reference > docs/properties.md.new
	mv docs/properties.md.new docs/properties.md

docs-check: $(DEV) ## check the docs: generated pages, links, commands, code
	$(BIN)/alyslab config --reference | diff -u docs/configuration.md -
	$(BIN)/alyslab chaos reference --hunts docs/hunts.json --blind docs/blind.json | diff -u docs/faults.md -
	$(BIN)/alyslab property reference | diff -u docs/properties.md -
	$(BIN)/python -m pytest tests/test_docs.py

## Tools

bench: $(DEV) ## measure the runtime against stock asyncio and detangle
	$(BIN)/alyslab bench

doctor: $(LAB) ## say what this machine can and cannot run
	$(BIN)/alyslab doctor

hooks: $(DEV) ## check every commit with pre-commit from now on
	$(BIN)/pre-commit install

lock: ## write requirements.lock anew, with the newest versions that suit every Python
	.ci/lock $(LOCK_PYTHONS)

clean: ## remove caches and build leftovers; runs and .venv stay
	rm -rf build dist alyslab.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

clean-all: clean ## remove .venv too
	rm -rf .venv

## Set-up (no need to call these)

$(VENV):
	@.ci/check-python $(PYTHON)
	$(PYTHON) -m venv --clear .venv
	@touch $@

$(LAB): $(VENV)
	@echo "Installing into .venv; the first time takes a minute or two."
	$(BIN)/python -m pip install -qq --disable-pip-version-check --constraint requirements.lock --editable .
	@rm -f .venv/lab-* && touch $@

$(DEV): $(VENV)
	@echo "Installing into .venv, tools for developing too; the first time takes a minute or two."
	$(BIN)/python -m pip install -qq --disable-pip-version-check --constraint requirements.lock --editable '.[dev]'
	@rm -f .venv/lab-* .venv/dev-* && touch $@ $(LAB)
