// The attacks that a cloud could run on a job, and what they find. The attackers see the job alone.
// The key scores them, and says by which scheme the job was made, which a cloud is taken to know.
// docs/audit.md says what each attacker and each failure is.
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
  // Each is DATA as obfuscate takes it. Of other people, to play games with, none: built-in sets;
  // that anybody has, to look rows up in; of the kind that the cloud knows is wanted.
  std::vector<std::string> surrogates;
  std::vector<std::string> publics;
  std::vector<std::string> priors;
  std::vector<std::filesystem::path> earlier;   // jobs that were sent before
  std::optional<std::filesystem::path> report;  // a page to write, .html; refused where it exists
  const ImageLibrary* images = nullptr;         // null: images are refused
  const TextLibrary* text = nullptr;            // null: texts are refused
  // The key's. REQUIRES: given where the key has one.
  std::optional<std::string> passphrase;
  // Attackers that train as well, and what came back from the cloud, which others look at. Both
  // need an interpreter with the package amalgam[audit].
  bool full = false;
  std::optional<std::filesystem::path> trained;
  std::string python = "python3";
  std::uint64_t games = 1024;    // surrogate games that are scored; at least 1
  double bound = 0.2;            // the largest advantage that passes, of 1
  unsigned threads = 0;          // results are the same for any number; 0: all
  Progress* progress = nullptr;  // null: silent
};

// kFail: something tells which stream is wanted. kPass: no attacker of those that were asked has an
// advantage above the bound. kInconclusive: intervals reach above it, no games could be played, or
// what drew the initial values can't be told.
enum class Verdict { kPass, kFail, kInconclusive };
// "pass", "fail", "inconclusive".
std::string_view verdict_name(Verdict verdict);

// Something that gives a stream away, or the job, without any game.
struct HardFailure {
  std::string kind;  // one of those that docs/audit.md lists: "exact columns"
  // Sub-networks that it tells from the others; empty: all, or the job itself.
  std::vector<std::size_t> streams;
  std::string what;  // what was found, for a person
  std::string cure;  // what to do instead
};

// A difference that no rule, fixed beforehand, makes point at a wanted sub-network.
struct AuditNote {
  std::string kind;                  // as HardFailure's
  std::vector<std::size_t> streams;  // sub-networks that it tells from the others
  std::string what;                  // what was found, for a person
  std::string meaning;               // what an analyst may make of it
};

// One attacker: what it did in the games, and whom it picks in the job.
struct AttackLine {
  std::string name, sees, access;   // what it is called, looks at, and needs
  double accuracy = 0, chance = 0;  // shares of games, from 0 to 1; chance is a blind pick's
  // (accuracy - chance) / (1 - chance): 0 is blind, 1 always right. With its interval, 95 % for all
  // attackers together.
  double advantage = 0, low = 0, high = 0;
  double k_eff = 0;       // 1 / accuracy: among how many a blind pick would do as well
  std::size_t pick = 0;   // of the job's sub-networks
  double confidence = 0;  // in the pick, from 0 to 1
  bool right = false;     // whether the pick is a wanted one
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
  std::string data;                  // as the caller named it
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
  std::string text;            // as the caller named it
  std::size_t subnetwork = 0;  // whose numbering
  double share = 0;            // of the stream's tokens, as often as they appear
};

// What a sub-network learned, here or in the trained file.
struct SubnetworkTraining {
  std::size_t subnetwork = 0;
  bool here = false;  // trained by the audit; else by whom the trained file is
  double training_loss = 0, held_out_loss = 0;
  // Shares of rows, from 0 to 1; chance is the largest class's. None without classes.
  std::optional<double> training_accuracy, held_out_accuracy, chance;
};

// All that was found. The sentences are for the job's owner: they say which sub-networks are
// wanted.
struct AuditResult {
  Verdict verdict = Verdict::kInconclusive;
  std::string headline;  // what happens, in one sentence
  std::string reason;    // why, in one
  std::string command;   // what to type next
  // Without any of these the attackers' games decide.
  std::vector<HardFailure> failures;
  std::vector<AuditNote> notes;
  std::vector<PriorRanking> priors;         // by DATA
  std::vector<AttackLine> attacks;          // the strongest first; the clueless baseline last
  std::vector<std::size_t> wanted;          // sub-networks, as the key says; ascending
  std::size_t subnetworks = 0;              // in the job
  std::optional<Restoration> restoration;   // of jobs with one wanted task
  std::vector<ColumnCluster> clusters;      // at most one for each sub-network, the largest first
  std::vector<NumberingUndone> numberings;  // of wanted streams with numbers of their own
  std::string scheme, surrogates;           // what the games were
  std::uint64_t games = 0;
  double k_eff = 0;                         // of the strongest attacker; 0 without games
  std::vector<SubnetworkTraining> trained;  // with `full` or `trained`: one or two a sub-network
  std::string json;  // all of it, with settings, statistics and hits of every game
};

// Throws Error for inputs that are wrong, all findings at once; never writes into the job. Reads a
// trained file, earlier jobs and DATA as hostile.
AuditResult audit(const AuditOptions& options);

}  // namespace amalgam
