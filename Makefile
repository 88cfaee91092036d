# Everything sets itself up: a machine with python3 (3.11 or newer) is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What the demo needs is there quickly; where all is there already, that does
DEMO := $(if $(wildcard $(VENV)/.ready),$(VENV),.venv-demo)
ONCE ?=
PICTURES ?=
SERVE ?=
VERSION ?= latest
SITE ?= .artefacts/site
SPELLED := README.md docs asgi_mw examples
# Tests start hundreds of processes, which would all compile the package again
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test lint bench bench-servers soak fuzz matrix conformance pictures rules schemas
.PHONY: docs release-check clean

help:
	@echo "make demo         serve the example apps through every layer, with real traffic"
	@echo "make demo ONCE=1  drive the traffic once, print what was recorded, exit"
	@echo "make test         lint, type check and run all tests"
	@echo "make lint         ruff and mypy alone"
	@echo "make bench        measure the layers against their peers"
	@echo "make bench-servers  real servers under load, for docs/performance.md; needs wrk"
	@echo "make soak         load with a bound on memory, 2,000,000 exchanges past an open page,"
	@echo "                  and Starlette's own tests, checked"
	@echo "make fuzz         what strangers send, made up 20,000 times; each property many times over"
	@echo "make matrix       19 apps under 12 servers, with and without us, for docs/matrix.md;"
	@echo "                  11 frameworks under 5 servers, checked, for docs/findings.md"
	@echo "make conformance  what ASGI servers do wrong, for docs/conformance.md"
	@echo "make pictures     what ls, tail and show print, and the page, for docs/pictures"
	@echo "make release-check  wheel and sdist: built, installed with each extra, tried, and read by"
	@echo "                  four type checkers"
	@echo "make rules        every rule of ASGI, for docs/rules.md"
	@echo "make schemas      what each command prints with --json, for docs/json.md"
	@echo "make docs         the site of the docs; SERVE=1 serves it, VERSION=0.1 adds a release"

# An environment of its own: $(1) with the extra $(2), in about $(3)
define made
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "asgi_mw needs Python 3.11 or newer, and $(PYTHON) is" \
	       "$$($(PYTHON) --version 2>&1). Say which to use: make PYTHON=python3.12 $(MAKECMDGOALS)"; \
	  exit 1; }
	@echo "setting up $(1), which takes about $(3) ..."
	@$(PYTHON) -m venv $(1)
	@$(1)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[$(2)]'
	@touch $@
endef

$(VENV)/.ready: pyproject.toml
	$(call made,$(VENV),dev,five minutes)

.venv-demo/.ready: pyproject.toml
	$(call made,.venv-demo,demo,a minute)

demo: $(DEMO)/.ready
	@$(DEMO)/bin/asgi-mw demo $(if $(ONCE),--once)

lint: $(VENV)/.ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/codespell $(SPELLED)
	$(BIN)/mypy

test: lint
	@$(BIN)/python -m tests.system
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

bench:
	@$(PYTHON) tests/bench

bench-servers:
	@$(PYTHON) tests/bench servers --write

soak: $(VENV)/.ready
	@$(BIN)/python -m tests.system
	@$(BIN)/python -m tests.soak

fuzz: $(VENV)/.ready
	@$(BIN)/python -m tests.fuzz
	$(BIN)/python -m pytest -m hypothesis --hypothesis-profile deep --numprocesses auto --dist loadfile

matrix: $(VENV)/.ready
	@$(BIN)/python -m tests.matrix
	@$(BIN)/python -m tests.findings

pictures: $(VENV)/.ready
	@$(BIN)/python -m tests.pictures

rules: $(VENV)/.ready
	@$(BIN)/python -m tests.docs.rules_page

schemas: $(VENV)/.ready
	@$(BIN)/python -m tests.docs.schemas_page

docs: $(VENV)/.ready
	@$(BIN)/codespell $(SPELLED)
	@$(BIN)/python -m tests.site $(SITE) --version $(VERSION) $(if $(PICTURES),--pictures) $(if $(SERVE),--serve)

conformance: $(VENV)/.ready
	@$(BIN)/python -m tests.conformance

release-check:
	@$(PYTHON) tests/release

clean:
	rm -rf $(VENV) .venv-demo .venv-bench .venv-release .artefacts .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
