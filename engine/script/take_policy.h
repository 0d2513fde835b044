/* The options that say how runs go together, are repeated, made up for and told
 * of; readers of options, as in lib_declare.c. */
#ifndef SCRIPT_TAKE_POLICY_H
#define SCRIPT_TAKE_POLICY_H

#include "take.h"

/* What counts where the file says nothing. */
struct policies policies_usual(void);

/* `false`, which says "none" where an option takes it. */
bool take_is_false(const struct taker *taker);

void take_overlap(struct taker *taker, const char *key, struct decl *decl);
void take_catch_up(struct taker *taker, const char *key, struct decl *decl);
void take_deadline(struct taker *taker, const char *key, struct decl *decl);
void take_min_gap(struct taker *taker, const char *key, struct decl *decl);
void take_max_runs(struct taker *taker, const char *key, struct decl *decl);
void take_alert_after(struct taker *taker, const char *key, struct decl *decl);
void take_on_failure(struct taker *taker, const char *key, struct decl *decl);
void take_on_success(struct taker *taker, const char *key, struct decl *decl);
void take_on_recover(struct taker *taker, const char *key, struct decl *decl);
void take_heartbeat(struct taker *taker, const char *key, struct decl *decl);

/* take_retry.c */
void take_retry(struct taker *taker, const char *key, struct decl *decl);

#endif
