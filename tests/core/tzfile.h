/* A zone of the system, for tests of what zones do to schedules. */
#ifndef TEST_CORE_TZFILE_H
#define TEST_CORE_TZFILE_H

#include "mooncron/zone.h"

/* Fails the test where there is none of this name. */
struct zone *tzfile_zone(const char *name);

#endif
