cli=$(command -v redis-cli || command -v valkey-cli || command -v keydb-cli)
password="${REDISCLI_AUTH:-${REDIS_PASSWORD:-${VALKEY_PASSWORD:-${KEYDB_PASSWORD:-}}}}"
[ -z "$password" ] || export REDISCLI_AUTH="$password"
if [ "$("$cli" ping)" != PONG ]; then
  echo "the server does not answer; where it wants a password, its environment needs REDISCLI_AUTH" >&2
  exit 1
fi
case "$1" in
# Every key as a RESTORE command, which holds with and without an append-only file.
save) for db in $("$cli" info keyspace | sed -n 's/^db\([0-9]*\):.*/\1/p'); do
  printf '*2\r\n$6\r\nSELECT\r\n$%d\r\n%s\r\n' ${#db} "$db"
  "$cli" -n "$db" --raw eval '
    local commands, cursor, crlf = {}, "0", string.char(13, 10)
    local function word(text) return "$" .. #text .. crlf .. text .. crlf end
    repeat
      local page = redis.call("SCAN", cursor, "COUNT", 1000)
      cursor = page[1]
      for _, key in ipairs(page[2]) do
        local value, left = redis.call("DUMP", key), redis.call("PTTL", key)
        if value then
          local time = string.format("%.0f", math.max(left, 0))
          commands[#commands + 1] = "*5" .. crlf .. word("RESTORE") .. word(key) .. word(time) .. word(value) .. word("REPLACE")
        end
      end
    until cursor == "0"
    return table.concat(commands)' 0 || exit
done ;;
load) "$cli" flushall >/dev/null && exec "$cli" --pipe ;;
esac
