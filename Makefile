# All commands of the project. Each target does its own set-up: a virtual environment in .venv
# with the pinned requirements.
PYTHON ?= python3
BIN := .venv/bin
# Processes that serve, or that run the tests; each of these compiles the kernels once and takes a
# gigabyte.
WORKERS ?= 2
# Tests start dozens of programs, which need not compile the same modules each.
unexport PYTHONDONTWRITEBYTECODE
# Python compiles what it imports, and keeps it; pip would compile 16,000 modules first.
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --no-compile
# Where texts for the screen are written.
SOURCES := dashboard rnn_core streamlit_app.py

# Other interpreters that tox finds by itself only on the PATH.
PYTHONS := $(wildcard $(HOME)/.pyenv/versions/3.1[2-9]*/bin/python)

.PHONY: run serve test test-fast test-pythons cover test-faults check audit docs bench bench-browser bench-classroom bench-soak mutants reproduce screenshot pictures texts

run: .venv/app  ## serve the page
	$(BIN)/python -m streamlit run streamlit_app.py

serve: .venv/app  ## serve it in WORKERS processes behind HAProxy; ARGS="--port 8600"
	$(BIN)/python -m dashboard.serve --workers $(WORKERS) $(ARGS)

test: .venv/dev  ## all tests, those in a real browser included
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --durations 30 --ignore tests/e2e --ignore tests/faults/slow
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --durations 20 tests/e2e

test-fast: .venv/dev  ## the core and the plain modules of the dashboard, in a minute
	$(BIN)/python -m pytest --numprocesses $(WORKERS) -m fast tests/rnn_core tests/dashboard

test-pythons: .venv/dev  ## the same on Python 3.12 and 3.13, where they are; the first time takes minutes
	$(BIN)/tox run $(if $(PYTHONS),--discover $(PYTHONS))

cover: .venv/dev  ## how many of the core's lines and branches its tests take
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --cov rnn_core --cov-branch --cov-report term:skip-covered --cov-report json:.coverage.json tests/rnn_core
	$(BIN)/python -m tests.branches .coverage.json

test-faults: .venv/dev  ## slow: networks, sleep, disks and memory that fail, and random drives
	$(BIN)/python -m pytest tests/faults/slow
	$(BIN)/python -m tests.faults.random_driver
	$(BIN)/python -m tests.faults.browser_driver
	$(BIN)/python -m tests.faults.strangers
	for kind in link table log weights; do $(BIN)/python -m tests.faults.guided $$kind || exit 1; done

check: .venv/dev  ## format, lint, types and the arrows between packages, changing nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q tests/dashboard/app/test_language.py  # no text without translation

audit: .venv/dev  ## known vulnerabilities of what the app installs; needs the network
	$(BIN)/python .ci/audit.py

docs: .venv/dev  ## build the documentation into site/, with warnings as errors
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

bench: .venv/bench  ## print the figures of the training step beside the tutorial's and JAX's
	$(BIN)/python -m benchmarks.training_step
	$(BIN)/python -m benchmarks.threads_together
	$(BIN)/python -m benchmarks.start_up
	$(BIN)/python -m benchmarks.time_travel
	$(BIN)/python -m benchmarks.verdicts
	$(BIN)/python -m benchmarks.stated_levels
	$(BIN)/python -m benchmarks.fixed_points
	$(BIN)/python -m benchmarks.view_cost
	$(BIN)/python -m benchmarks.first_seed
	$(BIN)/python -m benchmarks.read_table
	$(BIN)/python -m benchmarks.sweeps

bench-browser: .venv/dev  ## print the figures of the live page in a real browser
	$(BIN)/python -m benchmarks.live_page
	$(BIN)/python -m benchmarks.own_data

bench-classroom: .venv/dev  ## print what 1, 10, 30 and 60 sessions get from one server, and what they leave; ARGS="--workers 2" through HAProxy
	$(BIN)/python -m benchmarks.classroom $(ARGS)
	$(BIN)/python -m benchmarks.neighbours
	$(BIN)/python -m benchmarks.abandoned
	$(BIN)/python -m benchmarks.memory

bench-soak: .venv/dev  ## an hour of visitors who come, play and leave; ARGS="--minutes 12" for less
	$(BIN)/python -m benchmarks.soak $(ARGS)

mutants: .venv/bench  ## how many small changes to the code the tests notice; ARGS="--area pages --count 80"
	$(BIN)/python -m tests.faults.mutants $(ARGS)

reproduce: .venv/dev  ## run published results again; ARGS=--quick for a rehearsal of seconds
	$(BIN)/python -m benchmarks.reproduce $(ARGS)

screenshot: .venv/dev  ## take the README's pictures anew
	$(BIN)/python -m docs.take_screenshot

pictures: .venv/dev  ## every page and state, into pictures/; ARGS="--compare OLD_DIR" says what changed
	$(BIN)/python -m docs.take_pictures $(ARGS)

texts: .venv/dev  ## add new and changed texts to the translations
	$(BIN)/pybabel extract --add-location file --sort-by-file --omit-header -k N_ -o .venv/dashboard.pot $(SOURCES)
	$(BIN)/pybabel update --no-fuzzy-matching --ignore-obsolete -i .venv/dashboard.pot -d dashboard/locale -D dashboard

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/app: .venv/python requirements.txt
	$(INSTALL) -r requirements.txt
	@touch $@

.venv/dev: .venv/python requirements.txt requirements-dev.txt
	$(INSTALL) -r requirements-dev.txt
	@touch $@

.venv/bench: .venv/python requirements.txt requirements-dev.txt requirements-bench.txt
	$(INSTALL) -r requirements-bench.txt
	@touch $@
