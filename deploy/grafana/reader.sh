#!/bin/sh
# Makes the roles of docs/roles.sql, lets openai_reader read also the views that the program will make later as the user
# of this database, and sets the reader's password. Doing it again changes nothing but the password.
set -eu
: "${READER_PASSWORD:?set READER_PASSWORD, with which Grafana reads the database}"
: "${GRAFANA_PASSWORD:?set GRAFANA_PASSWORD, for the user admin of Grafana}"

psql -X -q -v ON_ERROR_STOP=1 -f /roles.sql

# From the environment into the statement, so that the password stands on no command line.
psql -X -q -v ON_ERROR_STOP=1 <<'SQL'
\getenv password READER_PASSWORD
alter default privileges in schema openai_bi, openai_focus grant select on tables to openai_reader;
alter role openai_reader password :'password';
SQL
