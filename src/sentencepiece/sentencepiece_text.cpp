#include "amalgam/sentencepiece_text.h"

#include <fmt/format.h>
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <unordered_map>

#include "amalgam/error.h"
#include "base/counted.h"

namespace amalgam {
namespace {

// Part of the result: the work is dealt out to so many threads, however many the machine has.
constexpr const char* kTrainingThreads = "4";
// Longer texts are left out of the training, in bytes.
constexpr const char* kLongestText = "65536";

class SentencePieceTokenizer : public Tokenizer {
 public:
  SentencePieceTokenizer(const std::string& serialised, const std::string& where) {
    const auto status = processor_.LoadFromSerializedProto(serialised);
    if (!status.ok())
      throw Error(ErrorCode::kDamaged, where, "is no SentencePiece model: " + status.ToString());
  }

  std::vector<std::int32_t> encode(std::string_view text) const override {
    std::vector<int> ids;
    const auto status = processor_.Encode({text.data(), text.size()}, &ids);
    if (!status.ok()) throw Error(ErrorCode::kInvalid, "tokenizer", status.ToString());
    return {ids.begin(), ids.end()};
  }
  std::int32_t size() const override { return processor_.GetPieceSize(); }
  std::int32_t padding() const override { return std::max(0, processor_.pad_id()); }
  std::optional<std::int32_t> end() const override {
    const int id = processor_.eos_id();
    return id < 0 ? std::nullopt : std::optional<std::int32_t>(id);
  }
  std::string serialised() const override { return processor_.serialized_model_proto(); }

 private:
  sentencepiece::SentencePieceProcessor processor_;
};

class Sentences : public sentencepiece::SentenceIterator {
 public:
  explicit Sentences(std::span<const std::string> texts) : texts_(texts) {}

  bool done() const override { return at_ == texts_.size(); }
  void Next() override { ++at_; }
  const std::string& value() const override { return texts_[at_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  std::span<const std::string> texts_;
  std::size_t at_ = 0;
};

class SentencePiece : public TextLibrary {
 public:
  std::shared_ptr<const Tokenizer> load(const std::string& path) const override {
    sentencepiece::SentencePieceProcessor processor;
    const auto status = processor.Load(path);
    if (!status.ok())
      throw Error(ErrorCode::kDamaged, path,
                  "is no SentencePiece model (" + status.ToString() +
                      "); to train one, write tokenizer = \"train:unigram:8000\"");
    return std::make_shared<SentencePieceTokenizer>(processor.serialized_model_proto(), path);
  }

  std::shared_ptr<const Tokenizer> train(std::span<const std::string> texts,
                                         const std::string& kind, std::uint64_t size,
                                         const std::string& where) const override {
    // Padding comes first, as the models of transformers have it.
    const std::unordered_map<std::string, std::string> arguments = {
        {"model_type", kind},
        {"vocab_size", std::to_string(size)},
        {"hard_vocab_limit", "false"},
        {"num_threads", kTrainingThreads},
        {"max_sentence_length", kLongestText},
        {"pad_id", "0"},
        {"unk_id", "1"},
        {"bos_id", "2"},
        {"eos_id", "3"},
        {"minloglevel", "4"}};
    Sentences sentences(texts);
    std::string serialised;
    const auto status =
        sentencepiece::SentencePieceTrainer::Train(arguments, &sentences, &serialised);
    if (!status.ok())
      throw Error(ErrorCode::kInvalid, where,
                  fmt::format("no tokenizer of {} tokens ({}) can be trained on its {}: {}", size,
                              kind, counted(texts.size(), "text"), status.ToString()));
    return std::make_shared<SentencePieceTokenizer>(serialised, where);
  }
};

}  // namespace

const TextLibrary& sentencepiece_text() {
  static const SentencePiece library;
  return library;
}

}  // namespace amalgam
