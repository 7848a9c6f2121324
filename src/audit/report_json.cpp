#include "amalgam/version.h"
#include "audit/report.h"

namespace amalgam {

namespace {

Json raw_game(const MeasuredGame& game, const std::vector<AttackFacts>& attacks) {
  Json measured = Json::object();
  for (std::size_t a = 0; a < attacks.size(); ++a) measured[attacks[a].name] = game.attacks[a];
  return measured;
}

// What a game was, and what everybody measured in it: all that scoring goes by.
Json replay(const AuditEvidence& evidence, const AuditOptions& options) {
  const Contest& contest = evidence.contest;
  Json statistics = Json::object(), games = Json::array();
  for (const AttackFacts& attack : contest.attacks) statistics[attack.name] = attack.statistics;
  for (const MeasuredGame& game : contest.games)
    games.push_back({{"wanted", game.wanted}, {"measured", raw_game(game, contest.attacks)}});
  return {{"program", kVersion},
          {"scheme", evidence.scheme},
          {"surrogates", options.surrogates},
          {"seed", evidence.seed},
          {"rows", evidence.rows},
          {"depth", options.full ? "full" : "quick"},
          {"statistics", statistics},
          {"job", games.empty() ? Json::object() : raw_game(contest.job, contest.attacks)},
          {"games", games}};
}

bool plain(const Json& json) {
  for (const Json& item : json)
    if (item.is_structured()) return false;
  return true;
}

void write(const Json& json, std::size_t indent, std::string& out) {
  if (!json.is_structured() || json.empty() || (json.is_array() && plain(json))) {
    out += json.dump();
    return;
  }
  const std::string line = "\n" + std::string(indent + 2, ' ');
  out += json.is_array() ? "[" : "{";
  bool first = true;
  for (const auto& [name, item] : json.items()) {
    out += (first ? "" : ",") + line;
    if (json.is_object()) out += Json(name).dump() + ": ";
    write(item, indent + 2, out);
    first = false;
  }
  out += "\n" + std::string(indent, ' ') + (json.is_array() ? "]" : "}");
}

Json failures_json(const std::vector<HardFailure>& found) {
  Json failures = Json::array();
  for (const HardFailure& failure : found)
    failures.push_back({{"kind", failure.kind},
                        {"subnetworks", failure.streams},
                        {"what", failure.what},
                        {"cure", failure.cure}});
  return failures;
}

Json notes_json(const std::vector<AuditNote>& found) {
  Json notes = Json::array();
  for (const AuditNote& note : found)
    notes.push_back({{"kind", note.kind},
                     {"subnetworks", note.streams},
                     {"what", note.what},
                     {"meaning", note.meaning}});
  return notes;
}

Json attacks_json(const std::vector<AttackLine>& lines, const std::vector<AttackScore>& scores) {
  Json attacks = Json::array();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const AttackLine& line = lines[i];
    attacks.push_back({{"name", line.name},
                       {"sees", line.sees},
                       {"access", line.access},
                       {"accuracy", line.accuracy},
                       {"chance", line.chance},
                       {"advantage", line.advantage},
                       {"interval", {line.low, line.high}},
                       {"k_eff", line.k_eff},
                       {"pick", line.pick},
                       {"confidence", line.confidence},
                       {"right", line.right},
                       {"surest", line.surest},
                       {"surest_games", line.surest_games},
                       {"hits", scores[i].hits}});
  }
  return attacks;
}

Json restoration_json(const std::optional<Restoration>& r) {
  if (!r) return {};
  return {{"columns", r->columns},
          {"taken", r->taken},
          {"right", r->right},
          {"of", r->of},
          {"subnetwork", r->subnetwork},
          {"exact", r->exact()},
          {"bits", r->bits},
          {"bits_left", r->bits_left ? Json(*r->bits_left) : Json()}};
}

Json clusters_json(const std::vector<ColumnCluster>& found) {
  Json clusters = Json::array();
  for (const ColumnCluster& cluster : found)
    clusters.push_back({{"columns", cluster.columns.size()},
                        {"subnetwork", cluster.subnetwork},
                        {"right", cluster.right},
                        {"of", cluster.of}});
  return clusters;
}

Json priors_json(const std::vector<PriorRanking>& rankings) {
  Json priors = Json::array();
  for (const PriorRanking& ranking : rankings) {
    Json streams = Json::array();
    for (const PriorStream& stream : ranking.streams)
      streams.push_back({{"subnetwork", stream.subnetwork},
                         {"auc", stream.auc},
                         {"interval", {stream.low, stream.high}},
                         {"unlike", stream.unlike}});
    priors.push_back({{"data", ranking.data},
                      {"samples", ranking.samples},
                      {"streams", streams},
                      {"p", ranking.p},
                      {"resembles", ranking.resembles},
                      {"sure", ranking.sure},
                      {"right", ranking.right}});
  }
  return priors;
}

Json numberings_json(const std::vector<NumberingUndone>& found) {
  Json numberings = Json::array();
  for (const NumberingUndone& undone : found)
    numberings.push_back(
        {{"text", undone.text}, {"subnetwork", undone.subnetwork}, {"share", undone.share}});
  return numberings;
}

}  // namespace

std::string audit_json(const AuditResult& result, const AuditOptions& options,
                       const AuditEvidence& evidence) {
  const Json all = {{"format", 1},
                    {"verdict", verdict_name(result.verdict)},
                    {"headline", result.headline},
                    {"reason", result.reason},
                    {"command", result.command},
                    {"subnetworks", result.subnetworks},
                    {"wanted", result.wanted},
                    {"k_eff", result.k_eff},
                    {"bound", options.bound},
                    {"games", result.games},
                    {"scheme", result.scheme},
                    {"surrogates", result.surrogates},
                    {"surrogate_digest", evidence.surrogate_digest},
                    {"hard_failures", failures_json(result.failures)},
                    {"notes", notes_json(result.notes)},
                    {"restoration", restoration_json(result.restoration)},
                    {"clusters", clusters_json(result.clusters)},
                    {"numberings", numberings_json(result.numberings)},
                    {"attacks", attacks_json(result.attacks, evidence.scores)},
                    {"priors", priors_json(result.priors)},
                    {"training", evidence.training},
                    {"replay", replay(evidence, options)}};
  std::string text;
  write(all, 0, text);
  return text;
}

}  // namespace amalgam
