"""Serves a verified bundle through MLServer: REST and gRPC, ensemble and members. The only importer of mlserver."""
