user="${MONGO_INITDB_ROOT_USERNAME:-${MONGODB_INITDB_ROOT_USERNAME:-}}"
password="${MONGO_INITDB_ROOT_PASSWORD:-${MONGODB_INITDB_ROOT_PASSWORD:-}}"
[ -z "${MONGODB_ROOT_PASSWORD:-}" ] || { user="${MONGODB_ROOT_USER:-root}"; password="$MONGODB_ROOT_PASSWORD"; }
[ -z "${MONGO_INITDB_ROOT_USERNAME_FILE:-}" ] || user=$(cat "$MONGO_INITDB_ROOT_USERNAME_FILE")
[ -z "${MONGO_INITDB_ROOT_PASSWORD_FILE:-}" ] || password=$(cat "$MONGO_INITDB_ROOT_PASSWORD_FILE")
way="$1"
set -- --quiet --archive --gzip
[ -z "$user" ] || set -- "$@" --authenticationDatabase=admin --username="$user" --password="$password"
case "$way" in
save) exec mongodump "$@" ;;
load) exec mongorestore --drop "$@" ;;
esac
