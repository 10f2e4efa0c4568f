# Both targets do all their own set-up on a machine with Python 3.11 and make.
PYTHON ?= python3
# The first import leaves bytecode behind, which halves every start after it.
export PYTHONDONTWRITEBYTECODE :=
BIN := .venv/bin
READY := .venv/.ready

# What the targets for a CI are given: a stack, the git revision to compare with, a preview by Pulumi, how to write it.
BASE ?= main
FORMAT ?= terminal
# A new stack has no earlier file to rehearse from; its preview is enough.
since = $(if $(PREVIEW),$(shell git cat-file -e '$(BASE):./Pulumi.$(stack).yaml' 2>&- && echo --from $(BASE)),--from $(BASE))
stack = $(or $(STACK),$(error which stack? make $(MAKECMDGOALS) STACK=prod-bj))

.PHONY: help rehearse test check lock clean ready changed-stacks impact comment preview deploy status

help: ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

rehearse: $(READY) ## play an upgrade of three real stacks on the embedded AWS
	$(BIN)/bluegreen rehearse

test: $(READY) ## run the tests
	$(BIN)/pytest --numprocesses auto -m "not traffic"
	$(BIN)/pytest -m traffic

check: $(READY) ## formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright

lock: $(READY) ## move the locked dependencies to their newest versions
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --extra dev --python-version 3.11 \
		--no-header --no-annotate --output-file requirements.lock pyproject.toml

clean: ## remove the environment
	rm -rf .venv

ready: $(READY) ## make the environment, and nothing else

changed-stacks: $(READY) ## the stacks that differ from BASE=main, one a line
	@$(BIN)/python -m rollout.changed $(BASE)

impact: $(READY) ## what the change of STACK since BASE=main does to traffic, rehearsed; or by a preview, PREVIEW=FILE
	$(if $(PREVIEW),,@$(BIN)/python -m rollout.changed $(BASE) --caveat)
	@$(BIN)/bluegreen impact $(stack) $(if $(PREVIEW),--preview $(PREVIEW)) $(if $(BASE),$(since)) --format $(FORMAT)

comment: $(READY) ## the impact of every stack that differs from BASE=main, as build/comment.md
	@rm -rf build/impact && mkdir -p build/impact
	@code=0; stacks=$$($(BIN)/python -m rollout.changed $(BASE)) || exit; \
	for stack in $$stacks; do \
		$(MAKE) -s impact STACK=$$stack FORMAT=markdown > build/impact/$$stack.md 2> build/impact/$$stack.err || code=1; \
	done; \
	$(BIN)/python -m rollout.comment build/impact $$stacks --link "$(LINK)" > build/comment.md; \
	exit $$code

preview: $(READY) ## Pulumi's preview of STACK, with the policies, as build/STACK.preview.json
	@mkdir -p build
	pulumi preview --stack $(stack) --non-interactive --policy-pack policies --json > build/$(stack).preview.json

# A preview that fails has its reason in its impact; nothing is applied either way.
deploy: $(READY) ## preview STACK, judge it, apply it unless that is blocked, and say how the stack stands
	@mkdir -p build/impact
	@failed=0; $(MAKE) preview || failed=1; \
	$(MAKE) -s impact BASE= PREVIEW=build/$(stack).preview.json FORMAT=markdown > build/impact/$(stack).md || failed=1; \
	cat build/impact/$(stack).md; \
	exit $$failed
	pulumi up --stack $(stack) --yes --skip-preview --non-interactive --policy-pack policies
	@$(MAKE) -s status LIVE=1

status: $(READY) ## how STACK stands, or the fleet; LIVE=1 asks the stacks, not only their files
	@$(BIN)/bluegreen status $(STACK) $(if $(LIVE),--live)

# The lock file carries hashes and no index, so any mirror of PyPI serves it.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $(READY)
