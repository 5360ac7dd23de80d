export PGUSER="${POSTGRES_USER:-${POSTGRESQL_USERNAME:-postgres}}" PGPASSWORD="${POSTGRES_PASSWORD:-${POSTGRESQL_PASSWORD:-}}"
[ -z "${POSTGRES_PASSWORD_FILE:-}" ] || PGPASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
case "$1" in
save) exec pg_dumpall --clean --if-exists ;;
load)
  # The role that reads can neither be dropped nor made again.
  own="\"\{0,1\}$PGUSER\"\{0,1\};\$"
  sed "1,/^-- Databases\$/{/^DROP ROLE IF EXISTS $own/d;/^CREATE ROLE $own/d;}" |
    psql --quiet --no-psqlrc --output=/dev/null --set=ON_ERROR_STOP=1 --dbname=postgres ;;
esac
