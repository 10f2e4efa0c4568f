# Both targets do all their own set-up on a machine with Python 3.11 and make.
PYTHON ?= python3
# The first import leaves bytecode behind, which halves every start after it.
export PYTHONDONTWRITEBYTECODE :=
BIN := .venv/bin
READY := .venv/.ready

# What the targets for a CI are given: a stack, the git revision to compare with, a preview by Pulumi, how to write it.
BASE ?= main
FORMAT ?= terminal
stack = $(or $(STACK),$(error which stack? make $(MAKECMDGOALS) STACK=prod-bj))

.PHONY: help bench docs rehearse prove test check audit iam lock clean ready changed-stacks impact comment preview deploy status schema

help: ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

rehearse: $(READY) ## play an upgrade of three real stacks on the embedded AWS
	$(BIN)/bluegreen rehearse

prove: $(READY) ## kill, refuse and surprise the program at every AWS call that it makes; QUICK=1 at some of them
	$(BIN)/bluegreen prove $(if $(QUICK),--quick) --json reports/prove.json

test: $(READY) ## run the tests
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder -m "not traffic"
	$(BIN)/pytest -m traffic

check: $(READY) ## formatting, lint and types, of the workflows too
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/zizmor --offline --quiet .github

audit: $(READY) ## look the locked dependencies up in the database of known vulnerabilities, osv.dev
	$(BIN)/pip-audit --vulnerability-service osv --require-hashes --disable-pip --requirement requirements.lock

iam: $(READY) ## write the IAM policies in docs/iam from the calls that rehearsals make
	$(BIN)/python -m rehearsal.iam docs/iam

bench: $(READY) ## measure what the tool costs and how that grows, as bench/*.md: twenty minutes, on a quiet machine
	$(BIN)/python -m bench.chain
	$(BIN)/python -m bench.growth

docs: $(READY) ## the site of docs/ as build/site, with its references written anew from the code
	$(BIN)/python -m docs.reference
	$(BIN)/zensical build --strict

lock: $(READY) ## move the locked dependencies to their newest versions
	$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --extra dev --python-version 3.11 \
		--no-header --no-annotate --output-file requirements.lock pyproject.toml

schema: $(READY) ## write the Pulumi package's schema anew, after a change of what its components take or give
	$(BIN)/python -m package.schema > package/schema.json

clean: ## remove the environment
	rm -rf .venv

ready: $(READY) ## make the environment, and nothing else

changed-stacks: $(READY) ## the stacks that differ from BASE=main, one a line
	@$(BIN)/python -m rollout.changed $(BASE)

impact: $(READY) ## what the change of STACK since BASE=main does to traffic, rehearsed; or by a preview, PREVIEW=FILE
	$(if $(PREVIEW),,@$(BIN)/python -m rollout.changed $(BASE) --caveat)
	@$(BIN)/bluegreen impact $(stack) $(if $(PREVIEW),--preview $(PREVIEW)) $(if $(BASE),--from $(BASE)) --format $(FORMAT)

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
