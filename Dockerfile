# All images of ChurnServe: --target serving | drift | scoring | training | operator | mlflow.
#
# An image is a stack of layers, shared with the others as far as their needs agree. Our own code is the last and
# smallest one, so that a change of code moves kilobytes:
#
#   base ─ leaf ─┬─ operator ─ code
#                └─ learning ─┬─ serving ─┬─ code
#                             │           ├─ drift ─ code
#                             │           └─ scoring ─ code
#                             └─ training ─┬─ code
#                                          └─ mlflow
#
# Plain stages and no `RUN --mount`: engines without BuildKit build it too.

# Any Debian with Python 3.11 will do.
ARG BASE_IMAGE=python:3.11-slim-bookworm


# What every container has beside Python: OpenMP for the learners and a user that is not root, and no pip.
FROM ${BASE_IMAGE} AS base
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends libgomp1 >/dev/null \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/cache/debconf /var/log/* \
        /usr/local/bin/pip* /usr/local/lib/python3*/site-packages/pip* \
    && groupadd --gid 65532 churn \
    && useradd --uid 65532 --gid 65532 --home-dir /tmp --no-create-home --shell /usr/sbin/nologin churn
ENV PATH=/opt/venv/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /tmp
LABEL org.opencontainers.image.vendor="ChurnServe" org.opencontainers.image.licenses="Apache-2.0"


# uv, the lock and the names of our distributions, but none of our code: code does not end the layers made from here.
FROM ${BASE_IMAGE} AS builder
# Debian's Python comes without ensurepip.
RUN python3 -c "import ensurepip" 2>/dev/null \
    || (apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null)
RUN python3 -m venv /uv && /uv/bin/pip install --quiet --disable-pip-version-check uv==0.13.9
ENV PATH=/uv/bin:$PATH UV_PROJECT_ENVIRONMENT=/opt/venv UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=true
WORKDIR /src
RUN uv venv --quiet --python "$(command -v python3.11)" /opt/venv && mkdir -p /layers/opt && cp -a /opt/venv /layers/opt
COPY images/layer.sh /usr/local/bin/layer
COPY pyproject.toml uv.lock ./
COPY models/pyproject.toml models/
COPY training/pyproject.toml training/
COPY runtimes/pyproject.toml runtimes/
COPY operator/pyproject.toml operator/
RUN layer leaf --no-install-workspace --package churn-models --extra registry


FROM base AS leaf
COPY --from=builder /layers/opt /opt
COPY --from=builder /layers/leaf /


FROM builder AS build-operator
RUN layer operator --no-install-workspace --package churn-operator
COPY models/src models/src
COPY operator/src operator/src
RUN layer code --no-editable --package churn-operator

FROM leaf AS operator
COPY --from=build-operator /layers/operator /
COPY --from=build-operator /layers/code /
LABEL org.opencontainers.image.title="ChurnServe operator"
USER 65532:65532
ENTRYPOINT ["python", "-m", "churn_operator"]
CMD ["run"]


FROM builder AS build-learning
RUN layer learning --no-install-workspace --package churn-models --extra registry --extra scoring

FROM leaf AS learning
COPY --from=build-learning /layers/learning /


FROM build-learning AS build-serving
# What MLServer's command line for batch inference needs, 50 MB that the server never imports.
ENV CLIENTS="--no-install-package tritonclient --no-install-package ml-dtypes --no-install-package python-rapidjson \
    --no-install-package geventhttpclient --no-install-package gevent --no-install-package greenlet \
    --no-install-package zope-event --no-install-package zope-interface --no-install-package brotli"
# With the client of Kafka: the stream's workers run what the servers have been tried with.
RUN layer serving --no-install-workspace $CLIENTS --package churn-runtimes --extra stream
# A compiler for the evaluator; only /opt/venv goes from here into the image. Debian's own Python lacks the headers.
RUN headers=$(python3 -c "import sysconfig; print(sysconfig.get_path('include'))") \
    && apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends gcc libc6-dev \
        $(test -f "$headers/Python.h" || echo python3-dev) >/dev/null

FROM build-serving AS build-runtimes-code
COPY models/src models/src
COPY runtimes/setup.py runtimes/
COPY runtimes/src runtimes/src
RUN layer code --no-editable $CLIENTS --package churn-runtimes --extra stream
# Where the compiler fails, the installation goes on without the evaluator: for an image that is an error.
RUN /opt/venv/bin/python -c "import churn_runtimes.evaluator._flat_trees"

FROM learning AS serving-libraries
COPY --from=build-serving /layers/serving /

FROM serving-libraries AS serving
COPY --from=build-runtimes-code /layers/code /
LABEL org.opencontainers.image.title="ChurnServe serving"
USER 65532:65532
ENTRYPOINT ["python", "-m", "churn_runtimes"]
CMD ["serve"]


# The drift sidecar's engine AlibiDetect: alibi-detect's wheel as it is, over what the server has. It is not ours to
# license: its text lies where whoever looks into the image sees it first, and beside the wheel.
FROM builder AS build-drift
COPY runtimes/alibi-detect.txt ./
RUN packages=/layers/drift/opt/venv/lib/python3.11/site-packages \
    && uv pip install --quiet --no-config --python /opt/venv/bin/python --no-deps --require-hashes \
        --requirements alibi-detect.txt --target "$packages" \
    && rm -f "$packages/.lock" \
    && cp "$packages"/alibi_detect-*.dist-info/licenses/LICENSE /layers/drift/LICENSE.alibi-detect

FROM serving-libraries AS drift
COPY --from=build-drift /layers/drift /
COPY --from=build-runtimes-code /layers/code /
LABEL org.opencontainers.image.title="ChurnServe drift sidecar with alibi-detect" \
    org.opencontainers.image.licenses="Apache-2.0 AND BUSL-1.1" \
    churnserve.dev/licence="alibi-detect is under the Business Source License 1.1, see /LICENSE.alibi-detect"
USER 65532:65532
ENTRYPOINT ["python", "-m", "churn_runtimes"]
CMD ["drift", "--help"]


# pyarrow and PostgreSQL's client for whole tables, which a server has no use for.
FROM build-serving AS build-scoring
RUN layer scoring --no-install-workspace $CLIENTS --package churn-runtimes --extra stream --extra tables

FROM serving-libraries AS scoring
COPY --from=build-scoring /layers/scoring /
COPY --from=build-runtimes-code /layers/code /
LABEL org.opencontainers.image.title="ChurnServe scoring of tables"
USER 65532:65532
ENTRYPOINT ["python", "-m", "churn_runtimes"]
CMD ["score", "--help"]


FROM build-learning AS build-training
RUN layer training --no-install-workspace --package churn-training

FROM learning AS training-libraries
COPY --from=build-training /layers/training /


FROM build-training AS build-mlflow
RUN layer mlflow --no-install-workspace --package churn-training --extra server

FROM training-libraries AS mlflow
COPY --from=build-mlflow /layers/mlflow /
LABEL org.opencontainers.image.title="MLflow server of ChurnServe"
USER 65532:65532
ENTRYPOINT ["python", "-m", "mlflow"]
CMD ["server"]


FROM build-training AS build-training-code
COPY models/src models/src
COPY training/src training/src
RUN layer code --no-editable --package churn-training

FROM training-libraries AS training
COPY --from=build-training-code /layers/code /
# The shipped ensembles, by the names that ChurnModels ask for.
COPY models/telco /models/telco
COPY models/churn /models/churn
LABEL org.opencontainers.image.title="ChurnServe training"
USER 65532:65532
ENTRYPOINT ["python", "-m", "churn_training"]
