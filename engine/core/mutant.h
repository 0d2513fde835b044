/* The planted bugs of the core, and of others. */
#ifndef MOONCRON_CORE_MUTANT_H
#define MOONCRON_CORE_MUTANT_H

#include "mooncron/mutant.h"

#endif
