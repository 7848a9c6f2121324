#include "amalgam/audit_streams.h"

#include "audit/game.h"
#include "audit/surrogates.h"
#include "base/bytes.h"

namespace amalgam {
namespace {

// As a stream of that kind, because built-in images also stand in for vectors.
AuditStream handed_over(StreamSample sample, SampleKind kind, bool labelled) {
  AuditStream stream;
  stream.kind = sample_kind_name(kind);
  const Planes& planes = sample.planes;
  stream.shape = kind == SampleKind::kImage ? Shape{planes.channels, planes.height, planes.width}
                                            : Shape{sample.width};
  stream.values = std::move(sample.values);
  if (labelled) stream.labels = std::move(sample.labels);
  return stream;
}

}  // namespace

struct AuditStreams::Inside {
  Inside(const JsonReader& request, const AuditLibraries& libraries)
      : job(request["job"].text()),
        scheme(scheme_from_json(request["scheme"])),
        seed(seed_from_hex(request["seed"].text())),
        rows(request["rows"].number()) {
    for (std::size_t s = 0; s < job.subnetworks().size(); ++s)
      labelled = labelled && !sample_stream(job, s, false, {0}).labels.empty();
    const StreamSample like =
        sample_stream(job, 0, false, first_rows(std::min(kLikeRows, job.rows(false))));
    kind = like.kind;
    surrogates = open_surrogates(request["surrogates"].texts(), like, libraries);
  }

  // Games have what all of the job's streams have.
  std::vector<AuditStream> hand_over(std::vector<StreamSample> given) const {
    std::vector<AuditStream> streams;
    for (StreamSample& sample : given)
      streams.push_back(handed_over(std::move(sample), kind, labelled));
    return streams;
  }

  static constexpr const char* kWhere = "the audit's request";
  JobView job;
  Scheme scheme;
  Secret seed;
  std::uint64_t rows;
  SampleKind kind = SampleKind::kVector;
  bool labelled = true;
  Surrogates surrogates;
};

AuditStreams::AuditStreams(const std::string& request, const ImageLibrary* images,
                           const TextLibrary* text)
    : inside_([&] {
        const Json json = parse_json(as_bytes(request), Inside::kWhere);
        return std::make_unique<Inside>(JsonReader(json, Inside::kWhere),
                                        AuditLibraries{images, text});
      }()) {}
AuditStreams::~AuditStreams() = default;

std::vector<AuditStream> AuditStreams::game(std::uint64_t number) const {
  return lesson(number).first;
}

std::pair<std::vector<AuditStream>, std::vector<bool>> AuditStreams::lesson(
    std::uint64_t number) const {
  Game game = play(inside_->scheme, inside_->surrogates, inside_->seed, number, inside_->rows);
  return {inside_->hand_over(std::move(game.streams)), game.wanted};
}

std::vector<AuditStream> AuditStreams::job() const {
  const std::uint64_t rows = std::min(inside_->rows, inside_->job.rows(false));
  std::vector<StreamSample> samples;
  for (std::size_t s = 0; s < inside_->job.subnetworks().size(); ++s)
    samples.push_back(sample_stream(inside_->job, s, false, first_rows(rows)));
  return inside_->hand_over(std::move(samples));
}

}  // namespace amalgam
