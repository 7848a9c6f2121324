// Prints the rows of the table of operations as JSON: what a test in Python needs to know of them.
#include <iostream>

#include "base/json.h"
#include "graph/operations/table.h"

int main() {
  using namespace amalgam;
  Json rows = Json::array();
  for (const Family& family : operation_families())
    for (const Operation& row : family.rows)
      rows.push_back({{"family", family.name},
                      {"name", row.name},
                      {"callee", row.printing.callee},
                      {"passes_through", row.printing.rule == pass_through},
                      {"python", row.has(Trait::kPython)},
                      {"assertion", row.has(Trait::kAssertion)}});
  std::cout << rows.dump() << "\n";
}
