/* One load of the schedule file, start to end, for commands that wait for it.
 */
#ifndef MOONCRON_LOAD_H
#define MOONCRON_LOAD_H

#include "mooncron/error.h"
#include "mooncron/hostmsg.h"
#include "mooncron/jobset.h"
#include "mooncron/mistake.h"

struct uv_loop_s;

/* What a load came to. Exactly one of three: `set` (sealed; the caller's
 * reference), or mistakes.count > 0, or a failure sentence (the host could not
 * be started, hung, died). */
struct load_result {
    struct jobset *set;
    struct mistakes mistakes;
    struct error failure;
};
void load_result_close(struct load_result *result);

/* Loads `request->path` in a script host of its own and ends that host.
 * Blocks, on a loop of its own, at most `timeout_ms`. */
void load_file(const struct host_load *request, uint32_t timeout_ms,
               struct load_result *ret);

#endif
