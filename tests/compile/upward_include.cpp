#ifdef AMALGAM_FORBIDDEN
#include "amalgam/key.h"
#else
#include "plan/plan.h"
#endif
