/* What tzdata.zi says: the version of the data, and every name there is. */
#ifndef MOONCRON_IO_TZDATA_H
#define MOONCRON_IO_TZDATA_H

#include <stddef.h>

struct tzdata {
    const char *version; /* "2025b", or "" */
    size_t count;
    const char **names;  /* "Europe/Bucharest" */
    const char **cities; /* its last part, in the same bytes */
    /* private */
    char *text;
};

/* The text is taken over; NULL is one that says nothing. */
void tzdata_init(struct tzdata *tzdata, char *text);
void tzdata_close(struct tzdata *tzdata);

/* The name that was probably meant, or NULL. */
const char *tzdata_suggest(const struct tzdata *tzdata, const char *wrong);

#endif
