"""Each foreign library appears in few files, so that it can be replaced and an error in it is caught at one place."""
import re

from .tree import Finding

PRODUCT = ("schemas/", "storage/", "dispatcher/", "worker_sdk/")

# (library, its headers, files that may include it, how many of them at most; 0 = any number)
LIBRARIES = [
    ("cnats", r"nats(/.*)?\.h|nats\.h", r"(dispatcher/adapters/nats|worker_sdk/nats/).*", 0),
    ("RocksDB", r"rocksdb/.*", r"storage/rocksdb_[a-z_]+\.(cc|h)", 2),
    ("prometheus-cpp", r"prometheus/.*", r"dispatcher/adapters/.*", 0),
    ("yaml-cpp", r"yaml-cpp/.*", r"dispatcher/.*\.cc", 1),
    ("CLI11", r"CLI/.*", r"dispatcher/.*\.cc", 2),
    ("cpp-httplib", r"httplib\.h", r"dispatcher/adapters/.*\.cc", 1),
    ("spdlog", r"spdlog/.*", r"dispatcher/adapters/.*\.cc", 1),
    ("nlohmann-json", r"nlohmann/.*", r"(dispatcher/(adapters|cli|daemon)/.*\.(cc|h)|worker_sdk/nats/json_value\.cc)", 0),
    ("xxHash", r"xxhash\.h", r"(schemas|storage|dispatcher/engine)/.*\.cc", 2),
    ("protobuf", r"google/protobuf/.*",
     r"(schemas|dispatcher/(runtime|adapters|daemon|cli)|worker_sdk/(src|nats))/.*", 0),
]
STANDARD = re.compile(r"[a-z_0-9]+")  # <vector>, <cstdint>
POSIX = re.compile(r"(sys|netinet|arpa|linux)/[a-z_0-9]+\.h|(unistd|fcntl|poll|netdb|pthread|signal|spawn|time|dirent|sched|"
                   r"grp|pwd|termios|execinfo|cxxabi|getopt|errno|string|stdlib|stdio)\.h")


def library_of(name):
    for library in LIBRARIES:
        if re.fullmatch(library[1], name):
            return library
    return None


def places(tree):
    found, users = [], {}
    for path in tree.files(".h", ".cc"):
        if not path.startswith(PRODUCT):
            continue
        for line, angled, name in tree.includes(path):
            if not angled or name.startswith("muster/"):
                continue
            library = library_of(name)
            if library is None:
                if not STANDARD.fullmatch(name) and not POSIX.fullmatch(name):
                    found.append(Finding(path, line, f"<{name}> is of a library that tests/tidy/rules/foreign.py does not know"))
                continue
            if not re.fullmatch(library[2], path):
                found.append(Finding(path, line, f"<{name}>: {library[0]} belongs to {library[2]}"))
            users.setdefault(library, {}).setdefault(path, line)
    for library, paths in users.items():
        if library[3] and len(paths) > library[3]:
            for path, line in list(paths.items())[library[3]:]:
                found.append(Finding(path, line, f"{library[0]} is in {len(paths)} files, {library[3]} at most"))
    return found
