// Where inserted values come from: one small interface, many generators.
//
// A generator imitates a dataset, on the data's own value grid, because one value off the grid
// gives a decoy away. What each is worth against an analyst is in docs/noise.md; the short answer
// is: little.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "formats/photographs.h"
#include "formats/rows.h"

namespace amalgam {

// Draws one row of one field. Thread-safe after construction.
class Generator {
 public:
  virtual ~Generator() = default;
  // Fills `out` with values of `field` for a sample of the class that row `like` of the dataset
  // has.
  virtual void draw(std::size_t field, std::uint64_t like, RandomStream& random,
                    MutableBytes out) const = 0;
  // Whether the fields of a row belong together: each is then drawn from the same random numbers,
  // from their beginning.
  virtual bool draws_whole_rows() const { return false; }
};

// "resample": each position takes the value of a random sample of the same class: per-position
// histograms by class.
std::unique_ptr<Generator> make_resample(std::shared_ptr<const Dataset> data);
// "uniform": every value of the grid is equally likely.
std::unique_ptr<Generator> make_uniform(std::shared_ptr<const Dataset> data);
// "gaussian": each position has the data's mean and variance, rounded to the grid.
std::unique_ptr<Generator> make_gaussian(std::shared_ptr<const Dataset> data);
// "spectrum": random phase with the average power spectrum of the class.
std::unique_ptr<Generator> make_spectrum(std::shared_ptr<const Dataset> data);
// "likeness": a gaussian with the means and covariances of the classes, in a basis of principal
// components.
std::unique_ptr<Generator> make_likeness(std::shared_ptr<const Dataset> data);
// "leaves": dead leaves, with radii that depend on the class, and the colours of the class's
// pixels.
std::unique_ptr<Generator> make_leaves(std::shared_ptr<const Dataset> data);

// "patches": pieces of photographs, with classes by clustering. Throws kInvalid where samples are
// no images, or a photograph is smaller than they are.
std::unique_ptr<Generator> make_patches(std::shared_ptr<const Dataset> data,
                                        std::shared_ptr<const Photographs> photographs);

// Rows of a class that a copula of its own is fitted on; a class that has fewer is like all rows.
inline constexpr std::size_t kLeastCopulaRows = 8;
// "copula": a gaussian copula by class, with the values and rank correlations of `table`, rows of
// the data's kind that are not among them. Throws kInvalid where its fields are not the data's, or
// a row has more than some hundred values.
std::unique_ptr<Generator> make_copula(std::shared_ptr<const Dataset> data, const Dataset& table);

// Which generator, and what it needs beside the data.
struct NoiseKind {
  std::string name;                                // empty: "unigram" for tokens, else "resample"
  std::shared_ptr<const Photographs> photographs;  // of "patches"
  // Another text in the same tokens, its first field, that "unigram" and "ngram" imitate; null: the
  // data itself.
  std::shared_ptr<const Dataset> text;
  std::shared_ptr<const Dataset> table = nullptr;  // of "copula"
};

// "uniform", "unigram" and "ngram" (two tokens before, back-off) for the fields that hold numbers
// of tokens: texts by class, each as long as a row of the data, with that row's mask and other
// numbers of the same width. Null for other kinds, or without such fields.
std::unique_ptr<Generator> make_tokens(const NoiseKind& kind, std::shared_ptr<const Dataset> data,
                                       const std::vector<std::size_t>& fields);

// Of generators that need nothing but data, and of those for tokens.
std::vector<std::string> generator_names();
std::vector<std::string> token_generator_names();
// Throws kUsage for an unknown name, with the known ones. An empty one is the default's.
void check_generator_name(const std::string& name);
// The name, where none was given the default's. `tokens` are the fields that hold numbers of
// tokens.
std::string generator_name(const NoiseKind& kind, const std::vector<std::size_t>& tokens);
// Throws kUsage, with the generators for tokens, where a field of the data holds tokens.
void check_copula_fits(const Dataset& data, const std::vector<std::size_t>& tokens);
// Throws kUsage for an unknown name, and for one that needs what is not there: tokens, photographs,
// or a table.
std::unique_ptr<Generator> make_generator(const NoiseKind& kind,
                                          std::shared_ptr<const Dataset> data,
                                          const std::vector<std::size_t>& tokens);

// A dataset of `rows` generated rows. Targets are those of the rows of `targets`, or where it is
// null of the data's, each as often as the others up to once, in an order from the stream
// "<name>/targets"; features are of the same class. Row r draws from the streams "<name>/<r>/..."
// of the seed, so any row can be made at any time, on any thread.
std::shared_ptr<const RowSource> generated_rows(std::shared_ptr<const Dataset> data,
                                                std::shared_ptr<const Generator> generator,
                                                const Secret& seed, std::string name,
                                                std::uint64_t rows,
                                                std::shared_ptr<const Dataset> targets = nullptr);

}  // namespace amalgam
