#include "base/secret.h"

amalgam::Secret twice(const amalgam::Secret& secret) {
#ifdef AMALGAM_FORBIDDEN
  return secret;
#else
  return secret.clone();
#endif
}
