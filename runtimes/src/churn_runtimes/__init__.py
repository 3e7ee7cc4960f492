"""Serves a verified bundle through MLServer: REST and gRPC, ensemble and members. The only importer of mlserver."""

from churn_models.passive_threads import wait_passively

wait_passively()
