#include "schemas/headers.h"

#include <set>

#include "muster/v1/task.pb.h"
#include "schemas/task_codec.h"
#include "tests/support/catch.h"

namespace muster {
namespace {

TEST_CASE("headers: the first value is found, whatever the case of the name") {
  const Headers headers = {{"A", "1"}, {"nats-msg-id", "2"}, {"a", "3"}};
  CHECK(FindHeader(headers, "a") == "1");
  CHECK(FindHeader(headers, "Nats-Msg-Id") == "2");
  CHECK(FindHeader(headers, "b").empty());
}

TEST_CASE("headers: every row names a field of muster.v1.Task and an example that is accepted") {
  std::set<std::string_view> names;
  for (const HeaderInfo& info : TaskHeaders()) {
    INFO(info.name);
    CHECK(names.insert(info.name).second);
    CHECK_FALSE(info.form.empty());
    const std::string field(info.field.substr(0, info.field.find('.')));
    REQUIRE(v1::Task::descriptor()->FindFieldByName(field) != nullptr);
    std::string name(info.name);
    if (name.back() == '-') name += "team";
    Headers headers = {{name, std::string(info.example)}};
    // A state without its parent is dropped.
    if (field == "tracestate")
      headers.emplace_back("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    TaskMessage message;
    message.subject = "muster.tasks.normal.mail";
    message.headers = &headers;
    const Result<v1::Task> task = DecodeTask(message);
    REQUIRE(task.status().ToString() == "ok");
    // The field that the row names is the one that is set.
    const google::protobuf::FieldDescriptor* descriptor = v1::Task::descriptor()->FindFieldByName(field);
    const google::protobuf::Reflection* reflection = v1::Task::GetReflection();
    CHECK((descriptor->is_repeated() ? reflection->FieldSize(*task, descriptor) > 0
                                     : reflection->HasField(*task, descriptor)));
  }
}

TEST_CASE("headers: every field a client may set has its header") {
  std::set<std::string> fields;
  for (const HeaderInfo& info : TaskHeaders()) fields.emplace(info.field.substr(0, info.field.find('.')));
  const google::protobuf::Descriptor* task = v1::Task::descriptor();
  for (int i = 0; i < task->field_count(); ++i) {
    const std::string& name = task->field(i)->name();
    // The subject, the data, and a time for people only.
    if (name == "queue" || name == "priority" || name == "payload" || name == "submitted_ms") continue;
    INFO(name);
    CHECK(fields.count(name) == 1);
  }
}

}  // namespace
}  // namespace muster
