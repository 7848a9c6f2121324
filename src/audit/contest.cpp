#include "audit/contest.h"

#include <mutex>

#include "base/parallel.h"

namespace amalgam {

Contest hold_contest(const Scheme& scheme, const Surrogates& surrogates, const Secret& seed,
                     std::uint64_t games, std::uint64_t rows, const std::vector<StreamSample>& job,
                     unsigned threads, const std::function<void()>& played) {
  Contest contest;
  const auto everyone = all_attacks();
  std::vector<const Attack*> used;
  for (const auto& attack : everyone)
    if (attack->applies(job.front().kind)) {
      used.push_back(attack.get());
      contest.attacks.push_back(facts_of(*attack));
    }
  const auto measure = [&](const std::vector<StreamSample>& streams) {
    MeasuredGame game;
    for (const Attack* attack : used) {
      game.attacks.emplace_back();
      for (const StreamSample& stream : streams)
        game.attacks.back().push_back(attack->measure(stream));
    }
    return game;
  };
  contest.games.resize(games);
  std::mutex mutex;
  parallel_blocks(threads, games, [&](std::uint64_t g) {
    const Game game = play(scheme, surrogates, seed, g, rows);
    contest.games[g] = measure(game.streams);
    contest.games[g].wanted = game.wanted;
    const std::lock_guard lock(mutex);
    played();
  });
  contest.job = measure(job);
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
