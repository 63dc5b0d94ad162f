#!/bin/sh
# Temporal's own tables, and those of its visibility, brought to this version's form. Safe to run again.
set -eu

tool() { # DATABASE COMMAND…
    database=$1
    shift
    temporal-sql-tool --plugin postgres12 --endpoint temporal-db --port 5432 --user temporal --db "$database" "$@"
}

for name in temporal visibility; do
    database=temporal
    [ "$name" = temporal ] || database=temporal_$name
    tool "$database" create
    tool "$database" setup-schema -v 0.0
    tool "$database" update-schema -d "/etc/temporal/schema/postgresql/v12/$name/versioned"
done
