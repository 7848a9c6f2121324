// Hides one model and its data among a generated decoy, through the C++ API.
//
//     hide MODEL.pt2 DATA JOB KEY
#include <amalgam/error.h>
#include <amalgam/obfuscate.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: hide MODEL.pt2 DATA JOB KEY\n";
    return 2;
  }
  amalgam::ObfuscateOptions options;
  options.recipe.job.epochs = 3;
  options.recipe.train.arguments["lr"] = 0.05;
  options.recipe.tasks = {amalgam::single_task(options.recipe, argv[1], argv[2])};
  options.job = argv[3];
  options.key = argv[4];
  try {
    const amalgam::ObfuscateSummary summary = amalgam::obfuscate(options);
    std::cout << summary.subnetworks << " sub-networks, " << summary.bytes << " bytes to upload\n";
    for (const std::string& note : summary.notes) std::cout << "- " << note << "\n";
  } catch (const amalgam::Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  return 0;
}
