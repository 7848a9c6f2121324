#include "audit/contest.h"

#include <mutex>

#include "base/parallel.h"

namespace amalgam {

namespace {

// Games of one view are others than those of another, although both may be played with one set.
constexpr std::uint64_t kApart = std::uint64_t{1} << 32;

// An attacker and what it is shown.
struct Seat {
  const Attack* attack;
  std::size_t view;
};

using Shown = std::vector<const std::vector<StreamSample>*>;  // by view

MeasuredGame measure(const std::vector<Seat>& seats, const Shown& shown) {
  MeasuredGame game;
  for (const Seat& seat : seats) {
    game.attacks.emplace_back();
    for (const StreamSample& stream : *shown[seat.view])
      game.attacks.back().push_back(seat.attack->measure(stream));
  }
  return game;
}

MeasuredGame play_and_measure(const Scheme& scheme, const std::vector<ContestView>& views,
                              const Secret& seed, std::uint64_t number, std::uint64_t rows,
                              const std::vector<Seat>& seats) {
  std::vector<Game> games;
  for (std::size_t v = 0; v < views.size(); ++v)
    games.push_back(play(scheme, views[v].surrogates, seed, v * kApart + number, rows));
  Shown shown;
  for (const Game& game : games) shown.push_back(&game.streams);
  MeasuredGame measured = measure(seats, shown);
  measured.wanted = games.front().wanted;
  return measured;
}

}  // namespace

Contest hold_contest(const Scheme& scheme, const std::vector<ContestView>& views,
                     const Secret& seed, std::uint64_t games, std::uint64_t rows, unsigned threads,
                     const std::function<void()>& played) {
  Contest contest;
  const auto everyone = all_attacks();
  std::vector<Seat> seats;
  Shown job;
  for (std::size_t v = 0; v < views.size(); ++v) {
    job.push_back(&views[v].job);
    for (const auto& attack : everyone) {
      if (!attack->applies(views[v].job.front().kind)) continue;
      seats.push_back({attack.get(), v});
      contest.attacks.push_back(facts_of(*attack));
      contest.attacks.back().name += views[v].name;
    }
  }
  contest.games.resize(games);
  std::mutex mutex;
  parallel_blocks(threads, games, [&](std::uint64_t g) {
    contest.games[g] = play_and_measure(scheme, views, seed, g, rows, seats);
    const std::lock_guard lock(mutex);
    played();
  });
  contest.job = measure(seats, job);
  return contest;
}

void join(Contest& contest, const TrainedAttacks& trained) {
  const auto append = [](std::vector<Measurements>& to, const std::vector<Measurements>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  contest.attacks.insert(contest.attacks.end(), trained.attacks.begin(), trained.attacks.end());
  for (std::size_t g = 0; g < contest.games.size(); ++g)
    append(contest.games[g].attacks, trained.games.at(g));
  append(contest.job.attacks, trained.job);
}

}  // namespace amalgam
