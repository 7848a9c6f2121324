// An attacker: what it looks at in a stream, as numbers. Scoring (score.h) learns on surrogate
// games which way the numbers point; an attacker itself knows no roles.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "audit/stream_sample.h"

namespace amalgam {

class Attack {
 public:
  virtual ~Attack() = default;
  virtual std::string_view name() const = 0;
  // One sentence: what it looks at.
  virtual std::string_view sees() const = 0;
  virtual bool applies(SampleKind kind) const = 0;
  // The names of what measure() gives.
  virtual std::vector<std::string> statistics() const = 0;
  // One number a statistic, finite. Thread-safe.
  virtual std::vector<double> measure(const StreamSample& sample) const = 0;
  // The naive attacker's rule, fixed beforehand: it takes the stream whose first statistic is
  // largest (1) or smallest (-1); 0: it has none.
  virtual int naive() const { return 0; }
};

// Neighbouring pixels: total variation, their correlation, the slope of the power spectrum.
std::unique_ptr<Attack> make_variation();
// Edges: kurtosis of gradients and of a Laplacian, share of flat places.
std::unique_ptr<Attack> make_edges();
// What a general and an image compressor make of the rows.
std::unique_ptr<Attack> make_compression();
// How far classes lie apart: Fisher's ratio, nearest centroid and nearest neighbour held out.
std::unique_ptr<Attack> make_separability();
// Moments of each position against those of noise that is alike everywhere.
std::unique_ptr<Attack> make_moments();
// Whether a position's strongest correlations are with its neighbours.
std::unique_ptr<Attack> make_layout();
// What a median filter takes away, as PSNR.
std::unique_ptr<Attack> make_denoising();
// Texts: entropy of tokens, what a token says of the next, repeated runs.
std::unique_ptr<Attack> make_text_entropy();
// Labels: how evenly rows are spread over classes, runs.
std::unique_ptr<Attack> make_labels();
// Rows that come again, nearly or in a mirror.
std::unique_ptr<Attack> make_repeats();
// Numbers: whether columns depend on each other by more than correlations.
std::unique_ptr<Attack> make_bends();
// Texts: their lengths before they are filled up.
std::unique_ptr<Attack> make_lengths();
// Texts: how likely each is to a model of the stream's other texts.
std::unique_ptr<Attack> make_likelihood();

// Texts: the vocabulary's numbering undone by frequencies.
std::unique_ptr<Attack> make_numbering();

// All of them.
std::vector<std::unique_ptr<Attack>> all_attacks();

}  // namespace amalgam
