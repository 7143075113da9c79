# shellcheck shell=bash
# Sourced by ./dev: where things are, and how a step tells what it does. $root is set by ./dev.

logs="$root/build/logs"
cache="${MUSTER_CACHE:-$root/.cache}"

say() { printf '%s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}
usage_error() {
  printf 'error: %s (see ./dev help)\n' "$*" >&2
  exit 2
}

have() { command -v "$1" >/dev/null 2>&1; }

# Compilers at once: one per core, and no more than memory carries (a protobuf or RocksDB file takes about 1 GB).
build_jobs() {
  local cores gigabytes
  cores="$(nproc)"
  gigabytes="$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo)"
  if [ "${gigabytes:-1}" -lt 1 ]; then gigabytes=1; fi
  if [ "$gigabytes" -lt "$cores" ]; then say "$gigabytes"; else say "$cores"; fi
}

# run_logged NAME WHAT COMMAND…: runs the command with its output in build/logs/NAME.log. Shows the time and the last line
# while it runs; on failure the end of the log and where the whole of it is. Returns the command's status.
run_logged() {
  local name="$1" what="$2" log started pid status now shown=0 line columns
  shift 2
  mkdir -p "$logs"
  log="$logs/$name.log"
  started="$SECONDS"
  say "== $what"
  # With job control a child gets a process group of its own and does not start with SIGINT ignored, which it would pass on
  # to every program of ours that is to be tested.
  set -m
  ("$@") >"$log" 2>&1 </dev/null &
  pid=$!
  set +m
  # shellcheck disable=SC2064  # the id of this very child is wanted
  trap "kill_tree $pid; kill -TERM -- -$pid 2>/dev/null; exit 130" INT TERM
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.5
    now=$((SECONDS - started))
    if [ -t 1 ]; then
      columns="$(tput cols 2>/dev/null || say 80)"
      line="$(tail -c 400 "$log" | tr '\r' '\n' | tail -n 1 | tr -cd '[:print:]')"
      printf '\r\033[K%.*s' "$((columns - 1))" "   ${now} s  $line"
    elif [ $((now - shown)) -ge 30 ]; then
      shown="$now"
      say "   ${now} s  $(tail -c 400 "$log" | tr '\r' '\n' | tail -n 1 | tr -cd '[:print:]' | cut -c 1-110)"
    fi
  done
  status=0
  wait "$pid" || status=$?
  trap - INT TERM
  if [ -t 1 ]; then printf '\r\033[K'; fi
  if [ "$status" -eq 0 ]; then
    say "   done in $((SECONDS - started)) s (log: ${log#"$root"/})"
  else
    say "   FAILED with status $status after $((SECONDS - started)) s; the end of ${log#"$root"/}:"
    tail -n "${MUSTER_LOG_TAIL:-60}" "$log" | sed 's/^/   | /'
    say "   the whole log: $log"
  fi
  return "$status"
}

# Ends a process and its descendants, the youngest first.
kill_tree() {
  local child
  for child in $(ps -o pid= --ppid "$1" 2>/dev/null); do kill_tree "$child"; done
  kill -TERM "$1" 2>/dev/null || true
}

# Fails early, and in words, where the disk cannot hold a build.
need_disk_mb() {
  local free
  free="$(df -Pm "$root" | awk 'NR == 2 {print $4}')"
  if [ "$free" -lt "$1" ]; then die "only $free MB are free at $root, $1 MB are needed"; fi
}
