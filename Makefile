# Two commands: make run, make test. What is missing on a Debian machine is installed.

SHELL    := /bin/bash
export GOFLAGS ?= -p=2
DATA     ?= data
LISTEN   ?= 127.0.0.1:8080
ARGS     ?=
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
TOOL     := go tool -modfile=tools/go.mod

.PHONY: run test build postgres browser axe fmt check lint bench histories pictures clean help

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t12

run: build ## run everything on this machine, with the sample prefecture on first start
	@exec bin/shuangze dev --sample --listen $(LISTEN) --data $(DATA) $(ARGS)

build: postgres bin/temporal-server ## build the two programs
	@mkdir -p bin
	go build -ldflags "-X main.version=$(VERSION)" -o bin/shuangze ./cmd/shuangze

bin/temporal-server: temporal-server/go.mod temporal-server/go.sum $(wildcard temporal-server/*.go)
	@echo "Building the Temporal server. The first time this takes some minutes; package by package:"
	@mkdir -p bin
	cd temporal-server && go build -v -ldflags "-s -w" -o ../$@ . 2> >(awk '/[ :#]/ {print; next} {n++} n%50 == 0 {print "  " n " packages …"; fflush()}' >&2)

# Debian's Postgres, found where Debian puts it; its own cluster is neither needed nor used.
postgres:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || { \
	  echo "Installing Postgres from Debian's packages …"; \
	  as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	  $$as_root apt-get update -q && DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -yq --no-install-recommends postgresql; }

# Debian's Chromium and Chinese fonts: the console is tested in a real browser.
browser:
	@{ command -v chromium >/dev/null && ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1; } || { \
	  echo "Installing Chromium and Chinese fonts from Debian's packages …"; \
	  as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	  $$as_root apt-get update -q && DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -yq --no-install-recommends chromium fonts-noto-cjk; }

# What examines pages for accessibility: one script, used by the tests alone.
AXE      := axe-core-4.14.1
AXE_SUM  := e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745

axe: .cache/$(AXE).js
.cache/$(AXE).js:
	@command -v npm >/dev/null || { \
	  echo "Installing npm from Debian's packages …"; \
	  as_root=; [ "$$(id -u)" = 0 ] || as_root=sudo; \
	  $$as_root apt-get update -q && DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -yq --no-install-recommends npm; }
	@mkdir -p .cache && rm -f .cache/axe-core-*
	@cd .cache && npm pack --silent $(subst -core-,-core@,$(AXE)) >/dev/null && echo "$(AXE_SUM)  $(AXE).tgz" | sha256sum --check --quiet && \
	  tar -xzOf $(AXE).tgz package/axe.min.js > $(AXE).part && mv $(AXE).part $(AXE).js && rm $(AXE).tgz

test: build browser axe ## all tests, on a real Postgres and a real Temporal server
	go vet ./...
	go test -timeout 20m $$(go list ./... | grep -v -e /web$$ -e /cmd/)
	@rm -rf .cache/artifacts && mkdir -p .cache/artifacts
	go test -p 1 -timeout 20m -artifacts -outputdir $(CURDIR)/.cache/artifacts ./web ./cmd/... # browsers and whole installations, one after the other
	cd temporal-server && go vet ./... && go test ./...

fmt: ## format the code
	$(TOOL) gofumpt -w $$(git ls-files '*.go')

check: build lint ## format, vet, linters, workflow determinism, known vulnerabilities
	$(TOOL) workflowcheck ./workflows
	@$(TOOL) govulncheck ./... || { code=$$?; [ $$code = 3 ] && exit 3; echo "govulncheck could not reach its data; left out"; }

lint:
	@out=$$($(TOOL) gofumpt -l $$(git ls-files '*.go')); [ -z "$$out" ] || { echo "not formatted: $$out"; exit 1; }
	go vet ./...
	$(TOOL) golangci-lint run

bench: build browser ## measure registration and commands, the board and lists, pages in a browser
	go test ./worker -run '^$$' -bench . -benchtime 500x
	go test ./store -run '^$$' -bench . -benchtime 20x
	go test ./web -run '^$$' -bench FirstPaint -benchtime 10x -timeout 30m

histories: build ## record the histories that the replay tests keep
	go test ./worker -run Replay -update

pictures: bin/temporal-server postgres browser ## draw the README's pictures
	go test ./web -run Pictures -update

clean: ## remove what was built, not the data
	rm -rf bin
