# shellcheck shell=bash
# Sourced by ./dev: build, test and the stages of `ci`. Each returns 0 only if all that it names has passed.

configure_preset() {
  # A folder made by another compiler or moved from elsewhere is made anew; otherwise cmake itself finds what changed.
  cmake --preset "$1" || cmake --preset "$1" --fresh
}

# build_preset PRESET [TARGET…]
build_preset() {
  local preset="$1"
  shift
  need_disk_mb 3000
  run_logged "configure-$preset" "configuring $preset (build/$preset)" configure_preset "$preset" || return 1
  local targets=()
  if [ "$#" -gt 0 ]; then targets=(--target "$@"); fi
  run_logged "build-$preset" "building $preset with $(build_jobs) jobs" \
    cmake --build --preset "$preset" -j "$(build_jobs)" "${targets[@]}"
}

# The kernel may place mappings where ThreadSanitizer cannot have them; without randomisation they never are.
sanitizer_wrapper() {
  if [ "$1" = tsan ] && [ "$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || say 28)" -gt 28 ] && have setarch; then
    say "setarch $(uname -m) -R"
  fi
}

# test_preset PRESET WORD [CTEST ARGUMENT…]: runs the preset's tests and prints `WORD: N passed, N failed`.
test_preset() {
  local preset="$1" word="$2" junit="$root/build/logs/$2.xml" status=0 wrapper
  shift 2
  read -r -a wrapper <<<"$(sanitizer_wrapper "$preset")"
  rm -f "$junit"
  run_logged "test-$word" "testing: $word" \
    "${wrapper[@]}" ctest --preset "$preset" --output-junit "$junit" --no-tests=error "$@" || status=1
  if [ -s "$junit" ]; then
    python3 "$root/scripts/verdict.py" "$word" "$junit" || status=1
  else
    say "$word: 0 passed, 1 failed"
    status=1
  fi
  return "$status"
}

stage_setup_build() {
  need_packages build "${packages_build[@]}" || return 1
}

# stage_test [CTEST ARGUMENT…]
stage_test() {
  if ! { stage_setup_build && need_promtool && find_nats "$nats_choice" && build_preset dev; }; then
    say "test: 0 passed, 1 failed"
    return 1
  fi
  test_preset dev test "$@"
}

stage_package() { test_preset package package; }

stage_sanitize_address() { find_nats "$nats_choice" && build_preset asan && test_preset asan asan; }

# Only the programs whose code has threads of ours; the rest would be built for nothing.
stage_sanitize_thread() {
  local targets
  find_nats "$nats_choice" || return 1
  run_logged configure-tsan "configuring tsan (build/tsan)" configure_preset tsan || return 1
  mapfile -t targets < <(ctest --preset tsan --show-only=json-v1 |
    python3 "$root/scripts/test_targets.py")
  if [ "${#targets[@]}" -eq 0 ]; then
    say "tsan: 0 passed, 1 failed (no test of runtime, adapters or SDK was found)"
    return 1
  fi
  run_logged build-tsan "building ${targets[*]} under ThreadSanitizer" \
    cmake --build --preset tsan -j "$(build_jobs)" --target "${targets[@]}" || return 1
  test_preset tsan tsan
}

stage_clang() {
  need_packages clang "${packages_clang[@]}" && build_preset clang && test_preset clang clang
}

# stage_fuzz [SECONDS]: every fuzz target for that long, from its committed corpus. What it finds is left in build/logs.
stage_fuzz() {
  local seconds="${1:-20}" target targets failed=0 corpus
  need_packages clang "${packages_clang[@]}" || return 1
  run_logged configure-fuzz "configuring fuzz (build/fuzz)" configure_preset fuzz || return 1
  mapfile -t targets < <(cmake --build --preset fuzz --target help | grep -o '^fuzz_[a-z0-9_]*' | grep -v '_corpus$')
  if [ "${#targets[@]}" -eq 0 ]; then
    say "fuzz: 0 passed, 1 failed (there is no target)"
    return 1
  fi
  build_preset fuzz "${targets[@]}" || return 1
  for target in "${targets[@]}"; do
    corpus="$(mktemp -d)"
    local folders=("$corpus")
    if [ -d "$root/tests/fuzz/corpus/$target" ]; then folders+=("$root/tests/fuzz/corpus/$target"); fi
    run_logged "$target" "fuzzing $target for $seconds s" "$root/build/fuzz/tests/$target" -max_total_time="$seconds" \
      -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$root/build/logs/$target-" "${folders[@]}" ||
      failed=$((failed + 1))
    rm -rf "$corpus"
  done
  say "fuzz: $((${#targets[@]} - failed)) passed, $failed failed"
  [ "$failed" -eq 0 ]
}

# The test itself finds out whether Docker runs, or can be started; its last line is the verdict, or that it was skipped and why.
stage_compose() {
  need_packages build python3 && mkdir -p "$logs" || return 1
  "$root/tests/compose/run" "$@" 2>&1 | tee "$logs/compose-test.log"
}

compose_was_skipped() { tail -n 1 "$logs/compose-test.log" | grep -q '^compose-test: skipped'; }
