#include "obfuscate/cast.h"

#include <iterator>

namespace amalgam {

Cast::Cast(const Given& given, std::vector<Task> guests_on_data, const Amounts& amounts)
    : tasks(given.wanted) {
  counts.wanted = given.wanted.size();
  counts.guests = given.guests.size() + given.on_data.size() + given.on_models.size();
  counts.generated = amounts.all_generated();
  variants = counts.generated > 0 || !given.on_data.empty();
  add(given.guests);
  add(std::move(guests_on_data));
}

void Cast::add(std::vector<Task> more) {
  tasks.insert(tasks.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
}

}  // namespace amalgam
