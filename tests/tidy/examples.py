"""Small trees for the rules: (rule, files, what must be found). An empty list: the rule must be content."""

PROTO = "enum Kind { KIND_NONE = 0; KIND_ONE = 1; }  // no {\nmessage Task {\n  string id = 1;\n  map<string, int64> names = 2;\n}\n"
PAGE = """#### Kind
| 0 | `KIND_NONE` | |
| 1 | `KIND_ONE` | |
#### Task
| 1 | `id` | `string` | |
| 2 | `names` | `map<string, int64>` | |
"""
HEADER_TABLE = 'constexpr std::string_view kForm = "a word";\n{{"Muster-Id", "id", kForm, "o-1"}, Set},\n'
VERB_TREE = {
    "dispatcher/runtime/api/verbs.cc": 'Verb{"task", "show", false, ShowTask},\n',
    "schemas/muster/v1/a.proto": "message Ask {}\nmessage ApiReply { string task = 1; }\n",
}
CODE_TREE = {"schemas/status.cc": 'case ErrorCode::kOk: return "ok";\ncase ErrorCode::kBadQueue: return "bad_queue";\n'}
CODE_PAGE = """#### ErrorCode
| 0 | `ERROR_CODE_UNSPECIFIED` | `ok` | None. | |
| 1 | `ERROR_CODE_BAD_QUEUE` | `bad_queue` | Bad. | Good. |
"""
GUARDED = "#ifndef {0}\n#define {0}\n#endif\n"

EXAMPLES = [
    ("layers point inward", {"dispatcher/engine/a.cc": '#include "dispatcher/runtime/clock.h"\n'}, ["dispatcher/engine/a.cc:1:"]),
    ("layers point inward", {"dispatcher/engine/a.cc": '#include "storage/store.h"\n'}, ["must not include storage/store.h"]),
    ("layers point inward", {"dispatcher/engine/a.cc": '#include "muster/v1/task.pb.h"\n'}, ["task.pb.h"]),
    ("layers point inward", {"dispatcher/runtime/a.cc": '#include "dispatcher/adapters/x.h"\n'}, ["dispatcher/adapters/x.h"]),
    ("layers point inward", {"storage/a.cc": '\n#include "dispatcher/engine/types.h"\n'}, ["storage/a.cc:2:"]),
    ("layers point inward", {"worker_sdk/src/a.cc": '#include "dispatcher/engine/types.h"\n'}, ["dispatcher/engine/types.h"]),
    ("layers point inward", {"dispatcher/cli/a.cc": '#include "storage/store.h"\n'}, ["storage/store.h"]),
    ("layers point inward", {"schemas/a.cc": '#include "muster/worker.h"\n'}, ["muster/worker.h"]),
    ("layers point inward", {"storage/a.cc": '#include "tests/support/catch.h"\n'}, ["a test's file"]),
    ("layers point inward", {"storage/a.cc": '#include "store.h"\n'}, ["by the path from the root"]),
    ("layers point inward", {
        "dispatcher/engine/a.cc": '#include "schemas/limits.h"\n#include "dispatcher/engine/types.h"\n',
        "dispatcher/runtime/a.cc": '#include "storage/store.h"\n#include "muster/v1/task.pb.h"\n',
        "dispatcher/cli/a.cc": '#include "muster/client.h"\n#include "schemas/subjects.h"\n',
        "dispatcher/cli/verbs/state_inspect.cc": '#include "storage/store.h"\n#include "dispatcher/cli/args.h"\n',
        "tests/unit/engine/a.cc": '#include "dispatcher/engine/types.h"\n#include "tests/support/catch.h"\n',
    }, []),

    ("the engine and the session are pure", {"dispatcher/engine/a.cc": "#include <mutex>\n"}, ["includes mutex"]),
    ("the engine and the session are pure", {"dispatcher/engine/a.h": "#include <nats/nats.h>\n"}, ["nats/nats.h"]),
    ("the engine and the session are pure", {"dispatcher/engine/a.cc": "x = std::chrono::steady_clock::now();\n"}, ["::now("]),
    ("the engine and the session are pure", {"worker_sdk/src/session.cc": "#include <thread>\n"}, ["includes thread"]),
    ("the engine and the session are pure", {
        "dispatcher/engine/a.cc": "#include <vector>\n// never std::chrono::system_clock::now()\n",
        "dispatcher/runtime/a.cc": "#include <mutex>\n",
    }, []),

    ("public headers include only std and muster", {"worker_sdk/include/muster/a.h": "#include <nats/nats.h>\n"}, ["nats/nats.h"]),
    ("public headers include only std and muster", {"worker_sdk/include/muster/a.h": '#include "schemas/status.h"\n'}, ["schemas/status.h"]),
    ("public headers include only std and muster", {"worker_sdk/include/muster/a.h": '#include "muster/v1/task.pb.h"\n'}, ["task.pb.h"]),
    ("public headers include only std and muster",
     {"worker_sdk/include/muster/a.h": '#include <string>\n#include "muster/options.h"\n'}, []),
    ("public headers include only std and muster", {
        "worker_sdk/include/muster/status.h": '#include "schemas/status.h"\n',
        "schemas/status.h": "#include <google/protobuf/message.h>\n",
    }, ["schemas/status.h:1: a public header includes google"]),
    ("public headers include only std and muster", {
        "worker_sdk/include/muster/status.h": '#include "schemas/status.h"\n',
        "schemas/status.h": "#include <string>\n",
    }, []),

    ("a foreign library stays in its files", {"dispatcher/daemon/a.cc": "#include <nats/nats.h>\n"}, ["cnats belongs to"]),
    ("a foreign library stays in its files", {"dispatcher/runtime/a.cc": "#include <rocksdb/db.h>\n"}, ["RocksDB belongs to"]),
    ("a foreign library stays in its files", {"storage/a.cc": "#include <boost/asio.hpp>\n"}, ["does not know"]),
    ("a foreign library stays in its files", {
        "dispatcher/adapters/a.cc": "#include <spdlog/spdlog.h>\n",
        "dispatcher/adapters/b.cc": "#include <spdlog/spdlog.h>\n",
    }, ["spdlog is in 2 files, 1 at most"]),
    ("a foreign library stays in its files", {
        "dispatcher/adapters/nats/a.cc": "#include <nats/nats.h>\n#include <sys/socket.h>\n#include <vector>\n",
        "storage/rocksdb_store.cc": "#include <rocksdb/db.h>\n#include <rocksdb/options.h>\n",
        "tests/benchmark/a.cc": "#include <benchmark/benchmark.h>\n",
    }, []),

    ("files are short", {"storage/a.cc": "\n" * 601}, ["601 lines"]),
    ("files are short", {"storage/a.cc": "\n" * 600}, []),

    ("headers are guarded by their path", {"storage/store.h": "#pragma once\n"}, ["MUSTER_STORAGE_STORE_H_"]),
    ("headers are guarded by their path", {"storage/store.h": GUARDED.format("MUSTER_STORE_H_")}, ["MUSTER_STORAGE_STORE_H_"]),
    ("headers are guarded by their path", {
        "storage/store.h": "// What it is.\n" + GUARDED.format("MUSTER_STORAGE_STORE_H_"),
        "worker_sdk/include/muster/task.h": GUARDED.format("MUSTER_TASK_H_"),
    }, []),

    ("no tabs", {"storage/a.cc": "int a;\n\tint b;\n"}, ["storage/a.cc:2: a tab"]),
    ("no tabs", {"storage/a.cc": "int a;\n", "Makefile": "all:\n\ttrue\n"}, []),

    ("nothing is marked as unfinished", {"storage/a.cc": "// TO" "DO: later\n"}, ["unfinished"]),
    ("nothing is marked as unfinished", {"dev": "# FIX" "ME\n"}, ["unfinished"]),
    ("nothing is marked as unfinished", {"storage/a.cc": "mkdtemp(name_" "XXXXXX);\n"}, []),

    ("links in documents resolve", {"docs/a.md": "See [b](b.md).\n"}, ["there is no b.md"]),
    ("links in documents resolve", {"docs/a.md": "See [b](b.md#gone).\n", "docs/b.md": "# Here\n"}, ["no heading #gone"]),
    ("links in documents resolve", {
        "docs/a.md": "See [b](b.md#what-it-is), [web](https://example.org) and [up](../README.md).\n```\n[x](gone)\n```\n",
        "docs/b.md": "# What it *is*\n".replace("*", ""),
        "README.md": "`[y](gone)`\n",
    }, []),

    ("quoted code is the file it names", {"README.md": "<!-- from a.cc -->\n```cpp\nint b;\n```\n", "a.cc": "int a;\n"}, ["is not what a.cc says"]),
    ("quoted code is the file it names", {"README.md": "<!-- from a.cc -->\n```cpp\nint b;\n```\n"}, ["there is no a.cc"]),
    ("quoted code is the file it names", {"README.md": "<!-- from a.cc -->\ntext\n", "a.cc": "int a;\n"}, ["no code follows"]),
    ("quoted code is the file it names",
     {"README.md": "<!-- from a.cc#two -->\n```\nint a;\n```\n", "a.cc": "// [doc one\nint a;\n// doc]\n"}, ["no whole region"]),
    ("quoted code is the file it names", {
        "README.md": "<!-- from a.cc -->\n```cpp\nint a;\n```\n\n<!-- from b.cc -->\n\n```cpp\nint c;\n\n  int d;\n```\n",
        "a.cc": "int a;\n",
        "b.cc": "int b;\n  // [doc\n  int c;\n\n    int d;\n  // doc]\nint e;\n",
    }, []),

    ("every page is on the map", {"docs/README.md": "[a](a.md)\n", "docs/a.md": "a\n", "docs/b.md": "b\n"}, ["docs/b.md:1:"]),
    ("every page is on the map", {
        "docs/README.md": "[a](a.md) and [decisions](decisions)\n", "docs/a.md": "a\n", "docs/decisions/one.md": "b\n"}, []),

    ("documents name only metrics that exist", {"docs/a.md": "`muster_tasks_lost_total`\n"}, ["muster_tasks_lost_total"]),
    ("documents name only metrics that exist", {
        "docs/a.md": "`muster_tasks_done_total`, `muster_wait_seconds_bucket`, target `muster_base`\n",
        "dispatcher/adapters/metrics.cc": '"muster_tasks_done_total" "muster_wait_seconds"\n',
        "schemas/CMakeLists.txt": "muster_library(muster_base)\n",
    }, []),

    ("documents name only headers that exist", {"docs/a.md": "`Muster-Colour: red`\n"}, ["Muster-Colour"]),
    ("documents name only headers that exist", {"docs/a.md": "`Muster-Not-Before`\n", "schemas/headers.cc": '"Muster-Not-Before"\n'}, []),

    ("the protocol page tells every message", {"schemas/muster/v1/a.proto": PROTO}, ["docs/protocol.md:1: is missing"]),
    ("the protocol page tells every message", {"schemas/muster/v1/a.proto": PROTO, "docs/protocol.md": PAGE.replace("#### Kind", "#### Sort")},
     ["Kind has no section", "there is no message or enum Sort"]),
    ("the protocol page tells every message", {"schemas/muster/v1/a.proto": PROTO, "docs/protocol.md": PAGE.replace("| 2 | `names`", "| 3 | `names`")},
     ["Task.names is number 2, not 3"]),
    ("the protocol page tells every message", {"schemas/muster/v1/a.proto": PROTO, "docs/protocol.md": PAGE.replace("`map<string, int64>`", "`int64`")},
     ["Task.names is map<string, int64>, not int64"]),
    ("the protocol page tells every message", {"schemas/muster/v1/a.proto": PROTO, "docs/protocol.md": PAGE.replace("`KIND_ONE`", "`KIND_UN`")},
     ["Kind.KIND_ONE is missing", "there is no Kind.KIND_UN"]),
    ("the protocol page tells every message", {"schemas/muster/v1/a.proto": PROTO, "docs/protocol.md": PAGE}, []),

    ("the protocol page tells every header", {"schemas/headers.cc": HEADER_TABLE, "docs/protocol.md": "### Headers\n"}, ["the header Muster-Id is missing"]),
    ("the protocol page tells every header", {
        "schemas/headers.cc": HEADER_TABLE, "docs/protocol.md": "### Headers\n| `Muster-Id` | `id` | any word | `o-1` |\n"}, ["any word"]),
    ("the protocol page tells every header", {
        "schemas/headers.cc": HEADER_TABLE,
        "docs/protocol.md": "### Headers\n| `Muster-Id` | `id` | a word | `o-1` |\n| `Muster-Gone` | `id` | a word | `o-1` |\n"},
     ["there is no header Muster-Gone"]),
    ("the protocol page tells every header", {
        "schemas/headers.cc": HEADER_TABLE, "docs/protocol.md": "### Headers\n| `Muster-Id` | `id` | a word | `o-1` |\n"}, []),

    ("the protocol page tells every API verb", VERB_TREE | {"docs/protocol.md": "## Questions\n"}, ["the verb task.show is missing"]),
    ("the protocol page tells every API verb", VERB_TREE | {"docs/protocol.md": "## Questions\n| `task.show` | `Gone` | `task` |\n"},
     ["Gone or task is not there"]),
    ("the protocol page tells every API verb", VERB_TREE | {"docs/protocol.md": "## Questions\n| `task.show` | `Ask` | `task` |\n"}, []),

    ("the protocol page tells every error code", CODE_TREE | {"docs/protocol.md": "#### ErrorCode\n| 0 | `ERROR_CODE_UNSPECIFIED` | `ok` | None. | |\n"},
     ["the error code BAD_QUEUE is missing"]),
    ("the protocol page tells every error code", CODE_TREE | {"docs/protocol.md": CODE_PAGE.replace("`bad_queue`", "`badqueue`")}, ["its short name is bad_queue"]),
    ("the protocol page tells every error code", CODE_TREE | {"docs/protocol.md": CODE_PAGE}, []),
]
