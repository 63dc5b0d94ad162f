# The front door. Every target sets up what it needs in .venv, in this clone and nowhere else.
# Words for the command behind a target go in ARGS:  make demo ARGS="--json --data-dir /tmp/habeas"

MAKEFLAGS += --no-print-directory
# Every process of the stack and of the tests reads the same modules: compiled once, wherever a shell says otherwise.
export PYTHONDONTWRITEBYTECODE :=
BIN := .venv/bin
READY := .venv/ready
# The whole suite in two processes more than there are cores, for they wait much; what is picked with ARGS in one. Four
# servers each: not more than four.
SHARED_OUT := -n $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 2 ? 3 : 4))) --dist loadfile

# Strict: a link that leads nowhere, a page that no list names, or anything that a browser would load from elsewhere is an error.
SITE := $(BIN)/sphinx-build --quiet --nitpicky --fail-on-warning --keep-going --fresh-env --write-all \
	--conf-dir docs/site --doctree-dir build/site.read . build/site

.PHONY: help demo up test mutants fingerprints check chaos bench format guarantees faults lock screenshots docs
.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo '  ARGS="..." hands words on:  make demo ARGS=--json   make test ARGS="-k mailbox"'

demo: $(READY) ## Carry out real requests on the embedded stack, show what happened, stop
	@$(BIN)/habeas demo $(ARGS)

up: $(READY) ## Start the embedded stack and leave it running, to try it (Ctrl-C stops it)
	@$(BIN)/habeas up $(ARGS)

test: $(READY) ## Run every test, several at once
	@$(BIN)/pytest $(or $(ARGS),$(SHARED_OUT))

mutants: $(READY) ## See that the tests find faults in the code that holds each guarantee
	@$(BIN)/python -m tests.guarantees.mutants $(ARGS)

fingerprints: $(READY) ## Write down anew what workflows command, once you have read why it changed (ARGS="NAME ...")
	@$(BIN)/python -m tests.replay.stories --commands $(ARGS)

check: $(READY) ## Lint, format, types, the import rule, the documents' links
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(SITE)

chaos: $(READY) ## Carry out requests while everything fails at random, and account for all of it (ARGS="--minutes 10")
	@$(BIN)/python -m tests.chaos $(ARGS)

bench: $(READY) ## Measure it beside its floor, on this machine (half an hour; ARGS=--quick for a look)
	@$(BIN)/habeas bench $(ARGS)

format: $(READY) ## Put every file in its format
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format

guarantees: $(READY) ## Make docs/guarantees.md from the tables of the tests
	@$(BIN)/python -m docs.guarantees

faults: $(READY) ## Make docs/faults.md from the table of the tests
	@$(BIN)/python -m docs.faults

screenshots: $(READY) ## Take the pictures of every page for the docs anew (needs Chromium)
	@$(BIN)/python -m docs.screenshots

docs: $(READY) ## Build the documentation as a site, in build/site; a broken link stops it
	@$(SITE)
	@echo "build/site/index.html"

lock: $(READY) ## Take the newest versions that pyproject.toml allows, and write requirements.lock
	@.ci/setup --newest

$(READY): pyproject.toml requirements.lock
	@.ci/setup
