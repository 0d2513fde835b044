/* A batch asks for slots of many expressions, without a schedule file: requests
 * come in as lines of JSON, and each is answered by one line, in order.
 *
 *   {"id": 1, "expr": "30 2 * * *", "tz": "Europe/Bucharest",
 *    "from": "2026-01-01T00:00:00Z", "n": 2}
 *   {"id":1,"next":["2026-01-01T00:30:00Z","2026-01-02T00:30:00Z"]}
 *   {"id":2,"error":"expr, column 3: hour field: 25 is out of range 0-23"}
 *
 * What a request may say is told in docs/cli.md. */
#ifndef MOONCRON_BATCH_H
#define MOONCRON_BATCH_H

#include "mooncron/error.h"
#include "mooncron/instant.h"
#include "mooncron/zones.h"

#define BATCH_TIMES_MAX 1000 /* `n`: more is what `from` is for */
#define BATCH_LINE_MAX                                                         \
    (64 << 10) /* an expression of 4 KiB, escaped, and id                      \
                */

/* Answers what is read from `in` until it ends; blocks. Answers are written
 * before it waits for more. `now` stands for "from" where a request has none;
 * NEVER_MS: the clock's. False and a sentence where a descriptor fails. */
bool batch_answer(int in, int out, struct zones *zones, struct wall now,
                  struct error *reterr);

#endif
