"""The edge: everything that talks to the API server or to MLflow. The only importer of their clients."""
