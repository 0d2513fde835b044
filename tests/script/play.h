/* A play is a script host without a process: frames go in, and what it says is
 * kept as lines that a test compares.
 *
 *   loaded 1, 0 mistakes
 *   request 7: POST /a {"n":1} (30000 ms)
 *   sleep 7: 10000 ms
 *   log 7: info hello {"n":1}
 *   ended 7: ok
 *   ended 7: failed, FILE:1: boom */
#ifndef TEST_SCRIPT_PLAY_H
#define TEST_SCRIPT_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "mooncron/jobset.h"
#include "mooncron/text.h"

struct host;
struct host_rules;

struct play {
    struct host *host;
    struct text said; /* since it was last asked */
    struct jobset *set;
    struct host_rules *room;
    char folder[32], path[48];
};

/* Opens a host and loads the text; the caller asks what it said. */
void play_open(struct play *play, const char *text);
/* The same for one scripted job "j" with this body: it must load. */
void play_open_run(struct play *play, const char *body);
void play_close(struct play *play);

void play_start(struct play *play, uint64_t run);
/* Any function of the set, in its job "j". */
void play_call(struct play *play, uint64_t run, uint32_t function,
               const char *trigger, uint32_t attempt, const char *error);
void play_answer(struct play *play, uint64_t run, uint32_t status,
                 const char *body);
/* No answer came. */
void play_fault(struct play *play, uint64_t run, const char *failure,
                const char *code);
void play_wake(struct play *play, uint64_t run);
void play_cancel(struct play *play, uint64_t run);

/* What it said since the last time, the file's path as FILE; the test fails
 * where it differs. */
void play_says(struct play *play, const char *expected);
/* The same, of which only a part is named. */
void play_mentions(struct play *play, const char *part);

#endif
