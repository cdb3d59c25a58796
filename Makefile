# `make run` and `make test` are all a fresh machine needs: Python (>= 3.11) and make.
# `python3` if it will do, else the newest that will: on many machines `python3` is older than what else is installed.
SUITABLE := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c '$(SUITABLE)' >/dev/null 2>&1 && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SCENARIOS := w1 w2 w2_no_push w3 w4 w5 ci churn

.PHONY: run matrix test mutants mutants-page mutate measured-check lint bench setup docs docs-check notebooks lock format clean

run: setup
	$(BIN)/parley check $(SCENARIOS) --out out

test: setup docs-check
	$(BIN)/python -m pytest -n auto
	$(MAKE) --no-print-directory mutants
	$(MAKE) --no-print-directory notebooks

# Every property can fail: each mutant is caught by the property that it names, and the reference is not.
mutants: setup
	$(BIN)/parley mutants --out out/mutants

# Their page, with shrunk plans. A few minutes.
mutants-page: setup
	$(BIN)/parley mutants --seconds --shrink --out out/mutants --result parley/measured/mutants.json
	$(BIN)/python -m tools.mutants

notebooks: setup
	$(BIN)/python -m pytest --nbmake --nbmake-timeout=300 -n auto -p no:cacheprovider -o filterwarnings= notebooks

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy tests
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# What Parley costs, next to a base revision: `make bench BASE=REV`, or else the commit in benchmarks/base. Fails if something
# costs more than there. Some minutes.
bench: setup
	$(BIN)/python -m benchmarks $(if $(BASE),--base $(BASE))
	$(BIN)/python -m benchmarks.verify

# Other simulators, for `make bench` to compare with: in an environment of their own, of a new Python, which they need. Optional.
.PHONY: peers
peers:
	for python in python3.14 python3.13 $$(ls -rv $$HOME/.pyenv/versions/3.*/bin/python3 2>/dev/null) $(PYTHON); do \
		$$python -c '' 2>/dev/null && break; done; \
		$$python -m venv .venvs/peers
	for each in simpy simloop happysim; do \
		.venvs/peers/bin/python -m pip install --quiet --disable-pip-version-check $$each || echo "$$each: not installed"; done

PAGES := decisions device properties faults history judging lifecycle coverage mutants checkers searches variants minima saturation
docs: setup
	for page in $(PAGES); do $(BIN)/python -m tools.$$page || exit 1; done

docs-check: setup
	for page in $(PAGES); do $(BIN)/python -m tools.$$page --check || exit 1; done

# Every sequencer × every fan-out strategy × three sizes of conversation, 300 seeds each. About a quarter of an hour.
PROTOCOLS := $(foreach s,reference leased optimistic,$(foreach f,hybrid on-write on-read,$(s)+$(f)))
matrix: setup
	mkdir -p out/matrix
	for protocol in $(subst reference+,,$(subst +hybrid,,$(PROTOCOLS))); do \
		$(BIN)/parley check matrix_direct matrix_small matrix_large --protocol $$protocol --out out/matrix/$$protocol \
			> out/matrix/$$protocol.txt; code=$$?; tail -2 out/matrix/$$protocol.txt; [ $$code = 0 ] || exit $$code; \
	done

# What takes long to measure is of the code as it is: to be seen before a version is given out.
measured-check: docs-check
	$(BIN)/python -m tools.checkers --stale

# Flips one condition of the checkers at a time, and runs tests/properties on each: a quarter of an hour on two cores. MODULES="cursors reading" chooses, MODULES=stale takes what changed.
mutate: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-mutate.txt
	nice -n 15 $(BIN)/python -m tools.mutate $(MODULES)

setup: $(READY)

$(READY): requirements.lock pyproject.toml setup.py
	@$(or $(PYTHON),false) -c '$(SUITABLE)' || \
		{ echo "Parley needs Python 3.11 or newer; name one with 'make PYTHON=/path/to/python3'"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q faults model parley properties reports sim
	@touch $(READY)

# Needs uv. Writes exact versions with hashes, for every Python and platform, and names no host.
lock:
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 \
		--extra dev pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 \
		tools/core.in -o requirements-core.lock

clean:
	rm -rf $(VENV) .venvs out build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Ten thousand mutated files of each kind: scenarios, plans, histories, variants. A quarter of an hour on two cores.
# Files of which anything bad comes are kept in tests/cases/found, which the tests try again. ARGUMENTS="--seed 2" makes others.
.PHONY: fuzz
fuzz: setup
	PYTHONPATH=tests $(BIN)/python -m fuzzing 10000 $(ARGUMENTS)
