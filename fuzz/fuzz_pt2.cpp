// A whole .pt2 archive: the zip, its JSON files, the tensors.
#include "amalgam/model.h"
#include "target.h"

namespace amalgam::fuzz {

std::vector<std::string> seeds() {
  return {file_text(AMALGAM_GOLDEN "/torch-2.9.pt2"), file_text(AMALGAM_GOLDEN "/torch-2.13.pt2")};
}

void run(Bytes input) {
  const InputFile file(input);
  read_model(file.path());
}

}  // namespace amalgam::fuzz
