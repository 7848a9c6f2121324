#include "amalgam/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "audit/failure.h"
#include "audit/report.h"
#include "audit/restoration.h"
#include "audit/score.h"
#include "audit/surrogates.h"
#include "audit/verdict.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "key/plan_of_key.h"

namespace amalgam {
namespace {

// Rows of a stream that attackers measure, in games and in the job alike, and that checks look at.
constexpr std::uint64_t kAttackRows = 256, kCheckRows = 1024;
// Fewer where rows are long: values of a stream in memory.
constexpr std::uint64_t kMostValues = std::uint64_t{32} << 20, kLeastRows = 64;
// A stream that stands out as much in fewer games does so for a reason.
constexpr double kOdd = 0.01;
// All columns are compared with all.
constexpr std::uint64_t kMostColumns = 16384;
// The games are the same each time, so that an audit can be replayed.
constexpr const char* kGamesSeed =
    "616d616c67616d2061756469743a20737572726f676174652067616d65732031";

// Throws kKey where the key belongs to another job; gives a finding where this one was changed.
void check_belongs(const JobView& job, const Key& key, FailureList& failures) {
  const auto manifest = MappedFile::open(job.folder() / "job.json");
  if (to_hex(Blake2b().update(manifest->bytes()).finish()) == key.job_digest) return;
  const Plan plan = plan_of_key(key);
  bool same = plan.streams.size() == job.subnetworks().size();
  for (std::size_t s = 0; same && s < plan.streams.size(); ++s) {
    const auto& fields = job.subnetworks()[s].features;
    same = fields.size() == plan.streams[s].features.size();
    for (std::size_t f = 0; same && f < fields.size(); ++f)
      same = fields[f].positions == plan.streams[s].features[f];
  }
  if (!same)
    throw Error(ErrorCode::kKey, job.folder().string(),
                "is not the job that this key was made with");
  failures.push_back(
      {"changed", {}, "job.json is not as obfuscate wrote it", "send the job as it was made"});
}

class Auditor {
 public:
  explicit Auditor(const AuditOptions& options)
      : options_(options),
        job_(options.job),
        key_(read_key(options.key, options.passphrase)),
        seed_(seed_from_hex(kGamesSeed)) {}

  AuditResult run() {
    if (options_.report) report_.emplace(*options_.report, StagedOutput::Kind::kFile);
    check_belongs(job_, key_, result_.failures);
    result_.subnetworks = job_.subnetworks().size();
    look();
    open_surrogates();
    check();
    result_.scheme = scheme_of(key_).text();
    const std::string& tensor = job_.subnetworks()[0].features[0].tensor;
    const bool small = job_.width(tensor) <= kMostColumns;
    if (small) restored_ = natural_columns(job_, options_.threads);
    open_key();
    if (small && result_.subnetworks > 1 && result_.wanted.size() == 1 &&
        job_.subnetworks()[result_.wanted[0]].features[0].tensor == tensor)
      result_.restoration = match_columns(job_, restored_, result_.wanted[0]);
    if (result_.subnetworks > result_.wanted.size()) play_games();
    decide(result_, unplayable_, options_.bound);
    finish();
    return std::move(result_);
  }

 private:
  void begin(const char* what, std::uint64_t total) {
    if (options_.progress) options_.progress->begin(what, total);
  }
  void advance() {
    if (options_.progress) options_.progress->advance(1);
    check_interrupted();
  }

  std::uint64_t rows_of(std::uint64_t most) const {
    std::uint64_t width = 1;
    for (const ViewedSubnetwork& sub : job_.subnetworks())
      width = std::max<std::uint64_t>(width, sub.features[0].positions.size());
    return std::min({most, job_.rows(false), std::max(kLeastRows, kMostValues / width)});
  }

  // The job's streams, as numbers.
  void look() {
    begin("reading the job", result_.subnetworks);
    const std::uint64_t rows = rows_of(kCheckRows);
    if (rows == 0) throw Error(ErrorCode::kDamaged, job_.folder().string(), "has no rows");
    for (std::size_t s = 0; s < result_.subnetworks; ++s) {
      samples_.push_back(sample_stream(job_, s, false, first_rows(rows)));
      digests_.push_back(digest_stream(job_, s, options_.threads));
      advance();
    }
  }

  static Dataset open(const std::string& data, const DatasetOptions& reading) {
    if (data.ends_with(".csv") || data.ends_with(".txt"))
      throw Error(
          ErrorCode::kUnsupported, data,
          "is text, whose tokens are not the job's; give arrays of tokens (.npz with x, y)");
    return open_dataset(data, reading);
  }

  void open_surrogates() {
    DatasetOptions reading;
    reading.images = options_.images;
    const StreamSample& like = samples_.front();
    if (like.kind == SampleKind::kImage) {
      reading.channels = like.planes.channels == 1 ? 1 : 3;
      reading.size = ImageSize{like.planes.height, like.planes.width};
    }
    for (const std::string& data : options_.surrogates) {
      auto opened = std::make_shared<const Dataset>(open(data, reading));
      const Field& field = opened->features.front();
      const SampleKind kind = sample_kind(field.tensor.dtype, field.sample_shape());
      if (kind != like.kind)
        throw Error(ErrorCode::kInvalid, data,
                    fmt::format("holds samples of the kind {}, but the job's are of the kind {}",
                                sample_kind_name(kind), sample_kind_name(like.kind)));
      result_.surrogates += (result_.surrogates.empty() ? "" : ", ") + data;
      surrogates_.push_back(std::move(opened));
    }
    for (const std::string& data : options_.publics) publics_.push_back(open(data, reading));
    if (!surrogates_.empty()) return;
    surrogates_.push_back(built_in_surrogate(like.kind));
    result_.surrogates = surrogates_.front()->where;
  }

  void check() {
    FailureList& out = result_.failures;
    const FailureInput input{job_, samples_, digests_};
    check_values(input, out);
    check_constants(input, out);
    check_links(input, out);
    check_sizes(input, out);
    check_initial_values(input, out);
    check_repeats(input, out);
    check_chance(input, out);
    for (const auto& earlier : options_.earlier) check_earlier(input, JobView(earlier), out);
    for (const Dataset& data : publics_) check_public(input, data, out);
    check_secrets(job_, key_, out);
    check_interrupted();
  }

  void open_key() {
    for (const KeyWanted& wanted : key_.wanted) result_.wanted.push_back(wanted.subnetwork);
    std::sort(result_.wanted.begin(), result_.wanted.end());
  }

  MeasuredGame measure(const std::vector<StreamSample>& streams) const {
    MeasuredGame game;
    for (const Attack* attack : used_) {
      game.attacks.emplace_back();
      for (const StreamSample& stream : streams)
        game.attacks.back().push_back(attack->measure(stream));
    }
    return game;
  }

  void play_games() {
    const Scheme scheme = scheme_of(key_);
    if (unplayable_ = why_unplayable(scheme, surrogates_); !unplayable_.empty()) return;
    for (const auto& sample : samples_)
      if (sample.kind != samples_[0].kind) {
        unplayable_ = "the streams are of different kinds";
        return;
      }
    for (const auto& attack : attacks_)
      if (attack->applies(samples_[0].kind)) used_.push_back(attack.get());
    const std::uint64_t rows = rows_of(kAttackRows);
    begin("playing games", options_.games);
    std::vector<MeasuredGame> games(options_.games);
    parallel_blocks(options_.threads, options_.games, [&](std::uint64_t g) {
      const Game game = play(scheme, surrogates_, seed_, g, rows);
      games[g] = measure(game.streams);
      games[g].wanted = game.wanted;
      const std::lock_guard lock(mutex_);
      advance();
    });
    std::vector<StreamSample> streams;
    for (std::size_t s = 0; s < samples_.size(); ++s)
      streams.push_back(sample_stream(job_, s, false, first_rows(rows)));
    const MeasuredGame job = measure(streams);
    scores_ = score_attacks({used_, games, job}, seed_);
    if (samples_.size() >= 3) note_odd_one(odd_one_out({used_, games, job}));
    result_.games = options_.games;
    for (AttackScore& score : scores_) {
      score.right = std::count(result_.wanted.begin(), result_.wanted.end(), score.pick) > 0;
      result_.attacks.push_back({score.name, score.sees, score.access, score.accuracy, score.chance,
                                 score.advantage, score.advantage_within.low,
                                 score.advantage_within.high, score.k_eff(), score.pick,
                                 score.confidence, score.right});
    }
    result_.k_eff = scores_.front().k_eff();
  }

  // Only the wanted one is given away by standing out; a decoy that does is one decoy less.
  void note_odd_one(const Oddness& odd) {
    const auto& wanted = result_.wanted;
    if (odd.p > kOdd || std::count(wanted.begin(), wanted.end(), odd.stream) == 0) return;
    result_.failures.push_back(
        {"odd one out",
         {odd.stream},
         fmt::format("the others resemble each other and sub-network {} does not: as clearly in "
                     "{:.1f} % of the games only",
                     odd.stream, 100 * odd.p),
         "take each decoy's data from a source of its own"});
  }

  void finish() {
    if (options_.progress) options_.progress->end();
    result_.json = audit_json(result_, options_, scores_).dump(2);
    if (!report_) return;
    OutputFile file(report_->path());
    file.write(audit_page(result_, options_, samples_, restored_picture()));
    file.close();
    report_->commit();
  }

  // What the restored columns look like, where there are as many as the stream has.
  std::string restored_picture() const {
    if (!result_.restoration || result_.restoration->taken != result_.restoration->of) return "";
    return stream_pictures({sample_columns(job_, result_.wanted[0], restored_)})[0];
  }

  const AuditOptions& options_;
  JobView job_;
  Key key_;
  Secret seed_;
  std::optional<StagedOutput> report_;
  std::vector<StreamSample> samples_;
  std::vector<RowDigests> digests_;
  std::vector<std::shared_ptr<const Dataset>> surrogates_;
  std::vector<Dataset> publics_;
  std::vector<std::uint64_t> restored_;
  const std::vector<std::unique_ptr<Attack>> attacks_ = all_attacks();
  std::vector<const Attack*> used_;
  std::vector<AttackScore> scores_;
  std::string unplayable_;
  std::mutex mutex_;
  AuditResult result_;
};

void check_options(const AuditOptions& options) {
  if (options.games < 8) throw Error(ErrorCode::kUsage, "--games", "must be at least 8");
  if (options.report && lies_inside(*options.report, options.job))
    throw Error(ErrorCode::kUsage, "--report", "lies inside the job, which goes to the cloud");
}

}  // namespace

AuditResult audit(const AuditOptions& options) {
  check_options(options);
  return Auditor(options).run();
}

}  // namespace amalgam
