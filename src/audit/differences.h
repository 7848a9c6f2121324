// Differences between streams and between networks, one file each in failures/: each check has a
// rule, fixed beforehand, that takes some of them for the wanted ones; where there is none, it
// finds notes.
#pragma once

#include "audit/failure.h"
#include "audit/tell.h"

namespace amalgam {

// Dtypes, ranges, and values off the grid of the others. The rules: of three or more, wanted is who
// alone has another dtype; who uses less of the range; who is on a grid, or on no value that the
// others lack. Ranges and steps of real numbers belong to their subjects, ranges of tokens to their
// vocabularies: notes.
void check_values(const FailureInput& input, TellList& out);

// Positions that never change, in some streams only. The rule: what is made up has none, so that
// these are wanted; of texts, where it is a header of their source, the others.
void check_constants(const FailureInput& input, TellList& out);

// Sub-networks that receive links. The rule: wanted is one of those that receive none.
void check_links(const FailureInput& input, TellList& out);

// Sizes of layers that are no multiples of what the others' are multiples of. The rule: a person
// chose the rounder ones, which are wanted.
void check_sizes(const FailureInput& input, TellList& out);

// Initial values of another form, among networks of one kind. The rule: wanted are the fewer ones;
// of as many, those that are not uniform, as nearly all layers begin by default. Across kinds a
// note: gates begin in another form than attention does.
void check_initial_values(const FailureInput& input, TellList& out);

// Initial values that PyTorch's generator drew beside some that another did. The rule: wanted are
// the fewer ones; of as many, PyTorch's. Gives why that can't be told, or nothing.
std::string check_generator(const FailureInput& input, TellList& out);

// Labels that nothing in the samples says, beside streams where they are learned. The rule: those
// are wanted.
void check_chance(const FailureInput& input, TellList& out);
// The same, of the job's sub-networks after training, `by` whom; by sub-network.
void check_training(const std::vector<std::optional<TrainingFacts>>& facts, const char* by,
                    TellList& out);

// Streams that an earlier job has, too. Gives the share of each one's rows that are in there. The
// rule: who comes again is wanted.
std::vector<double> check_earlier(const FailureInput& input, const JobView& earlier, TellList& out);

// Sub-networks that read the same features: a note on what their targets are, which alone differ.
void check_questions(const FailureInput& input, TellList& out);

// All of so many streams but these.
std::vector<std::size_t> all_but(const std::vector<std::size_t>& streams, std::size_t count);

}  // namespace amalgam
