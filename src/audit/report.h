// What an audit found, as JSON and as one page that opens offline.
#pragma once

#include <string>
#include <vector>

#include "amalgam/audit.h"
#include "audit/score.h"
#include "base/json.h"

namespace amalgam {

Json audit_json(const AuditResult& result, const AuditOptions& options,
                const std::vector<AttackScore>& scores);

// Pictures of a few samples of each stream, as data URIs; empty where they are no images.
std::vector<std::string> stream_pictures(const std::vector<StreamSample>& samples);

// `restored` is a picture of what was found without the model, or empty.
std::string audit_page(const AuditResult& result, const AuditOptions& options,
                       const std::vector<StreamSample>& samples, const std::string& restored);

}  // namespace amalgam
