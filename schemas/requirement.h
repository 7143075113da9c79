// The constraint language: which workers may take a task. One parser, one printer, one evaluator; no protobuf.
//
//   gpu, model:llama-70b, !windows, (cuda|rocm), region=eu-1, zone in (a b), tier!=spot, generation>=3, exists(rack)
//
// Terms are joined by commas and all must hold:
//   name          the worker has the capability            !name         it has not
//   (a|b|c)       it has one of them (a|b without brackets is the same)
//   key=value key!=value key<n key<=n key>n key>=n         a label; the ordered forms compare numbers
//   key in (a b)  key notin (a b)   exists(key)  !exists(key)
// A label that is absent satisfies only != notin !exists. An ordered comparison with a label that is no number is
// false. Threads: values.
#ifndef MUSTER_SCHEMAS_REQUIREMENT_H_
#define MUSTER_SCHEMAS_REQUIREMENT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/status.h"

namespace muster {

struct Term {
  enum class Kind : std::uint8_t {
    kAllOf,   // words[0]
    kAnyOf,   // words
    kNoneOf,  // words[0]
    kEqual,   // key = words[0]
    kNotEqual,
    kLess,  // key < number
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kIn,  // key in words
    kNotIn,
    kExists,  // key
    kNotExists,
  };
  Kind kind = Kind::kAllOf;
  std::string key;
  std::vector<std::string> words;
  double number = 0;

  bool operator==(const Term&) const = default;
};

// What a worker offers, as the evaluator sees it.
using CapabilitySet = std::set<std::string, std::less<>>;
using LabelMap = std::map<std::string, std::string, std::less<>>;

class Requirement {
 public:
  Requirement() = default;  // holds for every worker

  // kBadRequest with the position ("at 14: …") on a syntax error, an over-long text, or too many terms.
  // Contradictions (gpu, !gpu) are an error as well: no worker could ever satisfy them.
  static Result<Requirement> Parse(std::string_view text);

  // Canonical text: terms sorted, repeated ones removed. Equal requirements print alike; Parse(Print()) is the same.
  std::string Print() const;
  static std::string PrintTerm(const Term& term);

  bool Holds(const CapabilitySet& capabilities, const LabelMap& labels) const;
  // The first term that does not hold, or nullptr.
  const Term* FirstFailing(const CapabilitySet& capabilities, const LabelMap& labels) const;

  const std::vector<Term>& terms() const { return terms_; }
  bool empty() const { return terms_.empty(); }

 private:
  std::vector<Term> terms_;
};

}  // namespace muster

#endif  // MUSTER_SCHEMAS_REQUIREMENT_H_
