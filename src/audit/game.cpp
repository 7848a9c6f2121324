#include "audit/game.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "audit/main_feature.h"
#include "base/bytes.h"
#include "base/counted.h"
#include "noise/generator.h"
#include "plan/plan.h"

namespace amalgam {
namespace {

// Of a stream, so that statistics mean something.
constexpr std::uint64_t kLeastRows = 16;
// That a decoy is fitted on.
constexpr std::uint64_t kMostApart = 2048;

Scheme::Part part_of(const KeyTask& task) {
  Scheme::Part part;
  part.origin = task.origin;
  for (const ColumnShape& columns : task.shape.features()) {
    part.same_rows = std::max(part.same_rows, columns.shared);
    part.scattered = part.scattered || columns.scattered;
    part.borrowed = std::max(
        part.borrowed, static_cast<double>(columns.borrowed) / static_cast<double>(columns.width));
  }
  return part;
}

Tensor pick_rows(const Tensor& tensor, const std::vector<std::uint64_t>& rows) {
  Shape shape = tensor.shape;
  const std::uint64_t size = tensor.bytes() / shape[0];
  std::vector<std::byte> bytes(rows.size() * size);
  for (std::size_t i = 0; i < rows.size(); ++i)
    tensor.source->read(rows[i] * size, MutableBytes(bytes).subspan(i * size, size));
  shape[0] = rows.size();
  return {tensor.dtype, shape, memory_source(std::move(bytes))};
}

Dataset subset(const Dataset& data, const std::vector<std::uint64_t>& rows) {
  Dataset out;
  out.where = data.where;
  for (const Field& field : data.fields)
    out.fields.push_back({field.name, pick_rows(field.tensor, rows), field.role});
  return out;
}

// Some rows of some classes of some surrogate set, which no other stream of the game has.
class Sources {
 public:
  Sources(const Surrogates& sets, std::size_t count, RandomStream& random) : sets_(sets) {
    // Each set goes to as many streams as its turn comes, in random order.
    for (std::size_t i = 0; i < count; ++i) turns_.push_back(i % sets.size());
    random.shuffle(std::span(turns_));
    for (std::size_t s = 0; s < sets.size(); ++s) {
      const auto streams = static_cast<std::size_t>(std::count(turns_.begin(), turns_.end(), s));
      pools_.push_back(split(*sets[s], std::max<std::size_t>(2, streams), random));
    }
    taken_.assign(sets.size(), 0);
  }

  // A stream's rows; and where decoys are fitted on rows that are in no stream, the others of the
  // same kind.
  struct Source {
    std::shared_ptr<const Dataset> rows, apart;
  };
  Source next(RandomStream& random, std::uint64_t rows, bool apart) {
    const std::size_t set = turns_[next_++];
    std::vector<std::uint64_t> pool = pools_[set][taken_[set]++], rest;
    random.shuffle(std::span(pool));
    const std::uint64_t count = std::min<std::uint64_t>(rows, pool.size() / (apart ? 2 : 1));
    for (std::uint64_t i = count;
         apart && i < std::min<std::uint64_t>(pool.size(), count + kMostApart); ++i)
      rest.push_back(pool[i]);
    pool.resize(count);
    return {std::make_shared<const Dataset>(subset(*sets_[set], pool)),
            apart ? std::make_shared<const Dataset>(subset(*sets_[set], rest)) : nullptr};
  }

 private:
  // Whole classes each, or where there are too few of them random rows. In random order, because
  // the first parts may be larger, and the wanted stream takes the first.
  static std::vector<std::vector<std::uint64_t>> split(const Dataset& data, std::size_t parts,
                                                       RandomStream& random) {
    std::vector<std::vector<std::uint64_t>> groups = rows_by_class(data).groups, out(parts);
    if (groups.size() < 2 * parts) {
      const std::vector<std::uint64_t> order = random.permutation(data.rows());
      for (std::size_t i = 0; i < order.size(); ++i) out[i % parts].push_back(order[i]);
    } else {
      random.shuffle(std::span(groups));
      for (std::size_t g = 0; g < groups.size(); ++g)
        out[g % parts].insert(out[g % parts].end(), groups[g].begin(), groups[g].end());
    }
    random.shuffle(std::span(out));
    return out;
  }

  const Surrogates& sets_;
  std::vector<std::size_t> turns_, taken_;
  std::vector<std::vector<std::vector<std::uint64_t>>> pools_;
  std::size_t next_ = 0;
};

// A generated decoy's rows, as obfuscate makes them from a wanted task's.
StreamSample generated(const Scheme::Part& part, const Sources::Source& source, const Secret& seed,
                       const std::string& name) {
  const std::shared_ptr<const Dataset>& like = source.rows;
  const Field& field = main_feature(*like);
  std::vector<std::size_t> tokens;
  if (sample_kind(field.tensor.dtype, field.sample_shape()) == SampleKind::kText)
    tokens.push_back(static_cast<std::size_t>(&field - like->fields.data()));
  NoiseKind noise;
  noise.name = part.origin;
  noise.table = source.apart;
  const std::uint64_t rows = like->rows();
  const auto made = generated_rows(like, make_generator(noise, like, tokens), seed, name, rows);
  Dataset data = *like;
  for (std::size_t f = 0; f < data.fields.size(); ++f) {
    std::vector<std::byte> values, scratch(data.fields[f].row_bytes());
    for (std::uint64_t r = 0; r < rows; ++r) {
      const Bytes row = made->read(f, r, scratch);
      values.insert(values.end(), row.begin(), row.end());
    }
    data.fields[f].tensor.source = memory_source(std::move(values));
  }
  return sample_dataset(data, first_rows(rows));
}

TaskShape one_field(const char* fingerprint, const ColumnShape& columns) {
  TaskShape shape;
  shape.fingerprint = fingerprint;
  shape.fields = {columns};
  return shape;
}

// Another question of the same rows: which of some groups a row's class is in, drawn alike for all
// that ask.
StreamSample asked(StreamSample sample, RandomStream& random) {
  std::map<std::int64_t, std::int64_t> groups;
  for (const std::int64_t label : sample.labels) groups[label] = 0;
  if (groups.size() < 2) return sample;
  const std::uint64_t count = 2 + random.below(groups.size() - 1);
  for (auto& [label, group] : groups) group = static_cast<std::int64_t>(random.below(count));
  for (std::int64_t& label : sample.labels) label = groups[label];
  return sample;
}

// What a decoy reads, as the plan of a job of both would have it: columns of another stream in
// place of some of its own; scattered: any of all columns.
void borrow(const Scheme::Part& part, const StreamSample& from, StreamSample& into,
            const Secret& seed) {
  const auto borrowed = static_cast<std::uint64_t>(part.borrowed * static_cast<double>(into.width));
  const ColumnShape whole{Role::kFeature, into.dtype, from.width},
      shared{Role::kFeature, into.dtype, into.width, std::min(borrowed, from.width),
             part.scattered};
  const StreamSample own = into;
  const StreamSample* samples[] = {&from, &own};
  const Plan plan = draw_streams(seed, {one_field("a", whole), one_field("b", shared)}, 0);
  std::vector<std::pair<const StreamSample*, std::uint64_t>> behind(
      plan.columns.at(whole.group()));  // by column: whose it is, and which element
  for (const Stream& stream : plan.streams) {
    const Filling& filling = stream.fields[0].filling;
    for (std::size_t i = 0; i < filling.columns.size(); ++i)
      behind[filling.columns[i]] = {samples[stream.task],
                                    filling.elements.empty() ? i : filling.elements[i]};
  }
  for (const Stream& stream : plan.streams) {
    if (stream.task != 1) continue;
    for (std::uint64_t i = 0; i < into.width; ++i) {
      const auto& [sample, element] = behind[stream.fields[0].positions[i]];
      for (std::uint64_t r = 0; r < std::min(into.rows, from.rows); ++r)
        into.values[r * into.width + i] = sample->values[r * sample->width + element];
    }
  }
}

}  // namespace

std::string Scheme::text() const {
  std::vector<std::string> origins;
  for (const Part& part : decoys)
    origins.push_back(part.origin + (part.same_rows > 0  ? " (of the same rows as others)"
                                     : part.scattered    ? " (scattered)"
                                     : part.borrowed > 0 ? " (columns shared)"
                                                         : ""));
  return fmt::format(
      "{} wanted; {}", wanted.size(),
      origins.empty() ? "no decoys" : fmt::format("decoys: {}", fmt::join(origins, ", ")));
}

namespace {

bool fits_rows_apart(const Scheme& scheme) {
  return std::any_of(scheme.decoys.begin(), scheme.decoys.end(),
                     [](const Scheme::Part& part) { return part.origin == "copula"; });
}

}  // namespace

Scheme scheme_of(const Key& key) {
  Scheme scheme;
  for (std::size_t t = 0; t < key.tasks.size(); ++t) {
    const bool wanted = std::any_of(key.wanted.begin(), key.wanted.end(),
                                    [&](const KeyWanted& w) { return w.task == t; });
    (wanted ? scheme.wanted : scheme.decoys).push_back(part_of(key.tasks[t]));
  }
  return scheme;
}

Json scheme_json(const Scheme& scheme) {
  const auto parts = [](const std::vector<Scheme::Part>& all) {
    Json list = Json::array();
    for (const Scheme::Part& part : all)
      list.push_back({{"origin", part.origin},
                      {"borrowed", part.borrowed},
                      {"scattered", part.scattered},
                      {"same_rows", part.same_rows}});
    return list;
  };
  return {{"wanted", parts(scheme.wanted)}, {"decoys", parts(scheme.decoys)}};
}

Scheme scheme_from_json(const JsonReader& json) {
  const auto part = [](const JsonReader& entry) -> Scheme::Part {
    return {entry["origin"].text(), entry["borrowed"].real(), entry["scattered"].flag(),
            entry["same_rows"].number()};
  };
  return {json["wanted"].list(part), json["decoys"].list(part)};
}

std::string why_unplayable(const Scheme& scheme, const Surrogates& surrogates) {
  const Field& field = main_feature(*surrogates.front());
  const bool text = sample_kind(field.tensor.dtype, field.sample_shape()) == SampleKind::kText;
  for (const Scheme::Part& part : scheme.decoys) {
    if (part.origin == "patches")
      return "decoys are patches of photographs, which games do not have";
    if (!text && (part.origin == "unigram" || part.origin == "ngram"))
      return "decoys are generated text, and the surrogate data is none";
    if (text && part.origin == "copula")
      return "decoys are generated tables, and the surrogate data is text";
  }
  const std::size_t streams = scheme.wanted.size() + scheme.decoys.size();
  const std::size_t least =
      kLeastRows * std::max<std::size_t>(2, streams) * (fits_rows_apart(scheme) ? 2 : 1);
  for (const auto& data : surrogates)
    if (data->rows() < least)
      return fmt::format("{} has {}, and {} at least {}", data->where, counted(data->rows(), "row"),
                         counted(streams, "stream takes", "streams take"), least);
  return "";
}

namespace {

Secret drawn_seed(RandomStream& random) {
  Secret seed(kSeedBytes);
  for (std::byte& byte : seed.mutable_bytes()) byte = static_cast<std::byte>(random.below(256));
  return seed;
}

}  // namespace

Game play(const Scheme& scheme, const Surrogates& surrogates, const Secret& seed,
          std::uint64_t number, std::uint64_t rows) {
  RandomStream random(seed, fmt::format("game/{}", number));
  Sources sources(surrogates, scheme.wanted.size() + scheme.decoys.size(), random);
  const bool apart = fits_rows_apart(scheme);
  std::vector<Sources::Source> wanted;
  std::map<std::uint64_t, Sources::Source> common;
  const auto real = [&](const Scheme::Part& part) {
    if (part.same_rows == 0) return sources.next(random, rows, apart);
    if (!common.contains(part.same_rows))
      common[part.same_rows] = sources.next(random, rows, apart);
    return common[part.same_rows];
  };
  const auto sample_of = [&](const Scheme::Part& part, const Dataset& data) {
    StreamSample sample = sample_dataset(data, first_rows(data.rows()));
    return part.same_rows > 0 ? asked(std::move(sample), random) : sample;
  };
  Game game;
  for (const Scheme::Part& part : scheme.wanted) {
    wanted.push_back(real(part));
    game.streams.push_back(sample_of(part, *wanted.back().rows));
    game.wanted.push_back(true);
  }
  for (std::size_t i = 0; i < scheme.decoys.size(); ++i) {
    const Scheme::Part& part = scheme.decoys[i];
    if (part.origin == "data") {
      game.streams.push_back(sample_of(part, *real(part).rows));
    } else {
      const std::size_t like = i % wanted.size();
      game.streams.push_back(
          generated(part, wanted[like], seed, fmt::format("game/{}/{}", number, i)));
      if (part.scattered || part.borrowed > 0)
        borrow(part, game.streams[like], game.streams.back(), drawn_seed(random));
    }
    game.wanted.push_back(false);
  }
  return game;
}

}  // namespace amalgam
