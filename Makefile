# Everything in one environment of its own: .venv. requirements/ says what exactly is installed, with hashes. On a platform
# that a locked package has no wheel for: `make LOCK= run` takes what setup.cfg allows.
PYTHON ?= python3
LOCK ?= requirements
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000

.PHONY: run test test-changed test-all test-rest test-long test-failed test-costs test-postgresql test-lowest coverage lint types bench bench-postgresql pages shots translations lock sbom clean

run: $(VENV)/.installed
	@$(BIN)/hoax-tracker demo --port $(PORT)

# Which tests, by their marks (pyproject.toml): QUICK is `make test`, QUICK and REST together are `make test-all`, LONG is
# for now and then. REST has also what the last run, perhaps on another machine, skipped because it lacked something
# (tests/untried.py). PART=review takes one folder of them. RETRY=1 tries what failed once more, alone (tests/retry.py);
# COVERAGE=1 notes which lines they reach, `make coverage` adds that up. Bytecode is kept, whatever the environment says:
# every process that a test starts would compile everything anew.
QUICK := not (slow or training or long)
REST := (slow or training or untried) and not long
PART =
export PYTHONDONTWRITEBYTECODE :=
RUNNER = $(if $(COVERAGE),coverage run,python) -m $(if $(RETRY),tests.retry,pytest) -n auto --dist $(if $(PART),load,loadfile)
PYTEST = $(BIN)/$(RUNNER) $(PART:%=tests/%)

test: $(VENV)/.installed-dev | build/coverage
	$(PYTEST) -m "$(QUICK)"

# What the change at hand can reach (tests/changed.py): what is not committed, or the last commit; SINCE=main from there on.
SINCE =
test-changed: $(VENV)/.installed-dev | build/coverage
	$(BIN)/python -m tests.changed $(SINCE) > build/changed.txt
	$(BIN)/$(RUNNER) -m "$(QUICK)" @build/changed.txt

test-all: $(VENV)/.installed-dev | build/coverage
	$(PYTEST) -m "not long"

test-rest: $(VENV)/.installed-dev | build/coverage
	$(PYTEST) -m "$(REST)"

# Fifty kills, installs on other Pythons, and 20,000 examples of each property.
test-long: $(VENV)/.installed-dev
	$(PYTEST) -m long
	$(PYTEST) -m hypothesis --hypothesis-profile=many

test-failed: $(VENV)/.installed-dev
	$(PYTEST) --last-failed --last-failed-no-failures none || test $$? -eq 5  # 5: nothing failed last

# Processor seconds, seconds and name of each test, the costliest first.
test-costs: $(VENV)/.installed-dev | build/coverage
	rm -f build/test-costs.tsv
	TEST_COSTS=1 $(PYTEST) -m "not long"; sort -rn -o build/test-costs.tsv build/test-costs.tsv
	head -40 build/test-costs.tsv

# Adds up what runs with COVERAGE=1 have noted, and holds it to a floor.
coverage: $(VENV)/.installed-dev
	$(BIN)/python -m tests.floor

build/coverage:
	mkdir -p $@

# On a PostgreSQL of its own that is gone afterwards (postgresql-17 of Debian). With STATEMENTS=1, and after tests on SQLite
# with it, only what asks PostgreSQL something that few other tests ask (tests/statements.py).
test-postgresql: $(VENV)/.installed-dev
	$(BIN)/python -m tests.services $(PYTEST) -m "not (browser or long)"

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

# Lighthouse and the Nu HTML checker on every kind of public page; both come from npm into build/npm.
pages: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks pages

bench-postgresql: $(VENV)/.installed-dev
	$(BIN)/python -m tests.services $(BIN)/python -m benchmarks pipeline web

shots: $(VENV)/.installed-dev
	$(BIN)/python docs/shots.py

# Collects what the code and the templates say, adds it to the English catalogue, and compiles that. What is new there
# is empty until somebody writes its English; tests/test_translations.py names it.
WORDS := hoax_tracker/translations
translations: $(VENV)/.installed-dev
	@mkdir -p build
	$(BIN)/pybabel -q extract -F $(WORDS)/babel.cfg -k _l -k lazy_gettext -k lazy_pgettext:1c,2 \
		--no-location --project hoax-tracker -o build/messages.pot hoax_tracker templates
	$(BIN)/pybabel -q update -i build/messages.pot -d $(WORDS) -l en \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	$(BIN)/pybabel -q compile -d $(WORDS)

PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check
WHEELS := --only-binary :all: --no-binary flask-principal,jstyleson
define install_locked
$(PIP) install $(2) --require-hashes $(WHEELS) --no-deps --requirement $(LOCK)/$(1).txt
$(PIP) install $(2) --no-deps --no-build-isolation --editable .
endef

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (PYTHON=…)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A change of the lock or of setup.cfg installs again. The demo compiles what it imports, less than what is installed.
$(VENV)/.installed: setup.cfg pyproject.toml $(wildcard $(LOCK)/run.txt) | $(VENV)/bin/python
	$(if $(LOCK),$(call install_locked,run,--no-compile),$(PIP) install --editable .)
	@touch $@

$(VENV)/.installed-dev: setup.cfg pyproject.toml $(wildcard $(LOCK)/dev.txt) | $(VENV)/bin/python
	$(if $(LOCK),$(call install_locked,dev),$(PIP) install --editable '.[dev]')
	@touch $@ $(VENV)/.installed

# What setup.cfg asks for, resolved for every Python and platform it allows; versions stay as they are where they can.
# `make lock UPGRADE=--upgrade` takes the newest. setuptools is in it because it builds the project itself.
UV := build/uv/bin/uv
LOCKED = echo 'setuptools>=68' | $(UV) pip compile --quiet --no-config --native-tls --universal \
	--python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' \
	--extra postgresql --extra redis $(UPGRADE) setup.cfg -
lock: $(UV)
	@mkdir -p requirements
	$(LOCKED) --extra dev --output-file requirements/dev.txt
	$(LOCKED) --constraint requirements/dev.txt --output-file requirements/run.txt

# What runs, by name, version and digest, as other programs read it (CycloneDX).
sbom: | build/coverage
	$(PYTHON) requirements/sbom.py > build/sbom.cdx.json

$(UV):
	$(PYTHON) -m venv build/uv
	build/uv/bin/pip install --quiet --disable-pip-version-check uv

# The lower bounds of setup.cfg, in an environment of their own: do they hold?
test-lowest: $(UV)
	$(UV) venv --quiet --clear --no-config --python $(PYTHON) build/lowest
	$(UV) pip install --quiet --no-config --native-tls --python build/lowest --resolution lowest-direct \
		--editable '.[redis,dev]'
	build/lowest/bin/python -m pytest -n auto --dist loadfile -m "$(QUICK) and not browser"

clean:
	rm -rf $(VENV) build dist *.egg-info .demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
