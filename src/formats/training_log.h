// train.py's metrics.jsonl: what each sub-network's training measured, a line of JSON each time. It
// comes back from the cloud, and may say anything.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

namespace amalgam {

inline constexpr double kNotSaid = std::numeric_limits<double>::quiet_NaN();

// A line. What is not finite, or is not said, is NaN.
struct LogPoint {
  std::uint64_t epoch = 0;  // counted from 1
  std::uint64_t step = 0;   // batches of training so far, of all epochs together; at most 2^53
  double loss = kNotSaid, metric = kNotSaid;  // means over the rows of what its list says
  double rate = kNotSaid;                     // the learning rate of the last optimizer step
};

// What is said of one sub-network, in the order of the training.
struct SubnetworkLog {
  std::string metric;  // the name of its own metric (formats/metrics.h); empty: it has none
  std::vector<LogPoint> epochs;    // over the training rows of an epoch, at its end
  std::vector<LogPoint> steps;     // over those of the epoch that had been read by then
  std::vector<LogPoint> held_out;  // over the held-out rows, at an epoch's end
};

struct TrainingLog {
  std::vector<SubnetworkLog> subnetworks;
  std::uint64_t lines = 0;  // that were read
  // What was wrong with others, whichever sub-networks they are of.
  std::vector<std::string> notes;
};

// What the file says of a job of so many sub-networks and epochs. A line that train.py can't have
// written (of another form, of no such sub-network or epoch, of an earlier time than the line
// before it, of another metric) is left out and counted, and the file is left at the thousandth of
// them. Throws kDamaged for what is no file of at most 64 MiB, and kIo where it can't be read;
// never for what lines say.
TrainingLog read_training_log(const std::filesystem::path& path, std::size_t subnetworks,
                              std::uint64_t epochs);

}  // namespace amalgam
