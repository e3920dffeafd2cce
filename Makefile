# Thin calls into scripts/. `make demo` and `make test` do everything on a fresh Debian 12 with Swift, git and make.

export DEMO_SECONDS ?= 30
export KAFKA_HOME
# The crash reporter of the Swift runtime can hang under a test runner; the signal alone says enough.
export SWIFT_BACKTRACE := enable=no

.PHONY: help demo test build lint format bench setup clean

help: ## What there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: ## Install, build, run everything for DEMO_SECONDS (0: until Ctrl-C); on a real Apache Kafka with KAFKA_HOME set
	@scripts/setup
	@swift build -c release --product stockstream
	@exec .build/release/stockstream dev

test: ## Install, build, lint, run all tests; those on a real Apache Kafka with KAFKA_HOME set
	@scripts/test

build: ## Install, build the release
	@scripts/setup
	@swift build -c release --product stockstream

lint: ## Check layout and style
	@scripts/lint

format: ## Mend the layout
	@scripts/lint --fix

bench: ## Short benchmarks, beside what they are compared with; KAFKA_HOME names an Apache Kafka
	@scripts/setup --benchmarks
	@benchmarks/run --quick

setup: ## Install what is missing
	@scripts/setup

clean: ## Remove what was built
	@rm -rf .build benchmarks/.build
