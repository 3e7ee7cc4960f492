# Sourced once by the image's entry point, as the superuser of a new and empty data directory.
# The model namespaces' Jobs get a role of their own: what they can reach is the customers' data and nothing else.
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres --set password="$CHURN_PASSWORD" <<'SQL'
CREATE DATABASE mlflow_auth;
CREATE ROLE churn LOGIN PASSWORD :'password';
CREATE DATABASE churn OWNER churn;
REVOKE CONNECT ON DATABASE mlflow, mlflow_auth, postgres FROM PUBLIC;
SQL
