// What was written once is read for ever: by the numbers of the fields, and by real bytes.
//
// fields.txt lists every field of every message. A new field is added to it with MUSTER_GOLDEN_UPDATE=1; a line that is
// there is never changed. records/ has a message of each important kind as the bytes of its day (.hex) and what they
// mean (.txt).
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "muster/store/v1/record.pb.h"
#include "muster/v1/admin.pb.h"
#include "muster/v1/event.pb.h"
#include "muster/v1/worker.pb.h"
#include "tests/support/catch.h"

namespace muster {
namespace {

namespace pb = google::protobuf;
namespace fs = std::filesystem;

fs::path Folder() {
  const char* source = std::getenv("MUSTER_SOURCE");
  return fs::path(source != nullptr ? source : ".") / "tests" / "golden";
}

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// "muster.v1.Task.id" -> "1 string", and enumerators -> their number.
using Listing = std::map<std::string, std::string>;

void AddMessage(const pb::Descriptor* message, Listing* listing) {
  for (int i = 0; i < message->field_count(); ++i) {
    const pb::FieldDescriptor* field = message->field(i);
    std::string form = std::to_string(field->number());
    form += field->is_map() ? " map " : field->is_repeated() ? " repeated " : " ";
    if (field->message_type() != nullptr) {
      form += field->message_type()->full_name();
    } else if (field->enum_type() != nullptr) {
      form += field->enum_type()->full_name();
    } else {
      form += field->type_name();
    }
    (*listing)[field->full_name()] = form;
  }
  for (int i = 0; i < message->nested_type_count(); ++i) AddMessage(message->nested_type(i), listing);
}

Listing ActualListing() {
  Listing listing;
  for (const pb::FileDescriptor* file : {v1::Error::descriptor()->file(), v1::Task::descriptor()->file(),
                                         v1::Hello::descriptor()->file(), v1::ApiReply::descriptor()->file(),
                                         v1::TaskEvent::descriptor()->file(), store::v1::Done::descriptor()->file()}) {
    for (int i = 0; i < file->message_type_count(); ++i) AddMessage(file->message_type(i), &listing);
    for (int i = 0; i < file->enum_type_count(); ++i) {
      const pb::EnumDescriptor* type = file->enum_type(i);
      for (int j = 0; j < type->value_count(); ++j) {
        listing[type->full_name() + "." + type->value(j)->name()] = std::to_string(type->value(j)->number());
      }
    }
  }
  return listing;
}

Listing CommittedListing() {
  Listing listing;
  std::ifstream file(Folder() / "fields.txt");
  for (std::string line; std::getline(file, line);) {
    const std::size_t equals = line.find(" = ");
    if (equals != std::string::npos) listing[line.substr(0, equals)] = line.substr(equals + 3);
  }
  return listing;
}

TEST_CASE("golden: no field or enumerator was renumbered, retyped or removed, and each is in the list") {
  const Listing actual = ActualListing();
  Listing committed = CommittedListing();
  for (const auto& [name, form] : committed) {
    INFO(name << " was " << form);
    const auto found = actual.find(name);
    REQUIRE(found != actual.end());
    CHECK(found->second == form);
  }
  const char* update = std::getenv("MUSTER_GOLDEN_UPDATE");
  if (update != nullptr && std::string(update) == "1") {
    committed.insert(actual.begin(), actual.end());  // keeps what is there
    std::ofstream file(Folder() / "fields.txt");
    for (const auto& [name, form] : committed) file << name << " = " << form << "\n";
  }
  for (const auto& [name, form] : actual) {
    INFO(name << " = " << form << " is new: add it with MUSTER_GOLDEN_UPDATE=1");
    CHECK(committed.count(name) == 1);
  }
}

std::string FromHex(const std::string& hex) {
  std::string bytes;
  std::string digits;
  for (char c : hex) {
    if (c == '\n') continue;
    digits.push_back(c);
    if (digits.size() == 2) {
      bytes.push_back(static_cast<char>(std::stoi(digits, nullptr, 16)));
      digits.clear();
    }
  }
  REQUIRE(digits.empty());
  return bytes;
}

TEST_CASE("golden: bytes written by an older program still mean the same") {
  std::set<std::string> kinds;
  for (const fs::directory_entry& entry : fs::directory_iterator(Folder() / "records")) {
    if (entry.path().extension() != ".hex") continue;
    const std::string name = entry.path().stem().string();
    INFO(name);
    const pb::Descriptor* descriptor = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(name);
    REQUIRE(descriptor != nullptr);
    const pb::Message* prototype = pb::MessageFactory::generated_factory()->GetPrototype(descriptor);
    const std::unique_ptr<pb::Message> wanted(prototype->New());
    fs::path text = entry.path();
    REQUIRE(pb::TextFormat::ParseFromString(ReadFile(text.replace_extension(".txt")), wanted.get()));
    const std::unique_ptr<pb::Message> decoded(prototype->New());
    REQUIRE(decoded->ParseFromString(FromHex(ReadFile(entry.path()))));
    std::string difference;
    pb::util::MessageDifferencer differencer;
    differencer.ReportDifferencesToString(&difference);
    const bool same = differencer.Compare(*wanted, *decoded);
    INFO(difference);
    CHECK(same);
    // Nothing may have become an unknown field.
    CHECK(decoded->GetReflection()->GetUnknownFields(*decoded).empty());
    kinds.insert(name);
  }
  for (const char* kind : {"muster.v1.Task", "muster.v1.Hello", "muster.v1.Reports", "muster.v1.Assignments",
                           "muster.v1.Control", "muster.store.v1.InFlight", "muster.store.v1.Done",
                           "muster.store.v1.Queue", "muster.store.v1.Delayed", "muster.store.v1.Meta"}) {
    INFO(kind);
    CHECK(kinds.count(kind) == 1);
  }
}

}  // namespace
}  // namespace muster
