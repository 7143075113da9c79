# shellcheck shell=bash
# Sourced by ./dev: the Debian packages, by what they are for. No other registry is used for the product.

packages_build=(
  g++ cmake ninja-build pkg-config ccache python3 ca-certificates procps git
  libnats-dev librocksdb-dev prometheus-cpp-dev libprotobuf-dev protobuf-compiler libyaml-cpp-dev libcli11-dev
  libspdlog-dev libcpp-httplib-dev nlohmann-json3-dev libxxhash-dev libbenchmark-dev zlib1g-dev libssl-dev catch2 xz-utils
)
packages_lint=(shellcheck clang-format clang-tidy)
packages_clang=(clang libclang-rt-dev)

# A field of /etc/os-release, as VERSION_CODENAME.
os_release() { sed -n "s/^$1=\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" /etc/os-release 2>/dev/null; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -q -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "$@"
}

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || say "$package"
  done
}

install_packages() {
  # Lists may be fresh and complete already; only a package that cannot be found needs new ones.
  apt_get install --no-install-recommends "$@" && return 0
  apt_get update && apt_get install --no-install-recommends "$@"
}

# need_packages WHAT PACKAGE…: installs those that are missing. Fast and off line when nothing is.
need_packages() {
  local what="$1" missing
  shift
  have dpkg-query || die "this is not Debian (no dpkg-query): install by hand what scripts/packages.sh lists"
  mapfile -t missing < <(missing_packages "$@")
  if [ "${#missing[@]}" -eq 0 ]; then return 0; fi
  if [ "$(id -u)" -ne 0 ] && ! have sudo; then
    die "packages are missing and this is neither root nor is there sudo. As root: apt-get install ${missing[*]}"
  fi
  if [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null && [ ! -t 0 ]; then
    die "packages are missing and sudo wants a password, but there is no terminal. As root: apt-get install ${missing[*]}"
  fi
  if [ "$(id -u)" -ne 0 ]; then sudo -v || die "sudo was refused"; fi
  run_logged "setup-$what" "installing ${#missing[@]} Debian packages for $what: ${missing[*]}" \
    install_packages "${missing[@]}"
}

# unpack_package SUITE PACKAGE TARGET: downloads one package of a Debian suite and unpacks it into TARGET. Nothing on the
# system changes: apt works on lists and caches of its own, so no unit starts and no pin stays behind.
unpack_package() {
  local suite="$1" package="$2" target="$3" scratch mirror status=0
  scratch="$(mktemp -d)"
  # shellcheck disable=SC2016  # apt itself expands it
  mirror="$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 2>/dev/null |
    head -n 1)"
  mkdir -p "$scratch/lists/partial" "$scratch/cache/archives/partial" "$target"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' \
    "${mirror:-http://deb.debian.org/debian}" "$suite" >"$scratch/sources.list"
  local apt=(apt-get -q -o "Dir::Etc::SourceList=$scratch/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$scratch/lists" -o "Dir::Cache=$scratch/cache" -o Acquire::Languages=none
    -o Acquire::Retries=3 -o "APT::Sandbox::User=$(id -un)")
  "${apt[@]}" update && (cd "$scratch" && "${apt[@]}" download "$package") &&
    dpkg-deb -x "$scratch"/"$package"_*.deb "$target" || status=1
  rm -rf "$scratch"
  return "$status"
}

# promtool checks the live metrics in a test. Debian's package would start a Prometheus, so only its file is taken.
need_promtool() {
  if have promtool; then return 0; fi
  local suite
  suite="$(os_release VERSION_CODENAME)"
  if [ ! -x "$cache/prometheus/usr/bin/promtool" ]; then
    run_logged setup-promtool "fetching promtool from Debian's package prometheus (unpacked, not installed)" \
      unpack_package "${suite:-bookworm}" prometheus "$cache/prometheus" || return 1
  fi
  PATH="$cache/prometheus/usr/bin:$PATH"
}
