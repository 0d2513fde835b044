/* When: what a declaration says of its time, beyond a plain `every`.
 *
 * Options are noted one by one as they are read, in any order; what they come
 * to together is worked out when the whole file is known. */
#ifndef SCRIPT_WHEN_H
#define SCRIPT_WHEN_H

#include "take.h"

/* Days named by the file; `days` is sorted once it is sealed. */
struct calendar_decl {
    const char *name; /* "" where a job named the days itself */
    const char *file;
    uint32_t line;
    bool called, missed; /* missed: that it is not declared was told */
    struct calendar as;
};

/* All strings and lists are the arena's. */
struct when {
    const char *timezone, *cron, *from, *until; /* NULL: not said */
    const char **at;
    uint32_t at_count;
    struct term *any; /* EVERY, CRON, AT and ONCE, as written */
    uint32_t any_count;
    bool any_said;
    int next;          /* reference of a function; 0: none */
    int64_t jitter_ms; /* 0: none */
    uint8_t weekdays_off;
    const struct calendar *own_days; /* named in `except`; or NULL */
    const char **calendars;          /* by name */
    uint32_t calendar_count;
    bool excepts; /* `except` was said */
    uint8_t gap, fold, excluded;
    bool gap_said, fold_said, excluded_said;
};

/* The when of a decl, made on the first option that needs one: a copy of the
 * defaults'. */
struct when *when_of(struct taker *taker, struct decl *decl);

/* Who blames an option of a job once the whole file is known. */
struct taker when_taker(struct loader *loader, const struct decl *decl);

/* Blames what is missing and what does not go together, once all options of a
 * job were read. */
void when_check(struct taker *taker, const struct decl *decl);

/* Whether the job needs rules: a plain lattice says all where not. */
bool when_needs_rules(const struct decl *decl);

/* The rules of a decl with this factor, and the zone they are in; NULL: it was
 * blamed. They are the caller's. `lattice` is its own `every`, multiplied. */
struct rules *when_rules(struct loader *loader, const struct decl *decl,
                         double factor, const struct schedule *lattice);

/* Readers of options, as in lib_declare.c. */
void take_timezone(struct taker *taker, const char *key, struct decl *decl);
void take_cron(struct taker *taker, const char *key, struct decl *decl);
void take_at(struct taker *taker, const char *key, struct decl *decl);
void take_any(struct taker *taker, const char *key, struct decl *decl);
void take_next(struct taker *taker, const char *key, struct decl *decl);
void take_except(struct taker *taker, const char *key, struct decl *decl);
void take_excluded(struct taker *taker, const char *key, struct decl *decl);
void take_from(struct taker *taker, const char *key, struct decl *decl);
void take_to(struct taker *taker, const char *key, struct decl *decl);
void take_jitter(struct taker *taker, const char *key, struct decl *decl);
void take_gap(struct taker *taker, const char *key, struct decl *decl);
void take_fold(struct taker *taker, const char *key, struct decl *decl);

#endif
