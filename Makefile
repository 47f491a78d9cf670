# Everything in one environment of its own: .venv. The lock file says what exactly is installed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000

.PHONY: run test coverage test-postgresql lint security types bench shots translations clean

run: $(VENV)/.installed
	@$(BIN)/hoax-tracker demo --port $(PORT)

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n auto --dist loadfile

# The same, and which lines and branches it reached, also in the processes that tests start.
coverage: $(VENV)/.installed-dev
	rm -rf build/coverage
	mkdir -p build/coverage
	$(BIN)/coverage run -m pytest -n auto --dist loadfile
	$(BIN)/python -m tests.floor

# On a PostgreSQL of its own that is gone afterwards (postgresql-17 and postgresql-17-pgvector of Debian).
test-postgresql: $(VENV)/.installed-dev
	$(BIN)/python -m tests.services $(BIN)/python -m pytest -n auto --dist loadfile

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

security: $(VENV)/.installed-dev
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive hoax_tracker classifiers

types: $(VENV)/.installed-dev
	$(BIN)/mypy

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

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

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (PYTHON=…)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade pip

# setup.cfg decides: a change there installs again.
$(VENV)/.installed: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-dev: setup.cfg pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist *.egg-info .demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
