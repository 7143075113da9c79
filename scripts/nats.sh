# shellcheck shell=bash
# Sourced by ./dev: finds or makes a nats-server and exports its path as NATS_SERVER. In this order: $NATS_SERVER; one on
# PATH that is new enough, the newest first; the pinned newest, built with Go from the Go module registry; Debian 13's package.

nats_pinned=2.14.9
nats_minimum=2.10.0
nats_advised=2.12.15

# version_at_least HAVE WANTED
version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# What the binary itself says, as 2.14.9; empty where it is no nats-server.
nats_version_of() {
  [ -x "$1" ] || return 0
  "$1" --version 2>/dev/null | sed -n 's/^nats-server: v\{0,1\}\([0-9][0-9.]*\).*/\1/p'
}

# use_nats PATH FROM: takes it if it runs and is new enough.
use_nats() {
  local version
  version="$(nats_version_of "$1")"
  [ -n "$version" ] || return 1
  version_at_least "$version" "$nats_minimum" || return 1
  NATS_SERVER="$1"
  export NATS_SERVER
  nats_version="$version"
  nats_from="$2"
}

nats_from_path() {
  local path version best="" best_version=0
  for path in $(type -aP nats-server) /usr/sbin/nats-server; do
    version="$(nats_version_of "$path")"
    if [ -n "$version" ] && version_at_least "$version" "$best_version" && [ "$version" != "$best_version" ]; then
      best="$path"
      best_version="$version"
    fi
  done
  [ -n "$best" ] || return 1
  if ! version_at_least "$best_version" "$nats_minimum"; then
    say "   nats-server on PATH is $best_version: refused, before $nats_minimum it loses confirmed acknowledgements"
    return 1
  fi
  if [ -n "${1:-}" ] && [ "$best_version" != "$1" ]; then return 1; fi
  use_nats "$best" "PATH"
}

go_install_nats() {
  GOBIN="$1" GOFLAGS=-buildvcs=false GOTOOLCHAIN="${GOTOOLCHAIN:-local}" CGO_ENABLED=0 \
    go install "github.com/nats-io/nats-server/v2@v$2"
}

nats_from_go() {
  local version="$1" target="$cache/nats/$1"
  if use_nats "$target/nats-server" "Go module registry"; then return 0; fi
  if ! have go; then
    say "   no Go here: nats-server $version is not built"
    return 1
  fi
  mkdir -p "$target"
  MUSTER_LOG_TAIL=4 run_logged setup-nats "building nats-server $version with $(go env GOVERSION) from the Go module registry" \
    go_install_nats "$target" "$version" || return 1
  use_nats "$target/nats-server" "Go module registry"
}

nats_from_debian() {
  local target="$cache/nats/debian"
  if [ -z "$(nats_version_of "$target/usr/sbin/nats-server")" ]; then
    run_logged setup-nats-debian "fetching nats-server from Debian 13 (one package, unpacked, not installed)" \
      unpack_package trixie nats-server "$target" || return 1
  fi
  use_nats "$target/usr/sbin/nats-server" "Debian 13"
}

# The newest patch release of 2.12 and the like; needs Go.
nats_newest_of() {
  have go || return 1
  GOFLAGS=-mod=mod go list -m -versions github.com/nats-io/nats-server/v2 2>/dev/null | tr ' ' '\n' |
    grep -E "^v${1//./\\.}\.[0-9]+$" | sort -V | tail -n 1 | sed 's/^v//'
}

# find_nats [VERSION]: VERSION as 2.14.9, 2.12 (its newest) or 2.12.x.
find_nats() {
  local wanted="${1:-}" version
  nats_version=""
  if [ -n "$wanted" ]; then
    wanted="${wanted#v}"
    wanted="${wanted%.x}"
    [[ "$wanted" =~ ^[0-9]+\.[0-9]+(\.[0-9]+)?$ ]] || usage_error "--nats wants a version such as $nats_pinned, not '$1'"
    version_at_least "$wanted" 2.10 || usage_error \
      "nats-server $wanted is refused: before $nats_minimum it loses confirmed acknowledgements on kill -9"
    if [[ ! "$wanted" =~ \.[0-9]+\.[0-9]+$ ]]; then
      version="$(nats_newest_of "$wanted")" || true
      if [ -z "$version" ] && [ "$wanted" = 2.10 ]; then version=2.10.27; fi
      [ -n "$version" ] || die "the newest nats-server $wanted could not be found: the Go module registry is needed for that"
      wanted="$version"
    fi
    if [ -n "${NATS_SERVER:-}" ] && [ "$(nats_version_of "$NATS_SERVER")" = "$wanted" ]; then
      use_nats "$NATS_SERVER" "\$NATS_SERVER"
    elif nats_from_path "$wanted" >/dev/null; then
      :
    elif [ "$wanted" = 2.10.27 ] && nats_from_debian && [ "$nats_version" = "$wanted" ]; then
      :
    elif nats_from_go "$wanted"; then
      :
    else
      die "nats-server $wanted could not be had: neither on PATH, nor in Debian 13, nor from the Go module registry"
    fi
  elif [ -n "${NATS_SERVER:-}" ]; then
    use_nats "$NATS_SERVER" "\$NATS_SERVER" || die "\$NATS_SERVER=$NATS_SERVER is no nats-server of $nats_minimum or newer" \
      "(it says: '$(nats_version_of "$NATS_SERVER")')"
  elif nats_from_path || nats_from_go "$nats_pinned" || nats_from_debian; then
    :
  else
    die "no nats-server: set NATS_SERVER to one of $nats_minimum or newer (see docs/testing.md)"
  fi
  say "nats-server $nats_version from $nats_from: $NATS_SERVER"
  if ! version_at_least "$nats_version" "$nats_advised"; then
    warn "nats-server $nats_version works, but $nats_advised or newer is advised:" \
      "2.10 acknowledges slowly while a full queue is drained out of order (docs/operating.md)"
  fi
}
