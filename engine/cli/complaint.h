/* What is said of an exchange with the daemon that failed. */
#ifndef MOONCRON_CLI_COMPLAINT_H
#define MOONCRON_CLI_COMPLAINT_H

#include <stdbool.h>

#include "mooncron/text.h"

struct talk;

struct complaint {
    int code;  /* of the program */
    bool bare; /* no command's name before it */
    struct text sentence;
    const char *help; /* or NULL */
};

/* Of the last exchange of `talk`, which failed. */
void complaint_init(struct complaint *complaint, const struct talk *talk);
void complaint_close(struct complaint *complaint);

#endif
