# The two commands a newcomer needs are `make run` and `make test`.

.PHONY: run test check fmt bench packages clean-data help

help: ## say what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## install what is missing, build, and start the platform with a first box
	@scripts/run.sh

test: ## everything: lints, unit, API, real boxes, browser
	@scripts/test.sh

check: ## the cheap part of `make test`: tidy, format, clippy, unit tests
	@scripts/check.sh

bench: ## print speed and size as ratios against named peers
	@bench/run.sh

packages: ## install the Debian packages that run and test need
	@scripts/packages.sh run build test

fmt: ## format the code
	@cargo fmt --all
