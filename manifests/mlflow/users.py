"""Makes MLflow's users and what each may do; deploy.sh runs it in MLflow's pod, as its admin, at every deploy.

Standard input: a JSON list of {"name", "password", "role": "reader" | "operator" | "trainer", "models": […]}; `models`
are registered models that a trainer may write although somebody else made them.

    reader    serving pods: reads models, versions and artifacts, and can make nothing
    operator  reads as well, moves aliases and tags versions; it can upload nothing, so no bundle is its own
    trainer   one per namespace: makes experiments and models, and writes what it has made; it reads nobody else's
"""

import json
import os
import sys
from typing import NamedTuple

import mlflow
from mlflow.exceptions import RestException
from mlflow.server.auth.client import AuthServiceClient

WORKSPACE = "default"
READS = [("registered_model", "READ"), ("experiment", "READ")]
ROLES = {
    "reader": READS,
    # Moving an alias is an edit of the model, a tag one of the version; whose files stay what training made.
    "operator": [("registered_model", "EDIT"), ("registered_model_version", "EDIT"), ("experiment", "READ")],
    # Leave to make things; what a user makes is its own.
    "trainer": [("workspace", "USE")],
}


class User(NamedTuple):
    """One user as it shall be."""

    name: str
    password: str
    role: str
    models: list[str]


def make_roles(client: AuthServiceClient) -> dict[str, int]:
    """The ids of the roles, each with exactly the permissions above."""
    found = {role.name: role.id for role in client.list_roles(WORKSPACE)}
    for name, wanted in ROLES.items():
        identifier = found.setdefault(name, 0) or client.create_role(WORKSPACE, name).id
        found[name] = identifier
        have = {(have.resource_type, have.permission): have.id for have in client.list_role_permissions(identifier)}
        for resource, permission in set(wanted) - have.keys():
            client.add_role_permission(identifier, resource, "*", permission)
        for kept in have.keys() - set(wanted):
            client.remove_role_permission(have[kept])
    return found


def make_user(client: AuthServiceClient, user: User, roles: dict[str, int]) -> None:
    """A user with this password, this role and no other of ours."""
    try:
        client.create_user(user.name, user.password)
    except RestException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        client.update_user_password(user.name, user.password)
    have = {role.name: role.id for role in client.list_user_roles(user.name) if role.name in ROLES}
    if user.role not in have:
        client.assign_role(user.name, roles[user.role])
    for other in have.keys() - {user.role}:
        client.unassign_role(user.name, have[other])


def give_models(client: AuthServiceClient, user: User) -> None:
    """Let a trainer write models, and their experiments, that were made by somebody else."""
    for name in user.models:
        experiment = mlflow.get_experiment_by_name(name)
        for kind, identifier in (("registered_model", name), ("experiment", experiment and experiment.experiment_id)):
            try:
                if identifier:
                    client.grant_user_permission(user.name, kind, identifier, "MANAGE")
            except RestException as error:
                if error.error_code not in {"RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST"}:
                    raise


def main() -> None:
    """Read the users and make them."""
    address = os.environ.get("CHURN_MLFLOW", "http://127.0.0.1:5000")
    os.environ["MLFLOW_TRACKING_USERNAME"] = os.environ["MLFLOW_AUTH_ADMIN_USERNAME"]
    os.environ["MLFLOW_TRACKING_PASSWORD"] = os.environ["MLFLOW_AUTH_ADMIN_PASSWORD"]
    mlflow.set_tracking_uri(address)
    client = AuthServiceClient(address)
    roles = make_roles(client)
    for user in [User(**user) for user in json.load(sys.stdin)]:
        make_user(client, user, roles)
        give_models(client, user)
        print(f"{user.name}: {user.role}")


if __name__ == "__main__":
    main()
