/* Tells an action as one line. */
#ifndef TEST_CORE_TELL_H
#define TEST_CORE_TELL_H

#include "checker.h"
#include "mooncron/text.h"

void tell(struct text *trace, struct wall now, struct checker *checker,
          const struct action *act);

#endif
