# What runs beside a volume, with GNU tar and find: VERB VOLUME [DIRECTORY NAME]
set -eu
cd "$2"
# Each file with type, mode, owner, links, size and target, then the checksums: equal for equal volumes.
list() {
  find . -path ./lost+found -prune -o -type s -prune -o -type d -printf "%M %U:%G %p\n" -o -type l -printf "%M %U:%G %p -> %l\n" \
    -o -type f -printf "%M %U:%G %n %s %p\n" -o -printf "%M %U:%G %p\n" | LC_ALL=C sort
  find . -path ./lost+found -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
}
pack() {
  tar --create --gzip --file=- --format=posix --sparse --numeric-owner --xattrs --acls --anchored --exclude=./lost+found .
}
unpack() {
  if find . -mindepth 1 -maxdepth 1 ! -name lost+found | grep -q .; then
    if [ "$1" != replace ]; then
      echo "the volume is not empty; to replace what it holds, say so with --replace" >&2
      exit 1
    fi
    find . -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf {} +
  fi
  tar --extract --gzip --file=- --preserve-permissions --same-owner --numeric-owner --acls \
    --xattrs --xattrs-include="user.*" --xattrs-include=security.capability
}
case "$1" in
list) list ;;
pack) pack ;;
unpack) unpack "${3:-}" ;;
archive)
  rm -f "$3/$4.sha256"
  list >"$3/$4.list"
  pack >"$3/$4.tar.gz"
  cd "$3"
  sha256sum "$4.tar.gz" "$4.list" >"$4.sha256"
  ;;
restore)
  (cd "$3" && sha256sum --check --quiet "$4.sha256")
  unpack "${5:-}" <"$3/$4.tar.gz"
  list | diff "$3/$4.list" -
  ;;
esac
