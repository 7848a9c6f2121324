// What an audit found, as JSON and as one page that opens offline.
#pragma once

#include <string>
#include <vector>

#include "amalgam/audit.h"
#include "audit/contest.h"
#include "audit/score.h"
#include "audit/training.h"
#include "base/json.h"

namespace amalgam {

// What is behind a result.
struct AuditEvidence {
  std::vector<StreamSample> samples;       // by sub-network
  Contest contest;                         // empty without games
  std::vector<AttackScore> scores;         // as the result's attacks
  std::vector<OwnSubnetwork> subnetworks;  // trained, or of a trained file; else empty
  Json training = Json::array();           // the same, whole
  Json scheme;                             // of the games
  std::string seed;                        // of the games, in hexadecimal
  std::uint64_t rows = 0;                  // of a stream, at most, in a game
  std::string surrogate_digest;            // of the built-in file; empty where none is used
  std::string restored;             // a picture of what was found without the model, or empty
  std::vector<std::string> groups;  // pictures of the result's clusters, or empty
};

// Indented, with an array of plain values on one line.
std::string audit_json(const AuditResult& result, const AuditOptions& options,
                       const AuditEvidence& evidence);

std::string audit_page(const AuditResult& result, const AuditOptions& options,
                       const AuditEvidence& evidence);

// Parts of the page.
std::string training_part(const AuditEvidence& evidence);
std::string notes_part(const AuditResult& result);
std::string priors_part(const AuditResult& result);
std::string numberings_part(const AuditResult& result);
std::string clusters_part(const AuditResult& result, const AuditEvidence& evidence);

// Some samples side by side as a data URI; empty where they are no images.
std::string stream_picture(const StreamSample& sample);

}  // namespace amalgam
