export MYSQL_PWD="${MARIADB_ROOT_PASSWORD:-${MYSQL_ROOT_PASSWORD:-}}"
file="${MARIADB_ROOT_PASSWORD_FILE:-${MYSQL_ROOT_PASSWORD_FILE:-}}"
[ -z "$file" ] || MYSQL_PWD=$(cat "$file")
# MariaDB from 10.5 on has names of its own for the programs.
case "$1" in
save) exec "$(command -v mariadb-dump || command -v mysqldump)" --user=root --all-databases --single-transaction \
  --routines --events --triggers --flush-privileges ;;
load) exec "$(command -v mariadb || command -v mysql)" --user=root ;;
esac
