#!/bin/sh
# Run once by the database's image, on an empty volume: one database and one role for each part. The ledger's tables
# belong to habeas_owner, who migrates; the processes are habeas_app, which may not change evidence.
set -eu

psql --set ON_ERROR_STOP=1 --set owner="$OWNER_PASSWORD" --set app="$APP_PASSWORD" --set crm="$CRM_PASSWORD" \
    --set billing="$BILLING_PASSWORD" --set support="$SUPPORT_PASSWORD" \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE habeas_owner LOGIN PASSWORD :'owner';
CREATE ROLE habeas_app LOGIN PASSWORD :'app';
CREATE DATABASE habeas OWNER habeas_owner;
REVOKE CONNECT ON DATABASE habeas FROM PUBLIC;
GRANT CONNECT ON DATABASE habeas TO habeas_app;

CREATE ROLE crm LOGIN PASSWORD :'crm';
CREATE DATABASE crm OWNER crm;
REVOKE CONNECT ON DATABASE crm FROM PUBLIC;
CREATE ROLE billing LOGIN PASSWORD :'billing';
CREATE DATABASE billing OWNER billing;
REVOKE CONNECT ON DATABASE billing FROM PUBLIC;
CREATE ROLE support LOGIN PASSWORD :'support';
CREATE DATABASE support OWNER support;
REVOKE CONNECT ON DATABASE support FROM PUBLIC;
SQL
