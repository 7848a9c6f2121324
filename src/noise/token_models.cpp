#include "noise/token_models.h"

#include <algorithm>
#include <set>

namespace amalgam {
namespace {

using Tokens = std::vector<std::int64_t>;

class Uniform : public TokenModel {
 public:
  explicit Uniform(const TextsByClass& texts) {
    std::set<std::int64_t> seen;
    for (const auto& group : texts)
      for (const TokenText& text : group) seen.insert(text.begin(), text.end());
    tokens_.assign(seen.begin(), seen.end());
  }
  void draw(std::size_t, RandomStream& random, std::span<std::int64_t> out) const override {
    for (std::int64_t& token : out) token = tokens_[random.below(tokens_.size())];
  }

 private:
  Tokens tokens_;
};

Tokens joined(const std::vector<TokenText>& texts) {
  Tokens all;
  for (const TokenText& text : texts) all.insert(all.end(), text.begin(), text.end());
  return all;
}

class Unigram : public TokenModel {
 public:
  explicit Unigram(const TextsByClass& texts) {
    for (const auto& group : texts) tokens_.push_back(joined(group));
  }
  void draw(std::size_t of_class, RandomStream& random,
            std::span<std::int64_t> out) const override {
    const Tokens& tokens = tokens_[of_class];
    for (std::int64_t& token : out) token = tokens[random.below(tokens.size())];
  }

 private:
  std::vector<Tokens> tokens_;
};

// The one or two tokens before; kBegin where the text begins.
struct Context {
  std::int64_t before_last, last;
  auto operator<=>(const Context&) const = default;
};
constexpr std::int64_t kBegin = -1;

// What follows each context, as often as it does.
class Followers {
 public:
  void add(Context context, std::int64_t token) { seen_.push_back({context, token}); }

  void finish() {
    std::sort(seen_.begin(), seen_.end());
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      const bool fresh = i == 0 || seen_[i].context != seen_[i - 1].context;
      if (fresh) entries_.push_back({seen_[i].context, i, 0});
      if (fresh || seen_[i].token != seen_[i - 1].token) ++entries_.back().distinct;
    }
  }

  // A token that follows, or nothing: for contexts never seen, and else as often as new tokens
  // followed in the texts.
  const std::int64_t* draw(Context context, RandomStream& random) const {
    const auto entry =
        std::lower_bound(entries_.begin(), entries_.end(), context,
                         [](const Entry& a, const Context& b) { return a.context < b; });
    if (entry == entries_.end() || entry->context != context) return nullptr;
    const std::size_t end = entry + 1 == entries_.end() ? seen_.size() : (entry + 1)->first;
    const std::size_t count = end - entry->first;
    const std::uint64_t at = random.below(count + entry->distinct);
    return at < count ? &seen_[entry->first + at].token : nullptr;
  }

 private:
  struct Seen {
    Context context;
    std::int64_t token;
    auto operator<=>(const Seen&) const = default;
  };
  struct Entry {
    Context context;
    std::size_t first, distinct;
  };
  std::vector<Seen> seen_;
  std::vector<Entry> entries_;
};

class Trigram : public TokenModel {
 public:
  explicit Trigram(const TextsByClass& texts) : unigram_(texts) {
    for (const auto& group : texts) add_class(group);
  }

  void draw(std::size_t of_class, RandomStream& random,
            std::span<std::int64_t> out) const override {
    Context context{kBegin, kBegin};
    for (std::int64_t& token : out) {
      const std::int64_t* found = after_two_[of_class].draw(context, random);
      if (!found) found = after_one_[of_class].draw({0, context.last}, random);
      if (found)
        token = *found;
      else
        unigram_.draw(of_class, random, {&token, 1});
      context = {context.last, token};
    }
  }

 private:
  void add_class(const std::vector<TokenText>& texts) {
    Followers& two = after_two_.emplace_back();
    Followers& one = after_one_.emplace_back();
    for (const TokenText& text : texts) {
      Context context{kBegin, kBegin};
      for (std::int64_t token : text) {
        two.add(context, token);
        one.add({0, context.last}, token);
        context = {context.last, token};
      }
    }
    two.finish();
    one.finish();
  }

  std::vector<Followers> after_two_, after_one_;  // by class
  Unigram unigram_;
};

}  // namespace

std::unique_ptr<TokenModel> uniform_tokens(const TextsByClass& texts) {
  return std::make_unique<Uniform>(texts);
}

std::unique_ptr<TokenModel> unigram_tokens(const TextsByClass& texts) {
  return std::make_unique<Unigram>(texts);
}

std::unique_ptr<TokenModel> trigram_tokens(const TextsByClass& texts) {
  return std::make_unique<Trigram>(texts);
}

}  // namespace amalgam
