"""Who may include whom: dependencies point inward only."""
import re

from .tree import Finding

PROTO = "generated messages"
SDK = "worker_sdk/include/"

# A file belongs to the first area that it begins with; an area may include itself and what is named.
AREAS = [
    ("schemas/", [PROTO]),
    ("storage/", ["schemas/"]),
    ("dispatcher/engine/", ["schemas/"]),
    ("dispatcher/runtime/", ["dispatcher/engine/", "storage/", "schemas/", PROTO]),
    ("dispatcher/adapters/", ["dispatcher/runtime/", "dispatcher/engine/", "schemas/", PROTO]),
    ("dispatcher/daemon/", ["dispatcher/adapters/", "dispatcher/runtime/", "dispatcher/engine/", "storage/", "schemas/", PROTO]),
    # Verbs that read the journal off line need the store and the records; no other verb does.
    ("dispatcher/cli/verbs/state", ["dispatcher/cli/", "dispatcher/runtime/", "dispatcher/engine/", "storage/", "schemas/", PROTO]),
    ("dispatcher/cli/", ["worker_sdk/", SDK, "schemas/", PROTO]),
    ("dispatcher/simulate/", ["dispatcher/runtime/", "dispatcher/engine/", "storage/", "schemas/", PROTO]),
    ("worker_sdk/examples/", [SDK]),
    (SDK, []),
    ("worker_sdk/", [SDK, "schemas/", PROTO]),
]
SOURCES = (".h", ".cc")

# Public headers that are installed as a header of schemas/: that one is then held to the public rule.
FORWARDED = {
    "worker_sdk/include/muster/priority.h": "schemas/priority.h",
    "worker_sdk/include/muster/status.h": "schemas/status.h",
}

# No clock, thread, file, network or chance: these take time and chance as arguments.
PURE = ("dispatcher/engine/", "worker_sdk/src/session")
IMPURE_HEADERS = re.compile(
    r"^(thread|mutex|shared_mutex|condition_variable|atomic|future|semaphore|latch|barrier|stop_token|iostream|fstream|"
    r"random|filesystem|ctime|csignal|time\.h|signal\.h|unistd\.h|fcntl\.h|poll\.h|pthread\.h|netdb\.h|sys/.*|netinet/.*|"
    r"nats.*|rocksdb/.*|prometheus/.*|spdlog/.*|google/.*|yaml-cpp/.*|httplib\.h)$")
IMPURE_CODE = re.compile(r"::now\s*\(|\bgetenv\s*\(|\bstd::rand\b|\brandom_device\b|\bsleep_for\b|\bgettimeofday\b|\bclock_gettime\b")


def area_of(name):
    """The area of an included name or of a file."""
    if name.endswith(".pb.h"):
        return PROTO
    if name.startswith("muster/"):
        return SDK
    for area, _ in AREAS:
        if name.startswith(area):
            return area
    return None


def permitted(path):
    for area, allowed in AREAS:
        if path.startswith(area):
            return [area, *allowed]
    return None


def direction(tree):
    found = []
    for path in tree.files(*SOURCES):
        allowed = permitted(path)
        if allowed is None:
            continue
        for line, angled, name in tree.includes(path):
            target = area_of(name)
            if FORWARDED.get(path) == name:
                continue
            if name.startswith("tests/"):
                found.append(Finding(path, line, f"the product includes a test's file: {name}"))
            elif target is None and not angled and "/" not in name:
                found.append(Finding(path, line, f"include by the path from the root, not \"{name}\""))
            elif target and not any(target == one or (one != PROTO and name.startswith(one)) for one in allowed):
                found.append(Finding(path, line, f"{allowed[0]} must not include {name}"))
    return found


def purity(tree):
    found = []
    for path in tree.files(*SOURCES):
        if not path.startswith(PURE):
            continue
        for line, angled, name in tree.includes(path):
            if (angled and IMPURE_HEADERS.match(name)) or name.endswith(".pb.h"):
                found.append(Finding(path, line, f"pure code includes {name}"))
        for line, text in tree.lines(path):
            if found_code := IMPURE_CODE.search(text.split("//")[0]):
                found.append(Finding(path, line, f"pure code uses {found_code.group(0)}"))
    return found


def public_headers(tree):
    found = []
    for path in tree.files(".h", under=SDK) + [name for name in FORWARDED.values() if tree.exists(name)]:
        for line, angled, name in tree.includes(path):
            if FORWARDED.get(path) == name:
                continue
            standard = angled and re.fullmatch(r"[a-z_0-9]+", name)
            if not standard and not (name.startswith("muster/") and not name.endswith(".pb.h")):
                found.append(Finding(path, line, f"a public header includes {name}"))
    return found
