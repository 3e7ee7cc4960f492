"""ChurnModels that the API server itself refuses (no webhook runs), each by a rule or bound of its own."""

from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.api_server import ApiServer
from support.bad_spec import BadSpec, shortcoming
from support.churn_model_handle import CHURN_MODEL, churn_model, churn_models
from support.figures import record
from support.kube_client import KubeClient, Object, Refused

NAMESPACE = "specs"
LONG = "a" * 64
TRAINING: Object = {"dataset": "data/telco.csv", "ensemble": "telco"}


def _model(**fields: Any) -> Object:
    return {"spec": {"model": fields}}


def _training(**fields: Any) -> Object:
    return {"spec": {"training": {**TRAINING, **fields}}}


def _search(**fields: Any) -> Object:
    return _training(dataset="postgresql://db/churn/customers", search=fields)


def _serving(**fields: Any) -> Object:
    return {"spec": {"serving": fields}}


def _autoscaling(**fields: Any) -> Object:
    return {"spec": {"serving": {"autoscaling": fields}}}


def _members(**fields: Any) -> Object:
    return _serving(placement="Distributed", members=fields)


def _pod(**fields: Any) -> Object:
    return {"spec": {"pod": fields}}


def _variable(name: str) -> Object:
    return _pod(env=[{"name": name, "value": "1"}])


def _database(address: str) -> Object:
    return _training(dataset=f"postgresql://{address}")


def _rollout(**fields: Any) -> Object:
    return {"spec": {"rollout": fields}}


def _distributed(strategy: str) -> Object:
    return {"spec": {"serving": {"placement": "Distributed"}, "rollout": {"strategy": strategy}}}


def _steps(*weights: int) -> Object:
    return _rollout(steps=[{"weight": weight} for weight in weights])


def _step(**fields: Any) -> Object:
    return _rollout(steps=[{"weight": 5, **fields}])


def _gates(**fields: Any) -> Object:
    return _rollout(gates=fields)


def _loop(**fields: Any) -> Object:
    return {"spec": {"loop": fields}}


def _labels(**fields: Any) -> Object:
    return {"spec": {"labels": {"delay": "1440h", **fields}}}


def _drift(**fields: Any) -> Object:
    return {"spec": {"drift": fields}}


def _named(name: str) -> Object:
    return {"metadata": {"name": name}}


REQUIRED = "Required value"
TOO_LONG = "Too long"
PATTERN = "should match"
TEXT = 'must be of type string: "'
WHOLE = 'must be of type integer: "'
OBJECT = 'must be of type object: "'
UNKNOWN = "unknown field"
ENUM = "Unsupported value"
LEAST = "should be greater than or equal to"
MOST = "should be less than or equal to"
SHORT = "should be at least 1 chars long"

BAD_SPECS = [
    BadSpec("no spec", {"spec": None}, "spec", REQUIRED),
    BadSpec("spec a text", {"spec": "telco"}, "spec", OBJECT),
    BadSpec("spec with an unknown field", {"spec": {"replicas": 2}}, "spec.replicas", UNKNOWN),
    BadSpec("paused a text", {"spec": {"paused": "yes"}}, "spec.paused", "must be of type boolean"),
    # metadata.name
    BadSpec("name longer than a Service allows", _named("a" * 43), "at most 42 long", "Service and Jobs"),
    BadSpec("name with a dot", _named("telco.v1"), "hold only a-z", "named after it"),
    BadSpec("name that begins with a digit", _named("1telco"), "must begin with a letter", "named after it"),
    # spec.model
    BadSpec("no model", {"spec": {"model": None}}, "spec.model", REQUIRED),
    BadSpec("model a text", {"spec": {"model": "telco"}}, "spec.model", OBJECT),
    BadSpec("model with an unknown field", _model(stage="Production"), "spec.model.stage", UNKNOWN),
    BadSpec("no model name", _model(name=None), "spec.model.name", REQUIRED),
    BadSpec("model name empty", _model(name=""), "spec.model.name", SHORT),
    BadSpec("model name too long", _model(name=LONG), "spec.model.name", TOO_LONG),
    BadSpec("model name in capitals", _model(name="Telco"), "spec.model.name", PATTERN),
    BadSpec("model name a number", _model(name=7), "spec.model.name", TEXT),
    BadSpec("alias empty", _model(alias=""), "spec.model.alias", PATTERN),
    BadSpec("alias too long", _model(alias=LONG), "spec.model.alias", TOO_LONG),
    BadSpec("alias a truth value", _model(alias=True), "spec.model.alias", TEXT),
    BadSpec("version zero", _model(version="0"), "spec.model.version", PATTERN),
    BadSpec("version too long", _model(version="1234567890"), "spec.model.version", TOO_LONG),
    BadSpec("version a number", _model(version=7), "spec.model.version", TEXT),
    BadSpec("digest without its algorithm", _model(digest="a" * 64), "spec.model.digest", PATTERN),
    BadSpec("digest too long", _model(digest="sha256:" + LONG + "a"), "spec.model.digest", TOO_LONG),
    BadSpec("digest a number", _model(digest=5), "spec.model.digest", TEXT),
    BadSpec("alias and version", _model(alias="champion", version="7"), "spec.model", "either an alias or a version"),
    # spec.training
    BadSpec("training a text", {"spec": {"training": "telco"}}, "spec.training", OBJECT),
    BadSpec("training with an unknown field", _training(epochs=3), "spec.training.epochs", UNKNOWN),
    BadSpec("no dataset", _training(dataset=None), "spec.training.dataset", REQUIRED),
    BadSpec("dataset of an unknown kind", _training(dataset="s3://bucket/x"), "spec.training.dataset", PATTERN),
    BadSpec("dataset too long", _training(dataset="a" * 1021 + ".csv"), "spec.training.dataset", TOO_LONG),
    BadSpec("dataset a number", _training(dataset=1), "spec.training.dataset", TEXT),
    BadSpec(
        "password in the dataset",
        _training(dataset="postgresql://me:secret@db/churn/customers"),
        "spec.training",
        "credentialsSecret",
    ),
    BadSpec(
        "a database by SQLAlchemy's spelling",
        _training(dataset="postgresql+psycopg://db/churn/t.csv"),
        "spec.training",
        "a database is postgresql",
    ),
    BadSpec("a variable in the table", _database("db/churn/t$(X)"), "spec.training", "without $"),
    BadSpec("a variable in a file", _training(dataset="$(X).csv"), "spec.training", "no $ in dataset"),
    BadSpec("no ensemble", _training(ensemble=None), "spec.training.ensemble", REQUIRED),
    BadSpec("ensemble empty", _training(ensemble=""), "spec.training.ensemble", SHORT),
    BadSpec("ensemble too long", _training(ensemble=LONG), "spec.training.ensemble", TOO_LONG),
    BadSpec("ensemble outside models/", _training(ensemble="../telco"), "spec.training.ensemble", PATTERN),
    BadSpec("ensemble a list", _training(ensemble=["telco"]), "spec.training.ensemble", "must have at most 0 items"),
    BadSpec("ensemble a number", _training(ensemble=7), "spec.training.ensemble", "less than or equal to 0"),
    BadSpec("ensemble a truth value", _training(ensemble=True), "spec.training.ensemble", "must not validate"),
    BadSpec(
        "ensemble in a ConfigMap that cannot be",
        _training(ensemble={"configMap": "UPPER"}),
        "spec.training.ensemble.configMap",
        PATTERN,
    ),
    BadSpec(
        "ensemble of something else",
        _training(ensemble={"secret": "mine"}),
        "spec.training.ensemble.configMap",
        REQUIRED,
    ),
    BadSpec(
        "ensemble of two things",
        _training(ensemble={"configMap": "mine", "folder": "telco"}),
        "spec.training.ensemble",
        "at most 1 item",
    ),
    BadSpec("secret empty", _training(credentialsSecret=""), "spec.training.credentialsSecret", SHORT),
    BadSpec("secret too long", _training(credentialsSecret=LONG), "spec.training.credentialsSecret", TOO_LONG),
    BadSpec("secret with a slash", _training(credentialsSecret="a/b"), "spec.training.credentialsSecret", PATTERN),
    BadSpec("secret a number", _training(credentialsSecret=3), "spec.training.credentialsSecret", TEXT),
    BadSpec("seed below zero", _training(seed=-1), "spec.training.seed", LEAST),
    BadSpec("seed too large", _training(seed=1 << 31), "spec.training.seed", MOST),
    BadSpec("seed a text", _training(seed="1"), "spec.training.seed", WHOLE),
    BadSpec("training resources a text", _training(resources="2"), "spec.training.resources", OBJECT),
    BadSpec(
        "training resources with an unknown field",
        _training(resources={"gpu": "1"}),
        "spec.training.resources.gpu",
        UNKNOWN,
    ),
    BadSpec("training cpu no quantity", _training(resources={"cpu": "-1"}), "spec.training.resources.cpu", PATTERN),
    BadSpec("training cpu too long", _training(resources={"cpu": "1" * 21}), "spec.training.resources.cpu", TOO_LONG),
    BadSpec("training cpu a number", _training(resources={"cpu": 1}), "spec.training.resources.cpu", TEXT),
    BadSpec(
        "training memory no quantity", _training(resources={"memory": "2GB"}), "spec.training.resources.memory", PATTERN
    ),
    BadSpec(
        "training memory too long",
        _training(resources={"memory": "1" * 21}),
        "spec.training.resources.memory",
        TOO_LONG,
    ),
    BadSpec("training memory a number", _training(resources={"memory": 2}), "spec.training.resources.memory", TEXT),
    BadSpec("training cpu of nothing", _training(resources={"cpu": "0"}), "spec.training.resources", "from 10m to 256"),
    BadSpec(
        "training memory in CPU's unit", _training(resources={"memory": "500m"}), "spec.training.resources", "from 64Mi"
    ),
    BadSpec("several hosts", _database("a,b/churn/customers"), "spec.training", "postgresql://[user@]host[:port]"),
    BadSpec("host as an option", _database("db/churn/t?host=evil"), "spec.training: Invalid", "its only options"),
    BadSpec("two users", _database("a@evil@db/churn/t"), "a database is", "sslmode and require_auth"),
    BadSpec("MLflow's Secret", _training(credentialsSecret="mlflow-credentials"), "spec.training", "ChurnServe's own"),
    BadSpec(
        "training's Secret of MLflow",
        _training(credentialsSecret="mlflow-training-credentials"),
        "this Secret",
        "no database's",
    ),
    BadSpec("a search without a storage", _training(search={}), "spec.training", "name one in search.storage"),
    BadSpec("more workers than trials", _search(trials=2, workers=3), "spec.training.search", "more workers than"),
    BadSpec("no trial", _search(trials=0), "spec.training.search.trials", LEAST),
    BadSpec("too many workers", _search(workers=65), "spec.training.search.workers", MOST),
    BadSpec("sampler gp, which needs torch", _search(sampler="gp"), "spec.training.search.sampler", ENUM),
    BadSpec("no time to search", _search(hours=0), "spec.training.search", "at least 0.01"),
    BadSpec("more than a week", _search(hours=169), "spec.training.search.hours", MOST),
    BadSpec("hours a duration", _search(hours="4h"), "spec.training.search.hours", "number"),
    BadSpec("storage SQLite", _search(storage="sqlite:///x.db"), "spec.training.search", "storage is postgresql://"),
    BadSpec("storage a table", _search(storage="postgresql://h/d/t"), "spec.training.search", "host[:port]/database,"),
    BadSpec("storage a variable", _search(storage="postgresql://$(X)/d"), "spec.training.search", "without $"),
    BadSpec("password of a storage", _search(storage="postgresql://u:p@h/d"), "spec.training.search", "credentialsSec"),
    BadSpec("search with an unknown field", _search(pruner="x"), "spec.training.search.pruner", UNKNOWN),
    BadSpec("sslMode unknown", _training(sslMode="maybe"), "spec.training.sslMode", ENUM),
    BadSpec("requireAuth none", _training(requireAuth="none"), "spec.training.requireAuth", ENUM),
    BadSpec("scratch of a byte", _training(scratch="1"), "spec.training", "scratch must be from 64Mi to 1Ti"),
    BadSpec("scratch no quantity", _training(scratch="much"), "spec.training.scratch", PATTERN),
    BadSpec("training in a second", _training(deadline="1s"), "spec.training", "deadline must be from 1m to 168h"),
    BadSpec("training deadline without a unit", _training(deadline="90"), "spec.training.deadline", PATTERN),
    BadSpec(
        "training of a fixed version",
        {"spec": {**_model(version="7")["spec"], **_training()["spec"]}},
        "spec",
        "training makes the first version of the alias champion",
    ),
    BadSpec(
        "training of another alias",
        {"spec": {**_model(alias="production")["spec"], **_training()["spec"]}},
        "spec: Invalid",
        "with another alias or a version, leave it out",
    ),
    # spec.pod
    BadSpec("pod a text", {"spec": {"pod": "x"}}, "spec.pod", OBJECT),
    BadSpec("pod with volumes", _pod(volumes=[]), "spec.pod.volumes", UNKNOWN),
    BadSpec("pod with containers", _pod(containers=[]), "spec.pod.containers", UNKNOWN),
    BadSpec("pod with a security context", _pod(securityContext={}), "spec.pod.securityContext", UNKNOWN),
    BadSpec("our own label", _pod(labels={"churnserve.dev/model": "other"}), "spec.pod", "the operator's own"),
    BadSpec(
        "a label that policies read",
        _pod(labels={"app.kubernetes.io/component": "training"}),
        "spec.pod: Invalid",
        "labels and annotations of",
    ),
    BadSpec(
        "our own annotation",
        _pod(annotations={"churnserve.dev/digest": "x"}),
        "spec.pod: Invalid",
        "churnserve.dev and",
    ),
    BadSpec("label a number", _pod(labels={"a": 1}), "spec.pod.labels.a", TEXT),
    BadSpec("label with a blank", _pod(labels={"a": "b c"}), "spec.pod.labels.a", PATTERN),
    BadSpec("too many labels", _pod(labels={f"l{i}": "" for i in range(33)}), "spec.pod.labels", "at most 32"),
    BadSpec(
        "MLflow's address", _variable("MLFLOW_TRACKING_URI"), "spec.pod.env[0]", "begin with CHURN_, MLFLOW_ or PG"
    ),
    BadSpec("a database's address", _variable("PGHOSTADDR"), "spec.pod.env[0]: Invalid", "the operator's own"),
    BadSpec("the share of a pod", _variable("JOB_COMPLETION_INDEX"), "env[0]", "JOB_COMPLETION_INDEX, the resolver"),
    BadSpec("a resolver's domain", _variable("LOCALDOMAIN"), "env[0]", "the resolver's variables"),
    BadSpec("variable without a name", _pod(env=[{"value": "1"}]), "spec.pod.env[0].name", REQUIRED),
    BadSpec("variable's name with a dash", _variable("A-B"), "spec.pod.env[0].name", PATTERN),
    BadSpec(
        "variable of a Secret",
        _pod(env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]),
        "spec.pod.env[0].valueFrom",
        UNKNOWN,
    ),
    BadSpec(
        "variables of a Secret",
        _pod(envFrom=[{"configMapRef": {"name": "c"}, "secretRef": {"name": "s"}}]),
        "spec.pod.envFrom[0].secretRef",
        UNKNOWN,
    ),
    BadSpec("toleration of nothing", _pod(tolerations=[{}]), "spec.pod.tolerations[0]", "needs operator Exists"),
    BadSpec(
        "toleration with a value too much",
        _pod(tolerations=[{"key": "a", "operator": "Exists", "value": "b"}]),
        "spec.pod.tolerations[0]",
        "has no value",
    ),
    BadSpec(
        "effect unknown", _pod(tolerations=[{"key": "a", "effect": "Never"}]), "spec.pod.tolerations[0].effect", ENUM
    ),
    BadSpec("affinity unknown", _pod(affinity={"zoneAffinity": {}}), "spec.pod.affinity.zoneAffinity", UNKNOWN),
    BadSpec(
        "spread without a key",
        _pod(topologySpreadConstraints=[{}]),
        "spec.pod.topologySpreadConstraints[0].topologyKey",
        REQUIRED,
    ),
    BadSpec(
        "spread of other pods",
        _pod(topologySpreadConstraints=[{"topologyKey": "zone", "labelSelector": {}}]),
        "spec.pod.topologySpreadConstraints[0].labelSelector",
        UNKNOWN,
    ),
    BadSpec("class in capitals", _pod(priorityClassName="High"), "spec.pod.priorityClassName", PATTERN),
    BadSpec("account with a slash", _pod(serviceAccountName="a/b"), "spec.pod.serviceAccountName", PATTERN),
    BadSpec("runtime a number", _pod(runtimeClassName=1), "spec.pod.runtimeClassName", TEXT),
    BadSpec(
        "pull secret a text",
        _pod(imagePullSecrets=["registry"]),
        "spec.pod.imagePullSecrets[0]",
        'of type object: "string"',
    ),
    # spec.serving
    BadSpec(
        "limit below the request",
        _serving(resources={"cpu": "1", "cpuLimit": "500m"}),
        "spec.serving.resources",
        "cpuLimit must not be below cpu",
    ),
    BadSpec(
        "two cores for one pod",
        _serving(resources={"cpu": "1001m"}),
        "spec.serving:",
        "a pod serves on one core, and more load needs more pods (replicas or autoscaling)",
    ),
    BadSpec(
        "a state store with a password",
        _serving(state={"url": "redis://me:secret@states:6379"}),
        "spec.serving.state.url",
        "should match",
    ),
    BadSpec(
        "a state store with MLflow's Secret",
        _serving(state={"url": "redis://states", "credentialsSecret": "mlflow-credentials"}),
        "spec.serving.state",
        "ChurnServe's own",
    ),
    BadSpec("a state store without an address", _serving(state={}), "spec.serving.state.url", "Required value"),
    BadSpec(
        "two cores for one member's pod", _members(resources={"cpu": "2"}), "spec.serving.members", "serves on one core"
    ),
    BadSpec(
        "a target that no server passes",
        _serving(resources={"cpu": "1"}, autoscaling={"cpuUtilization": 91}),
        "spec.serving:",
        "the autoscaler could never act",
    ),
    BadSpec("serving a list", {"spec": {"serving": []}}, "spec.serving", 'must be of type object: "array"'),
    BadSpec("serving with an unknown field", _serving(image="mine"), "spec.serving.image", UNKNOWN),
    BadSpec("placement unknown", _serving(placement="Everywhere"), "spec.serving.placement", ENUM),
    BadSpec("members of Colocated", _serving(members={}), "spec.serving", "for placement Distributed alone"),
    BadSpec("members a number", _serving(placement="Distributed", members=2), "spec.serving.members", OBJECT),
    BadSpec("members with an unknown field", _members(timeout="1s"), "spec.serving.members.timeout", UNKNOWN),
    BadSpec("member deadline without a unit", _members(deadline="250"), "spec.serving.members.deadline", PATTERN),
    BadSpec(
        "member deadline too long a text", _members(deadline="0000000250ms"), "spec.serving.members.deadline", TOO_LONG
    ),
    BadSpec("member deadline a number", _members(deadline=250), "spec.serving.members.deadline", TEXT),
    BadSpec("member deadline at once", _members(deadline="9ms"), "spec.serving.members", "from 10ms to 30s"),
    BadSpec("quorum zero", _members(quorum=0), "spec.serving.members.quorum", LEAST),
    BadSpec("quorum too large", _members(quorum=101), "spec.serving.members.quorum", MOST),
    BadSpec("quorum a text", _members(quorum="all"), "spec.serving.members.quorum", WHOLE),
    BadSpec("no replicas of members", _members(replicas=0), "spec.serving.members.replicas", LEAST),
    BadSpec("too many replicas of members", _members(replicas=1001), "spec.serving.members.replicas", MOST),
    BadSpec("replicas of members a text", _members(replicas="2"), "spec.serving.members.replicas", WHOLE),
    BadSpec("member resources a text", _members(resources="2"), "spec.serving.members.resources", OBJECT),
    BadSpec(
        "member cpu no quantity", _members(resources={"cpu": "half"}), "spec.serving.members.resources.cpu", PATTERN
    ),
    BadSpec(
        "member memory too little",
        _members(resources={"memory": "1Mi"}),
        "spec.serving.members.resources",
        "from 64Mi to 4Ti",
    ),
    BadSpec("no replicas", _serving(replicas=0), "spec.serving.replicas", LEAST),
    BadSpec("too many replicas", _serving(replicas=1001), "spec.serving.replicas", MOST),
    BadSpec("replicas a text", _serving(replicas="2"), "spec.serving.replicas", WHOLE),
    BadSpec(
        "replicas and autoscaling",
        _serving(replicas=2, autoscaling={}),
        "spec.serving",
        "either replicas or autoscaling",
    ),
    BadSpec("autoscaling a truth value", _serving(autoscaling=True), "spec.serving.autoscaling", OBJECT),
    BadSpec("autoscaling with an unknown field", _autoscaling(memory=1), "spec.serving.autoscaling.memory", UNKNOWN),
    BadSpec("minReplicas zero", _autoscaling(minReplicas=0), "spec.serving.autoscaling.minReplicas", LEAST),
    BadSpec(
        "minReplicas too many",
        _autoscaling(minReplicas=1001, maxReplicas=1000),
        "spec.serving.autoscaling.minReplicas",
        MOST,
    ),
    BadSpec("minReplicas a text", _autoscaling(minReplicas="2"), "spec.serving.autoscaling.minReplicas", WHOLE),
    BadSpec("maxReplicas zero", _autoscaling(maxReplicas=0), "spec.serving.autoscaling.maxReplicas", LEAST),
    BadSpec("maxReplicas too many", _autoscaling(maxReplicas=1001), "spec.serving.autoscaling.maxReplicas", MOST),
    BadSpec("maxReplicas a text", _autoscaling(maxReplicas="9"), "spec.serving.autoscaling.maxReplicas", WHOLE),
    BadSpec(
        "minReplicas above maxReplicas",
        _autoscaling(minReplicas=3, maxReplicas=2),
        "spec.serving.autoscaling",
        "must not be above maxReplicas",
    ),
    BadSpec("utilization zero", _autoscaling(cpuUtilization=0), "spec.serving.autoscaling.cpuUtilization", LEAST),
    BadSpec("utilization above 100", _autoscaling(cpuUtilization=101), "spec.serving.autoscaling.cpuUtilization", MOST),
    BadSpec("utilization a text", _autoscaling(cpuUtilization="70%"), "spec.serving.autoscaling.cpuUtilization", WHOLE),
    BadSpec("serving resources a text", _serving(resources="2"), "spec.serving.resources", OBJECT),
    BadSpec(
        "serving resources with an unknown field",
        _serving(resources={"gpu": "1"}),
        "spec.serving.resources.gpu",
        UNKNOWN,
    ),
    BadSpec("cpu no quantity", _serving(resources={"cpu": "half"}), "spec.serving.resources.cpu", PATTERN),
    BadSpec("cpu too long", _serving(resources={"cpu": "1" * 21}), "spec.serving.resources.cpu", TOO_LONG),
    BadSpec("cpu a number", _serving(resources={"cpu": 1}), "spec.serving.resources.cpu", TEXT),
    BadSpec("memory no quantity", _serving(resources={"memory": "1 Gi"}), "spec.serving.resources.memory", PATTERN),
    BadSpec("memory too long", _serving(resources={"memory": "1" * 21}), "spec.serving.resources.memory", TOO_LONG),
    BadSpec("memory a number", _serving(resources={"memory": 1}), "spec.serving.resources.memory", TEXT),
    BadSpec("cpu in memory's unit", _serving(resources={"cpu": "1Gi"}), "spec.serving.resources", "from 10m to 256"),
    BadSpec("memory of one byte", _serving(resources={"memory": "1"}), "spec.serving.resources", "from 64Mi to 4Ti"),
    # spec.rollout
    BadSpec("rollout a text", {"spec": {"rollout": "Direct"}}, "spec.rollout", OBJECT),
    BadSpec("rollout with an unknown field", _rollout(pause="1h"), "spec.rollout.pause", UNKNOWN),
    BadSpec("strategy unknown", _rollout(strategy="BlueGreen"), "spec.rollout.strategy", ENUM),
    BadSpec("Canary of Distributed", _distributed("Canary"), "spec:", "which placement Distributed cannot"),
    BadSpec("Shadow of Distributed", _distributed("Shadow"), "spec:", "use strategy Direct"),
    BadSpec("steps a number", _rollout(steps=5), "spec.rollout.steps", "must be of type array"),
    BadSpec("no steps", _rollout(steps=[]), "spec.rollout.steps", "should have at least 1 items"),
    BadSpec("eleven steps", _steps(*range(1, 12)), "spec.rollout.steps", "must have at most 10 items"),
    BadSpec("step without a weight", _rollout(steps=[{"hold": "1m"}]), "spec.rollout.steps[0].weight", REQUIRED),
    BadSpec("step with an unknown field", _step(pause="1h"), "spec.rollout.steps[0].pause", UNKNOWN),
    BadSpec("step of weight 0", _steps(0), "spec.rollout.steps[0].weight", LEAST),
    BadSpec("step of weight 101", _steps(101), "spec.rollout.steps[0].weight", MOST),
    BadSpec("weight a text", _step(weight="5%"), "spec.rollout.steps[0].weight", WHOLE),
    BadSpec("hold without a unit", _step(hold="5"), "spec.rollout.steps[0].hold", PATTERN),
    BadSpec("hold of more than a week", _step(hold="169h"), "spec.rollout.steps[0]", "hold must be at most 168h"),
    BadSpec("weights that fall", _steps(5, 50, 25), "spec.rollout", "must rise from step to step"),
    BadSpec("a weight twice", _steps(5, 25, 25), "spec.rollout:", "must rise from step to step"),
    BadSpec("gates a text", _rollout(gates="none"), "spec.rollout.gates", OBJECT),
    BadSpec("gates with an unknown field", _gates(maxLatency=2), "spec.rollout.gates.maxLatency", UNKNOWN),
    BadSpec("too few pairs to judge by", _gates(minPairs=19), "spec.rollout.gates.minPairs", LEAST),
    BadSpec("too many pairs", _gates(minPairs=1_000_001), "spec.rollout.gates.minPairs", MOST),
    BadSpec("pairs a text", _gates(minPairs="200"), "spec.rollout.gates.minPairs", WHOLE),
    BadSpec("error ratio below 0", _gates(maxErrorRatio=-0.1), "spec.rollout.gates.maxErrorRatio", LEAST),
    BadSpec("error ratio in percent", _gates(maxErrorRatio=5), "spec.rollout.gates.maxErrorRatio", MOST),
    BadSpec("PSI below 0", _gates(maxScorePSI=-1), "spec.rollout.gates.maxScorePSI", LEAST),
    BadSpec("PSI above 10", _gates(maxScorePSI=11), "spec.rollout.gates.maxScorePSI", MOST),
    BadSpec("PSI in camels", _gates(maxScorePsi=0.1), "spec.rollout.gates.maxScorePsi", UNKNOWN),
    BadSpec("correlation below -1", _gates(minRankCorrelation=-2), "spec.rollout.gates.minRankCorrelation", LEAST),
    BadSpec("correlation above 1", _gates(minRankCorrelation=2), "spec.rollout.gates.minRankCorrelation", MOST),
    BadSpec("probation without a unit", _rollout(probation="3600"), "spec.rollout.probation", PATTERN),
    BadSpec("probation of more than a week", _rollout(probation="169h"), "spec.rollout", "must be at most 168h"),
    BadSpec("sticky in capitals", _rollout(sticky="X-Customer"), "spec.rollout.sticky", PATTERN),
    BadSpec("sticky empty", _rollout(sticky=""), "spec.rollout.sticky", SHORT),
    BadSpec("sticky too long", _rollout(sticky="a" * 65), "spec.rollout.sticky", TOO_LONG),
    BadSpec("approval of an alias", _rollout(approve="latest"), "spec.rollout.approve", PATTERN),
    BadSpec("approval a truth value", _rollout(approve=True), "spec.rollout.approve", TEXT),
    BadSpec("deadline without a unit", _rollout(progressDeadline="90"), "spec.rollout.progressDeadline", PATTERN),
    BadSpec(
        "deadline too long a text", _rollout(progressDeadline="0000000005m"), "spec.rollout.progressDeadline", TOO_LONG
    ),
    BadSpec("deadline at once", _rollout(progressDeadline="0s"), "spec.rollout", "from 10s to 24h"),
    BadSpec("deadline a number", _rollout(progressDeadline=90), "spec.rollout.progressDeadline", TEXT),
    # spec.loop
    BadSpec("loop a text", {"spec": {"loop": "Auto"}}, "spec.loop", OBJECT),
    BadSpec("loop with an unknown field", _loop(demote="Auto"), "spec.loop.demote", UNKNOWN),
    BadSpec("promote unknown", _loop(promote="Always"), "spec.loop.promote", ENUM),
    BadSpec("retrain unknown", _loop(retrain="Always"), "spec.loop.retrain", ENUM),
    BadSpec("freeze a truth value", _loop(freeze=True), "spec.loop.freeze", TEXT),
    BadSpec("rollback unknown", _loop(rollback="Never"), "spec.loop.rollback", ENUM),
    BadSpec("retrainEvery in days", _loop(retrainEvery="30d"), "spec.loop.retrainEvery", PATTERN),
    BadSpec("retrainEvery too long", _loop(retrainEvery="9000h"), "spec.loop:", "0s is never"),
    BadSpec("cooldown of nothing", _loop(cooldown="0s"), "spec.loop:", "cooldown must be from 1m"),
    BadSpec("no retraining in seven days", _loop(maxPer7Days=0), "spec.loop.maxPer7Days", LEAST),
    BadSpec("approve with a blank", _loop(approve="retrain 1"), "spec.loop.approve", PATTERN),
    # spec.drift
    BadSpec("drift a text", {"spec": {"drift": "Native"}}, "spec.drift", OBJECT),
    BadSpec("drift with an unknown field", _drift(detector="KS"), "spec.drift.detector", UNKNOWN),
    BadSpec("engine unknown", _drift(engine="Evidently"), "spec.drift.engine", ENUM),
    BadSpec("window of ten rows", _drift(window={"rows": 10}), "spec.drift.window.rows", LEAST),
    BadSpec("minRows above rows", _drift(window={"rows": 200, "minRows": 300}), "spec.drift.window:", "minRows must"),
    BadSpec("a window too old", _drift(window={"maxAge": "200h"}), "spec.drift.window:", "maxAge must be from 1m"),
    BadSpec("significance of one", _drift(significance=1), "spec.drift.significance", MOST),
    BadSpec("effect of next to nothing", _drift(effect=0.001), "spec.drift.effect", LEAST),
    BadSpec("effect of nothing", _drift(effect=0), "spec.drift:", "significance and effect must be above 0"),
    BadSpec(
        "breaches above windows", _drift(persistence={"breaches": 4}), "spec.drift.persistence:", "breaches must be at"
    ),
    BadSpec(
        "drift of Distributed",
        {"spec": {"drift": {}, "serving": {"placement": "Distributed"}}},
        "spec:",
        "leave drift out, or use placement Colocated",
    ),
    # spec.labels
    BadSpec("labels without a delay", {"spec": {"labels": {"sample": 0.1}}}, "spec.labels.delay", "Required"),
    BadSpec("sample a text", _labels(sample="all"), "spec.labels.sample", "must be of type number"),
    BadSpec("sample of more than everybody", _labels(sample=1.5), "spec.labels.sample", MOST),
    BadSpec("sample of less than nobody", _labels(sample=-0.1), "spec.labels.sample", LEAST),
    BadSpec("sample of customers without a name", _labels(sample=0.1), "spec:", "rollout.sticky; set it"),
    BadSpec(
        "sample of Distributed",
        {
            "spec": {
                **_labels(sample=0.1)["spec"],
                "serving": {"placement": "Distributed"},
                "rollout": {"strategy": "Direct", "sticky": "customer"},
            }
        },
        "spec:",
        "leave it out, or use placement Colocated",
    ),
]

GOOD_SPECS: dict[str, Object] = {
    "five lines": {},
    "alias": _model(alias="challenger"),
    "version and digest": _model(version="7", digest="sha256:" + "0" * 64),
    "longest name": _named("a" * 42),
    "training from PostgreSQL": _training(dataset="postgresql://db.churn/churn/customers", credentialsSecret="db"),
    "training by an ensemble in a ConfigMap": _training(ensemble={"configMap": "mine"}),
    "training from PostgreSQL in full": _training(
        dataset="postgresql://me@[::1]:6432/churn/public.customers?sslmode=verify-full&require_auth=scram-sha-256",
        sslMode="require",
        requireAuth="md5",
        scratch="20Gi",
        deadline="24h",
    ),
    "searched beside the customers": _search(),
    "searched elsewhere": _training(
        search={"trials": 8, "workers": 8, "sampler": "nsga2", "hours": 0.5, "storage": "postgresql://me@[::1]:6432/x"}
    ),
    "training of champion": {"spec": {**_model(alias="champion")["spec"], **_training()["spec"]}},
    "pod": _pod(
        nodeSelector={"pool": "models"},
        tolerations=[{"key": "gpu", "operator": "Exists"}, {"operator": "Exists", "tolerationSeconds": 30}],
        affinity={"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
        topologySpreadConstraints=[{"topologyKey": "topology.kubernetes.io/zone"}],
        priorityClassName="high",
        runtimeClassName="gvisor",
        serviceAccountName="workload-identity",
        imagePullSecrets=[{"name": "registry"}],
        labels={"team": "crm", "example.com/cost": ""},
        annotations={"sidecar.istio.io/inject": "true"},
        env=[{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
        envFrom=[{"configMapRef": {"name": "certificates"}}],
    ),
    "limit of cpu": _serving(resources={"cpu": "1", "cpuLimit": "1"}),
    "training from a file": _training(seed=7, resources={"cpu": "2", "memory": "4Gi"}),
    "fixed replicas": _serving(replicas=1, placement="Colocated"),
    "labels": _labels(),
    "sample of nobody": _labels(sample=0),
    "sample of everybody": {"spec": {**_labels(sample=1)["spec"], "rollout": {"sticky": "x-customer"}}},
    "distributed by default": _serving(placement="Distributed"),
    "distributed": _members(deadline="1s", quorum=2, replicas=3, resources={"cpu": "100m", "memory": "256Mi"}),
    "distributed and autoscaled": _serving(placement="Distributed", autoscaling={}, members={"deadline": "10ms"}),
    "autoscaling by default": _serving(autoscaling={}),
    "autoscaling": _autoscaling(minReplicas=1, maxReplicas=8, cpuUtilization=50),
    "resources": _serving(resources={"cpu": "0.5", "memory": "512Mi"}),
    "deadline": _rollout(strategy="Direct", progressDeadline="90s"),
    "canary by default": _rollout(strategy="Canary"),
    "canary": _rollout(
        strategy="Canary",
        steps=[{"weight": 1, "hold": "0s"}, {"weight": 100, "hold": "168h"}],
        gates={"minPairs": 20, "maxErrorRatio": 0, "maxScorePSI": 1, "minRankCorrelation": 1},
        probation="0s",
        sticky="x-customer.id_1",
        approve="7",
    ),
    "shadow": _rollout(strategy="Shadow", steps=[{"weight": 10}], probation="168h"),
    "most steps": _steps(*range(1, 11)),
    "promotes by itself": _loop(promote="Auto"),
    "looks at drift": _drift(engine="AlibiDetect", window={"rows": 1000, "minRows": 300, "maxAge": "15m"}),
    "never trains again by time": _loop(retrainEvery="0s", retrainOnDrift=False, approve="retrain-0123456789"),
    "paused": {"spec": {"paused": True}},
}

EXAMPLES: dict[str, Object] = {
    file.stem: document
    for file in sorted(Path("manifests/examples").glob("telco*.yaml"))
    for document in yaml.safe_load_all(file.read_text(encoding="utf-8"))
    if document["kind"] == CHURN_MODEL
}


@pytest.fixture(scope="module")
def kube(server: ApiServer) -> KubeClient:
    server.admin.create("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    return server.admin


def test_bad_specs_differ() -> None:
    # Two cases with the same place and the same complaint would be one case.
    assert len({(case.where, case.what) for case in BAD_SPECS}) == len(BAD_SPECS)


def test_bad_specs_are_refused_with_a_helpful_text(kube: KubeClient) -> None:
    unhelpful = [text for case in BAD_SPECS if (text := shortcoming(case, partial(_try, kube)))]
    refused = len(BAD_SPECS) - len(unhelpful)
    assert record("specs_tried", len(BAD_SPECS), "specs", ">= 60").holds
    assert record("specs_refused", refused, "specs", ">= 60").holds
    assert not unhelpful, "\n".join(unhelpful)


@pytest.mark.parametrize("change", GOOD_SPECS.values(), ids=GOOD_SPECS.keys())
def test_good_specs_are_accepted(kube: KubeClient, change: Object) -> None:
    assert _try(kube, change)["kind"] == CHURN_MODEL


@pytest.mark.parametrize("model", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_examples_are_accepted(kube: KubeClient, model: Object) -> None:
    body = {**model, "metadata": {"name": model["metadata"]["name"], "namespace": NAMESPACE}}
    kube.create(churn_models(NAMESPACE), body, dryRun="All", fieldValidation="Strict")


def test_five_lines_are_enough_and_get_the_defaults(kube: KubeClient) -> None:
    spec = _try(kube, {})["spec"]
    assert spec["serving"]["placement"] == "Colocated"
    assert spec["serving"]["resources"] == {"cpu": "500m", "memory": "1Gi"}
    assert spec["rollout"] == {
        "strategy": "Direct",
        "steps": [{"weight": 5, "hold": "2m"}, {"weight": 25, "hold": "5m"}, {"weight": 50, "hold": "5m"}],
        "gates": {"minPairs": 200, "maxErrorRatio": 0.01, "maxScorePSI": 0.2, "minRankCorrelation": 0.9},
        "probation": "1h",
        "progressDeadline": "5m",
    }
    assert spec["loop"] == {
        "rollback": "Auto",
        "freeze": "Auto",
        "retrain": "Auto",
        "promote": "Suggest",
        "retrainEvery": "720h",
        "retrainOnDrift": True,
        "cooldown": "24h",
        "maxPer7Days": 2,
    }
    assert "drift" not in spec
    assert spec["paused"] is False


def test_the_registered_model_cannot_change(kube: KubeClient) -> None:
    kube.create(churn_models(NAMESPACE), churn_model(NAMESPACE, "fixed"))
    with pytest.raises(Refused, match="cannot change"):
        kube.merge(f"{churn_models(NAMESPACE)}/fixed", _model(name="another"))


def _try(kube: KubeClient, change: Object) -> Object:
    body = _merged(churn_model(NAMESPACE, "telco"), change)
    return kube.create(churn_models(NAMESPACE), body, dryRun="All", fieldValidation="Strict")


def _merged(body: Object, change: Object) -> Object:
    """The body after a merge patch: None takes a field away."""
    result = deepcopy(body)
    for name, value in change.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = _merged(result[name], value)
        else:
            result[name] = value
    return result
