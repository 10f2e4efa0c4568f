# Both targets do all their own set-up on a machine with Python 3.11 and make.
PYTHON ?= python3
# The first import leaves bytecode behind, which halves every start after it.
export PYTHONDONTWRITEBYTECODE :=
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help rehearse test check lock clean

help: ## say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

rehearse: $(READY) ## play an upgrade of three real stacks on the embedded AWS
	$(BIN)/bluegreen rehearse

test: $(READY) ## run the tests
	$(BIN)/pytest

check: $(READY) ## formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright

lock: $(READY) ## move the locked dependencies to their newest versions
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --extra dev --python-version 3.11 \
		--no-header --no-annotate --output-file requirements.lock pyproject.toml

clean: ## remove the environment
	rm -rf .venv

# The lock file carries hashes and no index, so any mirror of PyPI serves it.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $(READY)
