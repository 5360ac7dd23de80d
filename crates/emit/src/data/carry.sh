compose() {
  docker compose --project-name "$PROJECT" "$@"
}

cluster() {
  kubectl ${NAMESPACE:+--namespace "$NAMESPACE"} "$@"
}

say() {
  echo "$*" >&2
}

fail() {
  say "$@"
  exit 1
}

sums() {
  if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}

# Notes the checksums of the files of $1.
seal() {
  (cd "$ARCHIVES" && shift && sums "$@") >"$ARCHIVES/$1.sha256"
}

# True checksums, or the end.
check() {
  [ -f "$ARCHIVES/$1.sha256" ] || fail "there is no archive $ARCHIVES/$1.sha256"
  (cd "$ARCHIVES" && sums -c "$1.sha256") >/dev/null || fail "$ARCHIVES/$1 is not what was archived"
}

# Finds the volume in Docker.
locate() {
  case "$source" in
  /*) [ -d "$source" ] || fail "there is no directory $source" ;;
  *:/*)
    container=$(compose ps --all --quiet "${source%%:*}" | head -n 1)
    [ -n "$container" ] || fail "there is no container of ${source%%:*}"
    format="{{range .Mounts}}{{if eq .Destination \"${source#*:}\"}}{{.Name}}{{end}}{{end}}"
    source=$(docker inspect --format "$format" "$container")
    [ -n "$source" ] || fail "no volume is mounted there"
    ;;
  esac
}

on_docker() {
  access=$1
  shift
  docker run --rm --interactive --network none --volume "$source:/volume$access" "$IMAGE" sh -c "$CARRY" carry "$@"
}

on_cluster() {
  cluster exec --stdin "$pod" -- sh -c "$CARRY" carry "$@"
}

# Ends what uses the claim, and remembers how many there were.
halt() {
  halted=
  for workload in $workloads; do
    [ -n "$(cluster get "$workload" --ignore-not-found --output name)" ] || continue
    case "$workload" in
    cronjob/*)
      cluster patch "$workload" --patch '{"spec":{"suspend":true}}' >&2
      while [ -n "$(cluster get "$workload" --output 'jsonpath={.status.active}')" ]; do sleep 2; done
      halted="$halted $workload=0"
      ;;
    daemonset/*) fail "$workload uses the claim: end its pods, then come back" ;;
    *)
      count=$(cluster get "$workload" --output 'jsonpath={.spec.replicas}')
      labels=$(cluster get "$workload" --output 'go-template={{range $key, $value := .spec.selector.matchLabels}},{{$key}}={{$value}}{{end}}')
      cluster scale "$workload" --replicas=0 >&2
      halted="$halted $workload=$count"
      while [ -n "$(cluster get pods --selector "${labels#,}" --output name)" ]; do sleep 2; done
      ;;
    esac
  done
}

resume() {
  for workload in $halted; do
    case "$workload" in
    cronjob/*) cluster patch "${workload%=*}" --patch '{"spec":{"suspend":false}}' >&2 ;;
    *) cluster scale "${workload%=*}" --replicas="${workload##*=}" >&2 ;;
    esac
  done
  halted=
}

# A pod that has the claim.
start_pod() {
  pod="windlass-data-$claim"
  pod | cluster apply --filename - >&2
  cluster wait --for=condition=Ready "pod/$pod" --timeout=10m >&2
}

end_pod() {
  cluster delete pod "$pod" --wait >&2
  pod=
}

# What is left when something fails.
left() {
  status=$?
  [ "$status" = 0 ] && return
  [ -z "$pod" ] || say "left behind: pod/$pod"
  [ -z "$halted" ] || say "left at zero, with the count that each had:$halted"
}

from_docker() {
  volume "$1"
  locate
  say "$1: archives $source of Docker"
  case "$source" in
  /*) ;;
  *) docker volume inspect "$source" >/dev/null || fail "there is no volume $source" ;;
  esac
  compose stop $services
  rm -f "$ARCHIVES/$1.sha256"
  on_docker :ro list /volume </dev/null >"$ARCHIVES/$1.list"
  on_docker :ro pack /volume </dev/null >"$ARCHIVES/$1.tar.gz"
  seal "$1" "$1.tar.gz" "$1.list"
}

into_cluster() {
  volume "$1"
  check "$1"
  say "$1: restores into the claim $claim"
  halt
  start_pod
  on_cluster unpack /volume $REPLACE <"$ARCHIVES/$1.tar.gz"
  on_cluster list /volume </dev/null | diff "$ARCHIVES/$1.list" - >&2 || fail "$claim is not what was archived"
  end_pod
  resume
}

from_cluster() {
  volume "$1"
  say "$1: archives the claim $claim"
  halt
  start_pod
  rm -f "$ARCHIVES/$1.sha256"
  on_cluster list /volume </dev/null >"$ARCHIVES/$1.list"
  on_cluster pack /volume </dev/null >"$ARCHIVES/$1.tar.gz"
  seal "$1" "$1.tar.gz" "$1.list"
  end_pod
  resume
}

into_docker() {
  volume "$1"
  check "$1"
  locate
  say "$1: restores into $source of Docker"
  compose stop $services
  case "$source" in
  /*) ;;
  *)
    if [ -n "$labelled" ]; then
      docker volume create --label "com.docker.compose.project=$PROJECT" --label "com.docker.compose.volume=$1" "$source" >/dev/null
    else
      docker volume inspect "$source" >/dev/null || fail "there is no volume $source"
    fi
    ;;
  esac
  on_docker "" unpack /volume $REPLACE <"$ARCHIVES/$1.tar.gz"
  on_docker :ro list /volume </dev/null | diff "$ARCHIVES/$1.list" - >&2 || fail "$source is not what was archived"
}

dump_docker() {
  store "$1"
  say "$1: dumps the $kind server of Docker"
  rm -f "$ARCHIVES/$file.sha256"
  compose exec -T "$1" sh -c "$script" dump save </dev/null >"$ARCHIVES/$file"
  seal "$file" "$file"
}

load_cluster() {
  store "$1"
  check "$file"
  say "$1: loads into $workload"
  cluster exec --stdin "$workload" --container "$container" -- sh -c "$script" dump load <"$ARCHIVES/$file"
}

dump_cluster() {
  store "$1"
  say "$1: dumps $workload"
  rm -f "$ARCHIVES/$file.sha256"
  cluster exec --stdin "$workload" --container "$container" -- sh -c "$script" dump save </dev/null >"$ARCHIVES/$file"
  seal "$file" "$file"
}

load_docker() {
  store "$1"
  check "$file"
  say "$1: loads into the $kind server of Docker"
  compose exec -T "$1" sh -c "$script" dump load <"$ARCHIVES/$file"
}

pod= halted= REPLACE=
trap left EXIT
trap 'exit 130' INT TERM
case "${1:-}" in
from-docker | into-cluster | from-cluster | into-docker) all=$VOLUMES ;;
dump-docker | load-cluster | dump-cluster | load-docker) all=$STORES ;;
*)
  sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2
  exit 2
  ;;
esac
verb=$(echo "$1" | tr - _)
shift
if [ "${1:-}" = --replace ]; then
  REPLACE=replace
  shift
fi
mkdir -p "$ARCHIVES"
[ "$verb" != into_cluster ] || claims
for name in ${*:-$all}; do
  "$verb" "$name"
done
