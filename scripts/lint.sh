# shellcheck shell=bash
# Sourced by ./dev: what is judged without running the product.

# Tracked files by ending; a new file counts from `git add` on. Without git (an unpacked archive) every file counts.
tracked() {
  if git -C "$root" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git -C "$root" ls-files -z "$@" | tr '\0' '\n' | while read -r file; do [ -f "$root/$file" ] && say "$file"; done
  else
    local patterns=() pattern
    for pattern in "$@"; do patterns+=(-o -name "${pattern##*/}"); done
    (cd "$root" && find . \( -path ./build -o -path ./.cache \) -prune -o -type f \( "${patterns[@]:1}" \) -print | sed 's,^\./,,')
  fi
}

sources() { tracked '*.h' '*.cc' '*.c'; }

# The layout of code is clang-format 14's; other versions break lines elsewhere.
format_tool() {
  local tool
  for tool in clang-format-14 clang-format; do
    if have "$tool" && "$tool" --version | grep -q 'version 14\.'; then
      say "$tool"
      return 0
    fi
  done
  return 1
}

check_format() {
  local tool
  tool="$(format_tool)" || {
    say "skipped: no clang-format 14 in this Debian release"
    return 0
  }
  mapfile -t files < <(sources)
  say "${#files[@]} files"
  (cd "$root" && printf '%s\0' "${files[@]}" | xargs -0 -n 16 -P "$(nproc)" "$tool" --dry-run -Werror)
}

shell_scripts() {
  local file
  tracked '*.sh'
  for file in $(tracked | grep -v '\.'; tracked '.ci/*'); do
    if head -c 64 "$root/$file" | head -n 1 | grep -Eq '^#!.*\b(ba)?sh$'; then say "$file"; fi
  done
}

# Parts that are only ever sourced (their first line says so) are checked where they are used: what they share is seen there.
check_shell() {
  local file files=()
  for file in $(shell_scripts | sort -u); do
    if ! head -n 1 "$root/$file" | grep -q '^# shellcheck shell='; then files+=("$file"); fi
  done
  say "${#files[@]} scripts and their parts"
  (cd "$root" && shellcheck -x -a "${files[@]}")
}

check_tidy_rules() { (cd "$root" && python3 tests/tidy/run.py); }

check_python() {
  mapfile -t files < <(tracked '*.py')
  say "${#files[@]} files"
  (cd "$root" && python3 - "${files[@]}" <<'PYTHON'
import ast, sys
for name in sys.argv[1:]:
    ast.parse(open(name, encoding="utf-8").read(), name)
PYTHON
  )
}

# Changed files against origin/main, or of the last commits where there is no such base; the rest is for the preset `tidy`.
changed_sources() {
  local base
  base="$(git -C "$root" merge-base HEAD origin/main 2>/dev/null || true)"
  if [ -z "$base" ] || [ "$base" = "$(git -C "$root" rev-parse HEAD 2>/dev/null)" ]; then
    base="$(git -C "$root" rev-list -n 10 HEAD 2>/dev/null | tail -n 1)"
  fi
  {
    if [ -n "$base" ]; then git -C "$root" diff --name-only "$base" -- '*.cc' '*.h'; fi
    tracked 'dispatcher/engine/*.cc'
  } | awk '!seen[$0]++'
}

check_clang_tidy() {
  if ! clang-tidy --version 2>/dev/null | grep -q 'version 14\.'; then
    say "skipped: no clang-tidy 14 in this Debian release"
    return 0
  fi
  cmake --preset clang >/dev/null && cmake --build --preset clang -j "$(build_jobs)" --target muster_proto || return 1
  changed_sources | python3 "$root/scripts/clang_tidy.py" --build "$root/build/clang" --seconds "${MUSTER_TIDY_SECONDS:-200}" \
    --jobs "$(build_jobs)"
}

# lint: every check runs, also after one has failed.
stage_lint() {
  local passed=0 failed=0 check
  if ! { need_packages lint "${packages_lint[@]}" && need_packages build "${packages_build[@]}" &&
    need_packages clang "${packages_clang[@]}"; }; then
    say "lint: 0 passed, 1 failed"
    return 1
  fi
  for check in \
    "format:the layout of code (clang-format 14)" \
    "shell:shell scripts (shellcheck)" \
    "python:Python files parse" \
    "tidy_rules:dependency directions, names, docs (tests/tidy)" \
    "clang_tidy:changed files and the engine (clang-tidy 14)"; do
    if run_logged "lint-${check%%:*}" "${check#*:}" "check_${check%%:*}"; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
    fi
  done
  say "lint: $passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}

stage_fmt() {
  local tool
  need_packages lint "${packages_lint[@]}" || return 1
  tool="$(format_tool)" || die "formatting needs clang-format 14 (Debian 12's package clang-format)"
  mapfile -t files < <(sources)
  (cd "$root" && printf '%s\0' "${files[@]}" | xargs -0 -n 16 -P "$(nproc)" "$tool" -i)
  say "fmt: ${#files[@]} files"
}
