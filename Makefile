.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

# Bytecode is compiled once at installation, not at every start of a process.
export UV_COMPILE_BYTECODE := 1
export PYTHONPATH := tests
export MLFLOW_DISABLE_TELEMETRY := true

PYTHON ?= python3
UV := $(shell command -v uv || echo $(HOME)/.local/bin/uv)
RUN := $(UV) run --no-sync

# The cluster of `make cluster` where it is up; a KUBECONFIG that is set, or else your own, otherwise.
LOCAL_KUBECONFIG := $(shell tests/kind-node/cluster.sh kubeconfig)
USE_CLUSTER = if [ -z "$${KUBECONFIG:-}" ] && [ -f "$(LOCAL_KUBECONFIG)" ]; then \
	eval "$$(tests/kind-node/cluster.sh env)"; fi

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: demo
demo: install ## Train on churn data, register in MLflow, serve, ask over REST and gRPC, leave
	@$(RUN) python -m support.demo

.PHONY: demo-drift
demo-drift: install ## The closed loop in one terminal, no cluster: quiet, a broken feed, a moved world, a bad model; two minutes
	@$(RUN) python -m support.demo_drift

.PHONY: demo-loop
demo-loop: install ## The same on the cluster of make cluster deploy, through Kubernetes, Jobs and MLflow: ten minutes at most
	@$(RUN) python -m support.demo_loop

.PHONY: demo-stream
demo-stream: install ## Kafka in, Kafka out in one terminal, no cluster: workers, one of them killed, and a picture; three minutes at most
	@$(RUN) python -m support.demo_stream

.PHONY: serve
serve: install ## The same, then keep serving on ports 8080 (REST) and 8081 (gRPC) until Ctrl-C
	@$(RUN) python -m support.demo --keep

# Tests that measure time against the clock.
ALONE := tests/e2e/hardening tests/e2e/test_demo.py tests/e2e/test_stream_scenario.py

.PHONY: test
test: lint .venv/spark ## Everything that CI runs: style, types, import contracts, all tests; what needs the machine alone comes last
	@tests/support/install_tools.sh
	@if command -v go >/dev/null; then tests/kind-node/build-tools.sh etcd kube-apiserver; \
		else echo "no Go to build etcd and kube-apiserver with: the integration tests are skipped"; fi
	@$(RUN) python -m fuzz 120 & fuzzing=$$!; \
	$(RUN) pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --durations 15 --ignore tests/e2e/kubernetes $(ALONE:%=--ignore %); wait $$fuzzing
	@$(RUN) pytest $(ALONE)
	@$(MAKE) --no-print-directory test-cluster

.PHONY: fuzz
fuzz: install ## Mutated tables given to the compiled evaluator under ASan and UBSan: make fuzz [SECONDS=120], beside the tests in CI
	@$(RUN) python -m fuzz $(or $(SECONDS),120)

.PHONY: test-cluster
test-cluster: install ## Its last part alone: end to end on real kind, in a cluster made anew
	@$(RUN) pytest --capture=no --durations 15 tests/e2e/kubernetes

.PHONY: test-rollouts
test-rollouts: install ## Of these the rollouts under users' load alone: a quarter of an hour
	@$(RUN) pytest --capture=no --durations 15 tests/e2e/kubernetes/test_rollouts.py

.PHONY: lint
lint: install ## Style, types and import contracts alone
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy
	@$(RUN) lint-imports

.PHONY: cluster
cluster: ## A local kind cluster, with an engine and a node image made here where this machine has none
	@tests/kind-node/cluster.sh up

.PHONY: cluster-down
cluster-down: ## Remove that cluster, and the engine that was started for it
	@tests/kind-node/cluster.sh down

.PHONY: deploy
deploy: ## Bring ChurnServe into the cluster of `make cluster`, else of your kubeconfig
	@$(USE_CLUSTER); manifests/deploy.sh

.PHONY: undeploy
undeploy: ## Remove everything that deploy made, data included
	@$(USE_CLUSTER); manifests/undeploy.sh

.PHONY: images
images: ## Build the images alone
	@$(USE_CLUSTER); manifests/images.sh

.PHONY: broker
broker: ## A small Kafka broker in the cluster, for manifests/examples/telco-stream.yaml
	@$(USE_CLUSTER); manifests/broker.sh

.PHONY: data
data: ## Put customers into the cluster's PostgreSQL: make data CSV=path [ENSEMBLE=telco]
	@$(USE_CLUSTER); manifests/data.sh "$(CSV)" "$(or $(ENSEMBLE),telco)"

.PHONY: manifests
manifests: install ## Make the CRDs from the types, and the alert rules for Prometheus' operator from those of Prometheus
	@$(RUN) python -m churn_operator.api.crd manifests/crd
	@$(RUN) python -m support.prometheus_rule

.PHONY: proto
proto: install ## Make the Python of the .proto file
	@cd runtimes/src && $(RUN) python -m grpc_tools.protoc -I. --python_out=. churn_runtimes/grpc/triton_extensions.proto

.PHONY: evaluate
evaluate: install ## Cross-validate the shipped ensembles, 5 folds, 5 seeds
	@$(RUN) pytest -s tests/e2e/test_accuracy.py --seeds 5

.PHONY: bench
bench: install ## Ours and its peers under load, side by side on this machine: at most 15 minutes, best on an idle machine
	@$(RUN) python -m bench

.PHONY: bench-candidate
bench-candidate: install ## Of that what a candidate costs alone: 2 minutes
	@$(RUN) python -m bench.candidate

.PHONY: bench-stream
bench-stream: install ## The stream's worker beside Quix Streams and MLServer's Kafka mode, real broker: 10 minutes at most, best on an idle machine
	@$(RUN) python -m bench.stream

.PHONY: bench-stream-features
bench-stream-features: install ## Events a second that one core of a worker takes into states in Redis: a minute
	@$(RUN) python -m bench.stream.feature_events

.PHONY: bench-score
bench-score: .venv/spark ## A million customers scored from Parquet, beside pyfunc as it was: 5 minutes
	@$(RUN) python -m bench.score

.PHONY: bench-loop
bench-loop: install ## Real streams with late labels under policies that retrain and promote, and faults: make bench-loop [STREAMS=folder], 10 minutes
	@$(RUN) python -m bench.loop $(STREAMS)

.PHONY: bench-lab
bench-lab: install ## AUC beside AutoGluon, FLAML and a tuned stack, 60 s a fold: make bench-lab [SECONDS=60], an hour, goes on where it stopped
	@$(RUN) python -m bench.lab $(SECONDS)

.PHONY: bench-training
bench-training: install ## Training's own figures, a million customers among them: several minutes, best on an idle machine
	@$(RUN) python -m bench.training $(FIGURE)

.PHONY: bench-outage
bench-outage: install ## MLflow away for ten minutes, on real kind: a quarter of an hour besides the cluster
	@$(RUN) pytest --capture=no tests/e2e/kubernetes/test_registry_outage.py --outage-seconds 600

.PHONY: bench-upgrade
bench-upgrade: install ## The release before, replaced by this one on real kind, and back: half an hour
	@$(RUN) python -m bench.upgrade

.PHONY: bench-operator
bench-operator: install ## The operator with 1,000 ChurnModels: calls, memory, writes at a restart; 20 minutes on an idle machine
	@$(RUN) pytest -s tests/integration/test_restart.py --models 1000

.PHONY: figures
figures: install ## The measured figures, what falls short on top
	@$(RUN) python -m support.figures

.PHONY: install
install: .venv/installed ## Install what the other targets need, uv included

# What is compiled at installation; uv builds it again when it has changed (tool.uv.cache-keys).
COMPILED := runtimes/setup.py $(wildcard runtimes/src/churn_runtimes/evaluator/*.[ch])

.venv/installed: uv.lock pyproject.toml $(wildcard */pyproject.toml) $(COMPILED)
	@test -x "$(UV)" || $(PYTHON) -m pip install --quiet --user uv \
		|| $(PYTHON) -m pip install --quiet --user --break-system-packages uv
	@echo "installing the Python environment into .venv (half a minute)"
	@$(UV) sync --quiet --locked
	@touch $@

# For one test and one bench alone: it is larger than everything else together.
.venv/spark: .venv/installed
	@echo "installing Spark into .venv (half a minute)"
	@$(UV) sync --quiet --locked --group spark
	@touch $@

.PHONY: clean
clean: ## Remove what the targets have made
	rm -rf build bundles .venv .ruff_cache .pytest_cache .hypothesis .import_linter_cache
