// JSON out: protobuf messages in their JSON form, and small objects of our own. Threads: pure functions and values.
#ifndef MUSTER_DISPATCHER_CLI_JSON_H_
#define MUSTER_DISPATCHER_CLI_JSON_H_

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "muster/v1/task.pb.h"
#include "schemas/status.h"

namespace muster::cli {

// Field names as in the .proto; zero values are written, so that a program always finds its field. No new line at the
// end; one line unless `pretty`.
std::string ToJson(const google::protobuf::Message& message, bool pretty);

// An object built member by member, in order: for answers that have no message (doctor, bench). One line.
class JsonObject {
 public:
  JsonObject& Set(std::string_view name, std::string_view text);
  JsonObject& Set(std::string_view name, const char* text) { return Set(name, std::string_view(text)); }
  JsonObject& Set(std::string_view name, double number);
  JsonObject& Set(std::string_view name, std::uint64_t number) { return SetRaw(name, std::to_string(number)); }
  JsonObject& Set(std::string_view name, std::int64_t number) { return SetRaw(name, std::to_string(number)); }
  JsonObject& Set(std::string_view name, bool yes) { return SetRaw(name, yes ? "true" : "false"); }
  JsonObject& Set(std::string_view name, const JsonObject& object) { return SetRaw(name, object.Print()); }
  // `json` is valid JSON already.
  JsonObject& SetRaw(std::string_view name, std::string_view json);
  std::string Print() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

// "…" with the escapes JSON wants; bytes that are no UTF-8 become U+FFFD.
std::string JsonString(std::string_view text);

// A task from one line of a batch file: the JSON form of muster.v1.Task, with two things for people: "data" is the
// payload as text, and the priority may be its plain name. kBadRequest with what is wrong.
Result<v1::Task> TaskFromJson(std::string_view line);

}  // namespace muster::cli

#endif  // MUSTER_DISPATCHER_CLI_JSON_H_
