// The printer and the evaluator of schemas/requirement.h; the parser is in requirement_parser.cc.
#include "schemas/requirement.h"

#include <algorithm>
#include <charconv>

namespace muster {
namespace {

using Kind = Term::Kind;

std::string PrintNumber(double number) {
  // The shortest text that reads back as the same number.
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number);
  return std::string(buffer, end.ptr);
}

std::string PrintWords(const std::vector<std::string>& words, char separator) {
  std::string text = "(";
  for (const std::string& word : words) {
    if (text.size() > 1) text.push_back(separator);
    text.append(word);
  }
  return text.append(")");
}

bool ContainsWord(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool HoldsOrdered(const Term& term, const std::string& label) {
  double value = 0;
  const char* end = label.data() + label.size();
  const auto parsed = std::from_chars(label.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return false;
  switch (term.kind) {
    case Kind::kLess: return value < term.number;
    case Kind::kLessEqual: return value <= term.number;
    case Kind::kGreater: return value > term.number;
    default: return value >= term.number;
  }
}

bool HoldsLabel(const Term& term, const LabelMap& labels) {
  const auto label = labels.find(term.key);
  if (label == labels.end()) {
    return term.kind == Kind::kNotEqual || term.kind == Kind::kNotIn || term.kind == Kind::kNotExists;
  }
  switch (term.kind) {
    case Kind::kEqual: return label->second == term.words[0];
    case Kind::kNotEqual: return label->second != term.words[0];
    case Kind::kIn: return ContainsWord(term.words, label->second);
    case Kind::kNotIn: return !ContainsWord(term.words, label->second);
    case Kind::kExists: return true;
    case Kind::kNotExists: return false;
    default: return HoldsOrdered(term, label->second);
  }
}

bool HoldsTerm(const Term& term, const CapabilitySet& capabilities, const LabelMap& labels) {
  switch (term.kind) {
    case Kind::kAllOf: return capabilities.contains(term.words[0]);
    case Kind::kNoneOf: return !capabilities.contains(term.words[0]);
    case Kind::kAnyOf:
      return std::any_of(term.words.begin(), term.words.end(),
                         [&](const std::string& word) { return capabilities.contains(word); });
    default: return HoldsLabel(term, labels);
  }
}

}  // namespace

std::string Requirement::PrintTerm(const Term& term) {
  switch (term.kind) {
    case Kind::kAllOf: return term.words[0];
    case Kind::kAnyOf: return PrintWords(term.words, '|');
    case Kind::kNoneOf: return "!" + term.words[0];
    case Kind::kEqual: return term.key + "=" + term.words[0];
    case Kind::kNotEqual: return term.key + "!=" + term.words[0];
    case Kind::kLess: return term.key + "<" + PrintNumber(term.number);
    case Kind::kLessEqual: return term.key + "<=" + PrintNumber(term.number);
    case Kind::kGreater: return term.key + ">" + PrintNumber(term.number);
    case Kind::kGreaterEqual: return term.key + ">=" + PrintNumber(term.number);
    case Kind::kIn: return term.key + " in " + PrintWords(term.words, ' ');
    case Kind::kNotIn: return term.key + " notin " + PrintWords(term.words, ' ');
    case Kind::kExists: return "exists(" + term.key + ")";
    case Kind::kNotExists: return "!exists(" + term.key + ")";
  }
  return {};
}

std::string Requirement::Print() const {
  std::string text;
  for (const Term& term : terms_) {
    if (!text.empty()) text.append(", ");
    text.append(PrintTerm(term));
  }
  return text;
}

const Term* Requirement::FirstFailing(const CapabilitySet& capabilities, const LabelMap& labels) const {
  for (const Term& term : terms_) {
    if (!HoldsTerm(term, capabilities, labels)) return &term;
  }
  return nullptr;
}

bool Requirement::Holds(const CapabilitySet& capabilities, const LabelMap& labels) const {
  return FirstFailing(capabilities, labels) == nullptr;
}

}  // namespace muster
