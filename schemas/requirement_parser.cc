// The parser of schemas/requirement.h: one pass over the text, no recursion; then the search for contradictions.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

#include "schemas/charset.h"
#include "schemas/limits.h"
#include "schemas/requirement.h"

namespace muster {
namespace {

using Kind = Term::Kind;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<std::vector<Term>> Parse() {
    std::vector<Term> terms;
    SkipSpace();
    while (at_ < text_.size()) {
      Term term;
      if (Status status = ParseTerm(&term); !status.ok()) return status;
      if (terms.size() == limits::kRequireTermsMax) {
        return Bad("more than " + std::to_string(limits::kRequireTermsMax) + " terms");
      }
      terms.push_back(std::move(term));
      SkipSpace();
      if (at_ == text_.size()) break;
      if (!Take(',')) return Bad("expected a comma before " + charset::Quote(text_.substr(at_, 1)));
      SkipSpace();
      if (at_ == text_.size()) return Bad("a term is missing after the last comma");
    }
    return terms;
  }

 private:
  Status Bad(const std::string& why) const {
    return Status(ErrorCode::kBadRequest, "at " + std::to_string(at_ + 1) + ": " + why);
  }

  void SkipSpace() {
    while (at_ < text_.size() && charset::IsSpace(text_[at_])) ++at_;
  }

  bool Take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // A word into `word`. `what` names it in the error.
  Status TakeWord(std::string_view what, std::string* word) {
    const std::size_t length = charset::FindOther(charset::kWord, text_.substr(at_));
    if (length == 0) {
      return Bad("expected " + std::string(what) + " of A-Z a-z 0-9 - _ . : / @ +" +
                 (at_ < text_.size() ? ", found " + charset::Quote(text_.substr(at_, 1)) : ", found the end"));
    }
    if (length > limits::kNameBytesMax) {
      return Bad(std::string(what) + " is longer than " + std::to_string(limits::kNameBytesMax) + " characters");
    }
    word->assign(text_.substr(at_, length));
    at_ += length;
    return Status();
  }

  // "(a b)" or "(a, b)", with `separator` between words; sorted, each once.
  Status TakeWords(char separator, std::vector<std::string>* words) {
    if (!Take('(')) return Bad("expected ( and a list");
    SkipSpace();
    do {
      std::string word;
      if (Status status = TakeWord("a word", &word); !status.ok()) return status;
      words->push_back(std::move(word));
      const std::size_t before = at_;
      SkipSpace();
      if (Take(')')) return SortWords(words);
      const bool separated = separator == ' ' ? Take(',') || at_ > before : Take(separator);
      if (!separated) {
        return Bad(separator == ' ' ? "expected a space or ) in the list" : "expected | or ) in the list");
      }
      SkipSpace();
    } while (true);
  }

  static Status SortWords(std::vector<std::string>* words) {
    std::sort(words->begin(), words->end());
    words->erase(std::unique(words->begin(), words->end()), words->end());
    return Status();
  }

  Status ParseTerm(Term* term) {
    if (text_[at_] == '(') return FinishAnyOf(term);
    const bool negated = Take('!');
    if (negated) SkipSpace();
    std::string word;
    if (Status status = TakeWord("a name", &word); !status.ok()) return status;
    if (word == "exists" && at_ < text_.size() && text_[at_] == '(') {
      return FinishExists(negated ? Kind::kNotExists : Kind::kExists, term);
    }
    if (negated) {
      term->kind = Kind::kNoneOf;
      term->words.push_back(std::move(word));
      return Status();
    }
    SkipSpace();
    const char next = at_ < text_.size() ? text_[at_] : ',';
    if (next == ',') {
      term->kind = Kind::kAllOf;
      term->words.push_back(std::move(word));
      return Status();
    }
    if (next == '|') return FinishBareAnyOf(std::move(word), term);
    term->key = std::move(word);
    if (charset::Is(charset::kWord, next)) return FinishIn(term);
    return FinishComparison(term);
  }

  static void SetAnyOf(Term* term) {
    SortWords(&term->words).ok();
    term->kind = term->words.size() == 1 ? Kind::kAllOf : Kind::kAnyOf;
  }

  Status FinishAnyOf(Term* term) {
    if (Status status = TakeWords('|', &term->words); !status.ok()) return status;
    SetAnyOf(term);
    return Status();
  }

  Status FinishBareAnyOf(std::string first, Term* term) {
    term->words.push_back(std::move(first));
    while (Take('|')) {
      SkipSpace();
      std::string word;
      if (Status status = TakeWord("a name", &word); !status.ok()) return status;
      term->words.push_back(std::move(word));
      SkipSpace();
    }
    SetAnyOf(term);
    return Status();
  }

  Status FinishExists(Kind kind, Term* term) {
    term->kind = kind;
    ++at_;
    SkipSpace();
    if (Status status = TakeWord("a label's name", &term->key); !status.ok()) return status;
    SkipSpace();
    return Take(')') ? Status() : Bad("expected ) after the label's name");
  }

  Status FinishIn(Term* term) {
    const std::size_t start = at_;
    std::string word;
    if (Status status = TakeWord("in or notin", &word); !status.ok()) return status;
    if (word != "in" && word != "notin") {
      at_ = start;
      return Bad("expected a comma, in, notin or a comparison after " + charset::Quote(term->key));
    }
    term->kind = word == "in" ? Kind::kIn : Kind::kNotIn;
    SkipSpace();
    return TakeWords(' ', &term->words);
  }

  Status FinishComparison(Term* term) {
    const bool not_equal = text_.substr(at_).starts_with("!=");
    const bool or_equal = !not_equal && text_.substr(at_ + 1).starts_with('=');
    switch (text_[at_]) {
      case '=': term->kind = Kind::kEqual; break;
      case '<': term->kind = or_equal ? Kind::kLessEqual : Kind::kLess; break;
      case '>': term->kind = or_equal ? Kind::kGreaterEqual : Kind::kGreater; break;
      case '!':
        term->kind = Kind::kNotEqual;
        if (not_equal) break;
        [[fallthrough]];
      default:
        return Bad("expected a comma or one of = != < <= > >= in notin, found " + charset::Quote(text_.substr(at_, 1)));
    }
    if (term->kind == Kind::kEqual && or_equal) return Bad("write = in place of ==");
    at_ += not_equal || or_equal ? 2 : 1;
    SkipSpace();
    if (term->kind == Kind::kEqual || term->kind == Kind::kNotEqual) {
      return TakeWord("a value", &term->words.emplace_back());
    }
    const std::size_t start = at_;
    std::string word;
    if (Status status = TakeWord("a number", &word); !status.ok()) return status;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), term->number);
    if (parsed.ec != std::errc() || parsed.ptr != word.data() + word.size() || !std::isfinite(term->number)) {
      at_ = start;
      return Bad("an ordered comparison needs a number, found " + charset::Quote(word));
    }
    if (term->number == 0) term->number = 0;  // -0 prints otherwise than 0, though they are equal
    return Status();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool Before(const Term& a, const Term& b) {
  return std::tie(a.kind, a.key, a.words, a.number) < std::tie(b.kind, b.key, b.words, b.number);
}

bool Contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// What the terms on one label leave of its values.
class LabelRange {
 public:
  void Add(const Term& term) {
    switch (term.kind) {
      case Kind::kEqual:
      case Kind::kIn: Restrict(term.words); break;
      case Kind::kNotEqual:
      case Kind::kNotIn: excluded_.insert(excluded_.end(), term.words.begin(), term.words.end()); return;
      case Kind::kNotExists: absent_ = true; return;
      case Kind::kExists: break;
      default: ordered_.push_back(&term); break;
    }
    present_ = true;
  }

  bool Empty() const {
    if (absent_ && present_) return true;
    if (allowed_) {
      return std::none_of(allowed_->begin(), allowed_->end(), [&](const std::string& value) {
        return !Contains(excluded_, value) && std::all_of(ordered_.begin(), ordered_.end(), [&](const Term* term) {
          double number = 0;
          const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
          return parsed.ec == std::errc() && parsed.ptr == value.data() + value.size() && Within(*term, number);
        });
      });
    }
    // Exclusions cannot use up an interval of numbers that has more than one point: 1, 1.0 and 1e0 are different words.
    return IntervalEmpty();
  }

 private:
  static bool Within(const Term& term, double number) {
    switch (term.kind) {
      case Kind::kLess: return number < term.number;
      case Kind::kLessEqual: return number <= term.number;
      case Kind::kGreater: return number > term.number;
      default: return number >= term.number;
    }
  }

  bool IntervalEmpty() const {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    bool low_open = false;
    bool high_open = false;
    for (const Term* term : ordered_) {
      const bool open = term->kind == Kind::kLess || term->kind == Kind::kGreater;
      if (term->kind == Kind::kLess || term->kind == Kind::kLessEqual) {
        if (term->number < high || (term->number == high && open)) high_open = open;
        high = std::min(high, term->number);
      } else {
        if (term->number > low || (term->number == low && open)) low_open = open;
        low = std::max(low, term->number);
      }
    }
    return low > high || (low == high && (low_open || high_open));
  }

  void Restrict(const std::vector<std::string>& words) {
    if (!allowed_) {
      allowed_ = words;
      return;
    }
    std::erase_if(*allowed_, [&](const std::string& value) { return !Contains(words, value); });
  }

  std::optional<std::vector<std::string>> allowed_;
  std::vector<std::string> excluded_;
  std::vector<const Term*> ordered_;
  bool present_ = false;
  bool absent_ = false;
};

Status FindContradiction(const std::vector<Term>& terms) {
  std::vector<std::string> banned;
  std::map<std::string_view, LabelRange> ranges;
  for (const Term& term : terms) {
    if (term.kind == Kind::kNoneOf) banned.push_back(term.words[0]);
    if (!term.key.empty()) ranges[term.key].Add(term);
  }
  for (const Term& term : terms) {
    if (term.kind != Kind::kAllOf && term.kind != Kind::kAnyOf) continue;
    if (std::all_of(term.words.begin(), term.words.end(), [&](const auto& word) { return Contains(banned, word); })) {
      return Status(ErrorCode::kBadRequest, "contradiction: " + Requirement::PrintTerm(term) +
                                                " is asked for and ruled out; no worker could satisfy both");
    }
  }
  for (const auto& [key, range] : ranges) {
    if (range.Empty()) {
      return Status(ErrorCode::kBadRequest, "contradiction: the terms on the label " + std::string(key) +
                                                " leave no value; no worker could satisfy them");
    }
  }
  return Status();
}

}  // namespace

Result<Requirement> Requirement::Parse(std::string_view text) {
  const auto too_long = [] {
    return Status(ErrorCode::kBadRequest, "longer than " + std::to_string(limits::kRequireBytesMax) + " bytes");
  };
  if (text.size() > limits::kRequireBytesMax) return too_long();
  Result<std::vector<Term>> terms = Parser(text).Parse();
  if (!terms.ok()) return terms.status();
  Requirement requirement;
  requirement.terms_ = std::move(terms).value();
  std::sort(requirement.terms_.begin(), requirement.terms_.end(), Before);
  requirement.terms_.erase(std::unique(requirement.terms_.begin(), requirement.terms_.end()), requirement.terms_.end());
  if (requirement.terms_.size() > 1) {
    if (Status status = FindContradiction(requirement.terms_); !status.ok()) return status;
  }
  // The printed form has brackets and spaces that the text may lack, less than twice its bytes; it must be readable
  // too.
  if (text.size() > limits::kRequireBytesMax / 2 && requirement.Print().size() > limits::kRequireBytesMax) {
    return too_long();
  }
  return requirement;
}

}  // namespace muster
