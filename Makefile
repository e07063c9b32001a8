# `make train` and `make test` are each sufficient on a fresh machine: they install what is missing, build, and run.
# `make` alone says what there is.

SWIFT ?= swift
# What is tested is what ships, so everything is built with optimisation. Tests use no @testable, so one build serves
# `lockstep` and its tests.
CONFIGURATION := release
BUILD := $(SWIFT) build --configuration $(CONFIGURATION)
LOCKSTEP := .build/$(CONFIGURATION)/lockstep
FORMATTED := $(wildcard Package.swift Sources Tests Examples Benchmarks)
FORMAT := $(SWIFT) format
SCRIPTS := $(wildcard .ci/run deploy/*.sh scripts/*.sh)

.PHONY: help train test fuzz chaos sanitize bench build dist format lint generate clean
.DEFAULT_GOAL := help

help: ## say what there is (this text)
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

train: ## train on Fashion-MNIST with a coordinator and two workers; options: make train ARGS="--epochs 3"
	@deploy/setup.sh train
	$(BUILD) --product lockstep
	$(LOCKSTEP) train --workers 2 $(ARGS)

test: ## run every test; options of `swift test`: make test ARGS="--filter LockstepWireTests"
	@deploy/setup.sh test
	$(BUILD) --build-tests
	@for script in $(wildcard scripts/test-*.sh); do $$script || exit; done
	$(SWIFT) test --configuration $(CONFIGURATION) --skip-build --disable-xctest $(ARGS)

fuzz: ## give every decoder bad bytes; options: make fuzz ARGS="--inputs 10000000 --seed 7"
	@deploy/setup.sh build
	$(BUILD) --product fuzz
	.build/$(CONFIGURATION)/fuzz $(or $(ARGS),--inputs 1000000)

chaos: ## train while workers and coordinators are killed and frozen; options: make chaos ARGS="500 SEED"
	@deploy/setup.sh build
	$(BUILD) --product lockstep
	scripts/chaos.sh $(ARGS)

sanitize: ## test cluster and transports under the thread and address sanitizers; ARGS=thread for one of them
	@deploy/setup.sh test
	scripts/sanitize.sh $(ARGS)

bench: ## measure speed, next to PyTorch where there is one; options: make bench ARGS="--quick"
	@deploy/setup.sh build
	$(BUILD) --product lockstep
	$(BUILD) --product bench
	@if grep -q '"workloads"' Package.swift; then $(BUILD) --product workloads; fi
	.build/$(CONFIGURATION)/bench $(ARGS)

build: ## build lockstep: .build/release/lockstep
	@deploy/setup.sh build
	$(BUILD) --product lockstep

dist: ## build a lockstep to copy to machines that have no Swift: .build/dist/lockstep
	@deploy/setup.sh build
	$(BUILD) --product lockstep --static-swift-stdlib --scratch-path .build/static
	install -D -s .build/static/$(CONFIGURATION)/lockstep .build/dist/lockstep

format: ## write all Swift code in the house's format
	$(FORMAT) --in-place --recursive --parallel $(FORMATTED)

lint: ## check format, scripts and generated code
	$(FORMAT) lint --strict --recursive --parallel $(FORMATTED)
	@if command -v shellcheck >/dev/null; then shellcheck $(SCRIPTS); fi
	scripts/generate-wire.sh --check

generate: ## write the C code of the files in proto/ again
	scripts/generate-wire.sh

clean: ## remove what building made
	rm -rf .build Examples/*/.build
