#!/usr/bin/env bash
# run.sh BUILD SOURCE: installs BUILD into a scratch folder, builds the foreign project SOURCE against what was installed,
# and runs it with the installed musterd. REQUIRES: NATS_SERVER, or nats-server on PATH.
set -euo pipefail

build="$1" source="$2"
scratch="$(mktemp -d)"
daemon=""
finish() {
  if [ -n "$daemon" ]; then
    kill -TERM "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
  fi
  rm -rf "$scratch"
}
trap finish EXIT

prefix="$scratch/prefix"
cmake --install "$build" --prefix "$prefix" >"$scratch/install.log"
echo "installed: $(find "$prefix" -type f | wc -l) files"

# What was installed can be carried elsewhere: it names neither the source tree nor the build folder.
if grep -rIl -e "$build" -e "$(dirname "$(dirname "$source")")/" "$prefix/include" "$prefix"/lib*/cmake "$prefix"/lib/*/cmake 2>/dev/null; then
  echo "these installed files name the source tree or the build folder" >&2
  exit 1
fi
# Nothing of the inside is installed: public headers only.
if find "$prefix/include" -name '*.h' | grep -v "^$prefix/include/muster/[a-z_]*\.h$"; then
  echo "these installed headers are not public" >&2
  exit 1
fi

cmake -S "$source" -B "$scratch/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=RelWithDebInfo
cmake --build "$scratch/build"
"$scratch/build/consumer"
echo "consumer: runs without a server"

"$prefix/bin/muster" version
"$prefix/bin/musterd" --version
"$prefix/bin/musterd" --dev --data "$scratch/data" --port 0 --http 127.0.0.1:0 >"$scratch/musterd.log" 2>&1 &
daemon=$!
url=""
for _ in $(seq 200); do
  if [ -s "$scratch/data/nats.url" ]; then
    url="$(cat "$scratch/data/nats.url")"
    if "$prefix/bin/muster" stats --server "$url" --json >/dev/null 2>&1; then break; fi
  fi
  if ! kill -0 "$daemon" 2>/dev/null; then break; fi
  sleep 0.1
done
if [ -z "$url" ] || ! "$scratch/build/consumer" "$url"; then
  tail -n 30 "$scratch/musterd.log" >&2
  echo "the consumer's tasks did not run on the installed musterd" >&2
  exit 1
fi
