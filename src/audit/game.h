// A surrogate game: the audited job's scheme, played with other data. The wanted stream is a draw
// of some classes of a surrogate set; decoys are made as the job's were.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "audit/stream_sample.h"
#include "audit/surrogates.h"
#include "base/json_reader.h"
#include "base/random.h"
#include "key/key.h"

namespace amalgam {

// How a job's streams came about: what a cloud that knows this program may know, and no more.
struct Scheme {
  struct Part {
    std::string origin = "data";  // or the generator's name
    double borrowed = 0;          // part of its columns that are other tasks'
    bool scattered = false;       // reads a random choice of all columns
    // Equal numbers above 0: their features are the same rows, and their targets are not.
    std::uint64_t same_rows = 0;
    bool operator==(const Part&) const = default;
  };
  std::vector<Part> wanted, decoys;
  std::string text() const;  // "1 wanted; decoys: resample, data"
};
Scheme scheme_of(const Key& key);
Json scheme_json(const Scheme& scheme);
// Throws kDamaged.
Scheme scheme_from_json(const JsonReader& json);

struct Game {
  std::vector<StreamSample> streams;
  std::vector<bool> wanted;  // by stream
};

// Why a scheme can't be played with these sets; empty: it can.
std::string why_unplayable(const Scheme& scheme, const Surrogates& surrogates);

// Game number `number`: a pure function of its arguments. `rows` a stream at most.
Game play(const Scheme& scheme, const Surrogates& surrogates, const Secret& seed,
          std::uint64_t number, std::uint64_t rows);

}  // namespace amalgam
