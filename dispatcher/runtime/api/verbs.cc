#include <google/protobuf/util/json_util.h>

#include <array>

#include "dispatcher/runtime/api/verb.h"
#include "dispatcher/runtime/codec.h"
#include "schemas/limits.h"
#include "schemas/text.h"

namespace muster::runtime {
namespace {

constexpr std::array kVerbs = {
    Verb{"task", "show", false, ShowTask},       Verb{"task", "list", false, ListTasks},
    Verb{"task", "explain", false, ExplainTask}, Verb{"task", "cancel", true, CancelTask},
    Verb{"worker", "list", false, ListWorkers},  Verb{"worker", "show", false, ShowWorker},
    Verb{"worker", "drain", true, DrainWorker},  Verb{"worker", "undrain", true, UndrainWorker},
    Verb{"queue", "list", false, ListQueues},    Verb{"queue", "show", false, ShowQueue},
    Verb{"queue", "pause", true, PauseQueue},    Verb{"queue", "resume", true, ResumeQueue},
    Verb{"queue", "ensure", false, EnsureQueue}, Verb{"strategy", "list", false, ListStrategies},
    Verb{"strategy", "set", true, SetStrategy},  Verb{"stats", "show", false, ShowStats},
    Verb{"health", "show", false, ShowHealth},
};

}  // namespace

std::span<const Verb> Verbs() {
  return kVerbs;
}

Result<const Verb*> FindVerb(std::string_view noun, std::string_view verb) {
  std::vector<std::string> names;
  for (const Verb& known : kVerbs) {
    if (known.noun == noun && known.verb == verb) return &known;
    names.push_back(std::string(known.noun) + "." + std::string(known.verb));
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string asked = CleanText(noun, limits::kNameBytesMax) + "." + CleanText(verb, limits::kNameBytesMax);
  const std::string_view nearest = NearestName(asked, views);
  std::string message = "there is no " + asked;
  if (!nearest.empty()) message += "; did you mean " + std::string(nearest) + "?";
  return Status(ErrorCode::kBadRequest, std::move(message), "subject");
}

bool IsJson(std::string_view data) {
  return !data.empty() && data.front() == '{';
}

Status ParseRequest(std::string_view data, google::protobuf::Message* request) {
  if (IsJson(data)) {
    const auto status =
        google::protobuf::util::JsonStringToMessage(google::protobuf::StringPiece(data.data(), data.size()), request);
    if (status.ok()) return Status();
    return Status(ErrorCode::kBadRequest,
                  CleanText(std::string_view(status.message().data(), status.message().size()), limits::kTextBytesMax),
                  "request");
  }
  if (request->ParseFromArray(data.data(), static_cast<int>(data.size()))) return Status();
  return Status(ErrorCode::kBadRequest, "the bytes are no " + request->GetTypeName(), "request");
}

std::string EncodeReply(const v1::ApiReply& reply, bool json) {
  std::string bytes;
  if (!json) {
    reply.AppendToString(&bytes);
    return bytes;
  }
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  if (!google::protobuf::util::MessageToJsonString(reply, &bytes, options).ok()) bytes = "{}";
  return bytes;
}

}  // namespace muster::runtime
