# Everything is set up inside the checkout: .tools/, .venv/, node_modules/, var/.
# Environment variables: docs/running.md

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run dev test test-long lint contract bench

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: ## Serve the starter at http://localhost:5000 with a production server
	@scripts/run.sh

dev: ## Flask with reload on 5000, Vite on 5173
	@scripts/dev.sh

test: ## Python, TypeScript, end to end in Chromium: every promise once
	@scripts/test.sh

test-long: ## The rest: oldest dependencies, 1 GiB, soaks, every other set-up
	@scripts/test_long.sh

lint: ## Format, types, import rules, contract and lockfile checks
	@scripts/lint.sh

contract: ## Export starter/openapi.json and the browser's types
	@scripts/contract.sh

bench: ## The figures that we claim, peers beside them
	@scripts/bench.sh
