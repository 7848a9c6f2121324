#include <iostream>

#include "base/secret.h"

void show(const amalgam::Secret& secret) {
#ifdef AMALGAM_FORBIDDEN
  std::cout << secret;
#else
  std::cout << secret.size();
#endif
}
