#include "amalgam/audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "audit/checks.h"
#include "audit/designer.h"
#include "audit/differences.h"
#include "audit/headline.h"
#include "audit/job_streams.h"
#include "audit/main_feature.h"
#include "audit/prior.h"
#include "audit/report.h"
#include "audit/restoration.h"
#include "audit/surrogates.h"
#include "audit/table_beside.h"
#include "audit/verdict.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/staged_output.h"
#include "extract/trained.h"
#include "key/plan_of_key.h"

namespace amalgam {
namespace {

// Rows of a stream that attackers measure, in games and in the job alike, without and with those
// that train.
constexpr std::uint64_t kAttackRows = 256, kTrainingRows = 512;
// A stream that stands out as much in fewer games does so for a reason.
constexpr double kOdd = 0.01;
// All columns are compared with all.
constexpr std::uint64_t kMostColumns = 16384;
// For how long the job's own sub-networks are trained.
constexpr double kTrainingSeconds = 300;
// The games are the same each time, so that an audit can be replayed.
constexpr const char* kGamesSeed =
    "616d616c67616d2061756469743a20737572726f676174652067616d65732031";

class Auditor {
 public:
  explicit Auditor(const AuditOptions& options)
      : options_(options), job_(options.job), key_(open_key(options.key, options.passphrase)) {
    evidence_.seed = kGamesSeed;
  }

  AuditResult run() {
    if (options_.report) report_.emplace(*options_.report, StagedOutput::Kind::kFile);
    check_belongs(job_, key_, result_.failures);
    // A trained file is read as hostile, before anything else looks at it.
    if (options_.trained) read_trained(*options_.trained, key_);
    if (options_.full || options_.trained) {
      if (!result_.failures.empty())
        throw Error(ErrorCode::kDamaged, (options_.job / "job.json").string(),
                    "is not as obfuscate wrote it, so that the job's code is not run");
      training_.emplace(options_, job_);
    }
    result_.subnetworks = job_.subnetworks().size();
    for (const KeyWanted& wanted : key_.wanted) result_.wanted.push_back(wanted.subnetwork);
    std::sort(result_.wanted.begin(), result_.wanted.end());
    look();
    open_sets();
    ask_priors();
    check();
    look_at_columns();
    undo_numberings();
    if (training_) train_own();
    const Scheme scheme = scheme_of(key_);
    result_.scheme = scheme.text();
    if (result_.subnetworks > result_.wanted.size()) play_games(scheme);
    decide(result_, doubts_, options_.bound);
    say(result_, options_);
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
  void end() {
    if (options_.progress) options_.progress->end();
  }

  void look() {
    begin("reading the job", result_.subnetworks);
    streams_ = read_streams(job_, options_.threads, [this] { advance(); });
  }

  void open_sets() {
    const AuditLibraries libraries{options_.images, options_.text};
    surrogates_ = open_surrogates(options_.surrogates, samples().front(), libraries);
    for (const auto& set : surrogates_)
      result_.surrogates += (result_.surrogates.empty() ? "" : ", ") + set->where;
    if (options_.surrogates.empty())
      evidence_.surrogate_digest = built_in_digest(samples().front().kind);
    for (const std::string& data : options_.publics) {
      if (auto table = table_beside(data, options_.key, key_)) {
        publics_.push_back(std::move(*table));
        continue;
      }
      if (is_text_file(data)) {
        check_text_fits(data, samples());
        texts_.push_back(public_tokens(data, options_.key, key_, options_.text));
        continue;
      }
      publics_.push_back(open_like(data, samples().front(), libraries));
      const Field& field = main_feature(publics_.back());
      if (sample_kind(field.tensor.dtype, field.sample_shape()) == SampleKind::kText)
        texts_.push_back(public_tokens(publics_.back()));
    }
  }

  // What a cloud finds that knows what its customer does.
  void ask_priors() {
    if (options_.priors.empty()) return;
    PriorInput input{samples(),
                     result_.wanted,
                     {},
                     key_,
                     options_.key,
                     {options_.images, options_.text},
                     options_.priors.size(),
                     options_.threads,
                     seed_from_hex(kGamesSeed)};
    const Plan plan = streams_of_key(key_);
    for (const Stream& stream : plan.streams) input.numbers.push_back(stream.numbers);
    begin("comparing with what the cloud knows", options_.priors.size());
    for (const std::string& data : options_.priors) {
      result_.priors.push_back(rank_streams(data, input));
      advance();
    }
    for (const PriorRanking& ranking : result_.priors)
      if (const auto note = note_of(ranking)) result_.notes.push_back(*note);
  }

  void check() {
    doubts_.generator = check_job(
        {job_, key_, streams_, publics_, texts_, options_.earlier, options_.threads}, result_);
  }

  // What the samples give away without the model.
  void look_at_columns() {
    const ColumnGroup columns_of_all = job_.subnetworks()[0].main_feature().group;
    if (job_.width(columns_of_all) > kMostColumns || result_.subnetworks < 2) return;
    const auto columns = column_neighbours(job_, options_.threads);
    result_.clusters = match_groups(job_, column_groups(columns, result_.subnetworks));
    for (const ColumnCluster& cluster : result_.clusters)
      evidence_.groups.push_back(stream_picture(sample_cluster(job_, cluster)));
    if (result_.wanted.size() != 1) return;
    const std::size_t wanted = result_.wanted[0];
    if (job_.subnetworks()[wanted].main_feature().group != columns_of_all) return;
    const auto natural = natural_columns(columns);
    result_.restoration = match_columns(job_, natural, wanted);
    if (result_.restoration->taken == result_.restoration->of)
      evidence_.restored = stream_picture(sample_columns(job_, wanted, natural));
  }

  // What a public text's frequencies say of vocabularies that are numbered anew.
  void undo_numberings() {
    if (texts_.empty()) return;
    const Plan plan = streams_of_key(key_);
    for (const std::size_t s : result_.wanted)
      for (const PublicTokens& text : texts_)
        if (const auto& numbers = plan.streams[s].numbers; !numbers.empty())
          result_.numberings.push_back(
              {text.where, s, numbering_undone(samples()[s], text, numbers)});
  }

  void train_own() {
    evidence_.subnetworks = training_->look_at_job(options_.full ? kTrainingSeconds : 0);
    evidence_.training = training_->json();
    std::vector<std::optional<TrainingFacts>> own, file;
    for (std::size_t s = 0; s < evidence_.subnetworks.size(); ++s) {
      const OwnSubnetwork& sub = evidence_.subnetworks[s];
      own.push_back(sub.own);
      file.push_back(sub.file);
      for (const auto& [facts, here] : {std::pair{sub.own, true}, {sub.file, false}})
        if (facts)
          result_.trained.push_back({s, here, facts->training.loss, facts->held_out.loss,
                                     facts->training.accuracy, facts->held_out.accuracy,
                                     facts->held_out.chance});
    }
    TellList told;
    check_training(own, "trained here", told);
    check_training(file, "the trained file", told);
    judge(told, result_);
  }

  void play_games(const Scheme& scheme) {
    evidence_.scheme = scheme_json(scheme);
    if (doubts_.unplayable = why_unplayable(scheme, surrogates_); !doubts_.unplayable.empty())
      return;
    for (const auto& sample : samples())
      if (sample.kind != samples()[0].kind) {
        doubts_.unplayable = "the streams are of different kinds";
        return;
      }
    evidence_.rows = rows_held(job_, options_.full ? kTrainingRows : kAttackRows);
    for (StreamSample& sample : samples()) keep_rows(sample, evidence_.rows);
    for (auto& view : streams_.others)
      for (StreamSample& sample : view) keep_rows(sample, evidence_.rows);
    begin("playing games", options_.games);
    const Secret seed = seed_from_hex(kGamesSeed);
    Contest& contest = evidence_.contest;
    std::vector<ContestView> views = {{"", samples(), surrogates_}};
    std::vector<Surrogates> sets;  // of the other views
    for (const auto& view : streams_.others)
      sets.push_back({built_in_surrogate(view.front().kind)});
    for (std::size_t v = 0; v < streams_.others.size(); ++v)
      if (why_unplayable(scheme, sets[v]).empty())
        views.push_back({view_name(streams_, v), streams_.others[v], sets[v]});
    contest = hold_contest(scheme, views, seed, options_.games, evidence_.rows, options_.threads,
                           [this] { advance(); });
    end();
    if (options_.full)
      join(contest, training_->play(scheme, surrogates_, kGamesSeed, evidence_.rows));
    score();
  }

  void score() {
    const Secret seed = seed_from_hex(kGamesSeed);
    const Contest& contest = evidence_.contest;
    const ScoringInput input{contest.attacks, contest.games, contest.job};
    evidence_.scores = score_attacks(input, seed);
    add_designer(streams_.networks, streams_.facts, seed, options_.games, evidence_.scores);
    if (result_.subnetworks >= 3) note_odd_one(odd_one_out(input));
    result_.games = options_.games;
    for (AttackScore& score : evidence_.scores) {
      score.right = std::count(result_.wanted.begin(), result_.wanted.end(), score.pick) > 0;
      result_.attacks.push_back({score.name, score.sees, score.access, score.accuracy, score.chance,
                                 score.advantage, score.advantage_within.low,
                                 score.advantage_within.high, score.k_eff(), score.pick,
                                 score.confidence, score.right});
      result_.attacks.back().surest = score.surest;
      result_.attacks.back().surest_games = static_cast<std::uint64_t>(score.surest_games);
    }
    result_.k_eff = evidence_.scores.front().k_eff();
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
    end();
    evidence_.samples = std::move(samples());
    result_.json = audit_json(result_, options_, evidence_);
    if (!report_) return;
    write_file(report_->path(), audit_page(result_, options_, evidence_));
    report_->commit();
  }

  std::vector<StreamSample>& samples() { return streams_.samples; }

  const AuditOptions& options_;
  JobView job_;
  Key key_;
  std::optional<StagedOutput> report_;
  std::optional<Training> training_;
  JobStreams streams_;
  Surrogates surrogates_;
  std::vector<Dataset> publics_;
  std::vector<PublicTokens> texts_;
  Doubts doubts_;
  AuditEvidence evidence_;
  AuditResult result_;
};

void check_options(const AuditOptions& options) {
  if (options.games < 8) throw Error(ErrorCode::kUsage, "--games", "must be at least 8");
}

}  // namespace

AuditResult audit(const AuditOptions& options) {
  check_options(options);
  return Auditor(options).run();
}

}  // namespace amalgam
