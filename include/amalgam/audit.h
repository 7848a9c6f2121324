// The attacks that a cloud could run on a job, and what they find. The attackers see the job alone.
// The key scores them, and says by which scheme the job was made, which a cloud is taken to know.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/progress.h"
#include "amalgam/recipe.h"

namespace amalgam {

struct AuditOptions {
  std::filesystem::path key;
  std::filesystem::path job;
  std::vector<std::string> surrogates;          // DATA of other people; none: built-in sets
  std::vector<std::string> publics;             // DATA that anybody has
  std::vector<std::string> priors;              // DATA of the kind that the cloud knows is wanted
  std::vector<std::filesystem::path> earlier;   // jobs that were sent before
  std::optional<std::filesystem::path> report;  // a page to write, .html
  const ImageLibrary* images = nullptr;         // null: images are refused
  const TextLibrary* text = nullptr;            // null: texts are refused
  std::optional<std::string> passphrase;
  bool full = false;                             // attackers that train as well
  std::optional<std::filesystem::path> trained;  // what came back from the cloud
  std::string python = "python3";                // with the package amalgam[audit], for these two
  std::uint64_t games = 1024;                    // surrogate games
  double bound = 0.2;                            // the largest advantage that passes
  unsigned threads = 0;                          // 0: all
  Progress* progress = nullptr;
};

enum class Verdict { kPass, kFail, kInconclusive };
std::string_view verdict_name(Verdict verdict);

// Something that gives a stream away, or the job, without any game.
struct HardFailure {
  std::string kind;                  // "values", "names", ...
  std::vector<std::size_t> streams;  // that it tells from the others; empty: all, or the job itself
  std::string what;                  // what was found
  std::string cure;
};

// A difference that no rule, fixed beforehand, makes point at a wanted sub-network.
struct AuditNote {
  std::string kind;                  // as HardFailure's
  std::vector<std::size_t> streams;  // that it tells from the others
  std::string what;                  // what was found
  std::string meaning;               // what an analyst may make of it
};

struct AttackLine {
  std::string name, sees, access;
  double accuracy = 0, chance = 0;          // over the games
  double advantage = 0, low = 0, high = 0;  // with its interval, 95 % for all attackers together
  double k_eff = 0;                         // 1 / accuracy
  std::size_t pick = 0;                     // of the job's sub-networks
  double confidence = 0;
  bool right = false;  // whether the pick is a wanted one
  // The share of hits among the twentieth of games that it was surest in, and how many these are.
  double surest = 0;
  std::uint64_t surest_games = 0;
};

// How far a classifier tells DATA of the kind that the cloud knows is wanted from a stream's rows.
struct PriorStream {
  std::size_t subnetwork = 0;
  double auc = 1;            // area under its curve, cross-validated: .5 where it can't, 1 always
  double low = 1, high = 1;  // 95 %
  std::string unlike;        // what DATA holds, where it can't be compared with this stream
};

// The streams in the order in which they are like such DATA, and so likely to be wanted.
struct PriorRanking {
  std::string data;
  std::uint64_t samples = 0;         // of it, that were compared
  std::vector<PriorStream> streams;  // the most alike first
  double p = 1;                      // how often chance gives the first such a lead
  bool resembles = false;            // whether DATA is like any stream at all
  bool sure = false;                 // whether the cloud can name the first
  bool right = false;                // whether the first is wanted
};

// The wanted streams' columns, found in the samples alone: who has only the dataset, and not the
// model, takes away what looks like noise.
struct Restoration {
  std::uint64_t columns = 0;   // of a sample
  std::uint64_t taken = 0;     // that do not look like noise
  std::uint64_t right = 0;     // of them, the best matching wanted stream's
  std::uint64_t of = 0;        // columns of that stream
  std::size_t subnetwork = 0;  // that stream's
  // Guesses that are needed, as powers of two: among all columns, as the paper counts; and among
  // the columns that were taken, where the stream's are all there.
  double bits = 0;
  std::optional<double> bits_left;
  bool exact() const { return taken == of && right == of; }
};

// Columns that go together, found in the samples alone by their correlations.
struct ColumnCluster {
  std::vector<std::uint64_t> columns;  // ascending, which is the order of a stream's positions
  std::size_t subnetwork = 0;          // that most of them belong to
  std::uint64_t right = 0;             // of them, that one's
  std::uint64_t of = 0;                // columns of that one's stream
};

// A vocabulary's secret numbering, undone by the frequencies of a public text.
struct NumberingUndone {
  std::string text;
  std::size_t subnetwork = 0;
  double share = 0;  // of the stream's tokens, as often as they appear
};

// What a sub-network learned, here or in the trained file.
struct SubnetworkTraining {
  std::size_t subnetwork = 0;
  bool here = false;
  double training_loss = 0, held_out_loss = 0;
  std::optional<double> training_accuracy, held_out_accuracy, chance;  // of classes
};

struct AuditResult {
  Verdict verdict = Verdict::kInconclusive;
  std::string headline;  // what happens, in one sentence
  std::string reason;    // why, in one
  std::string command;   // what to type next
  std::vector<HardFailure> failures;
  std::vector<AuditNote> notes;
  std::vector<PriorRanking> priors;  // by DATA
  std::vector<AttackLine> attacks;   // the strongest first; the clueless baseline last
  std::vector<std::size_t> wanted;   // sub-networks
  std::size_t subnetworks = 0;
  std::optional<Restoration> restoration;   // of jobs with one wanted task
  std::vector<ColumnCluster> clusters;      // at most one for each sub-network, the largest first
  std::vector<NumberingUndone> numberings;  // of wanted streams with numbers of their own
  std::string scheme, surrogates;           // what the games were
  std::uint64_t games = 0;
  double k_eff = 0;                         // of the strongest attacker; 0 without games
  std::vector<SubnetworkTraining> trained;  // with `full` or `trained`: one or two a sub-network
  std::string json;  // all of it, with settings, statistics and hits of every game
};

// Throws Error for inputs that are wrong; never writes into the job.
AuditResult audit(const AuditOptions& options);

}  // namespace amalgam
