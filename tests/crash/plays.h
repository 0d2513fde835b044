/* The plays are what the worker is doing when something goes wrong. */
#ifndef TESTS_CRASH_PLAYS_H
#define TESTS_CRASH_PLAYS_H

#include "checker.h"
#include "scene.h"

/* One play: it writes the files, brings the worker to where the fault shall
 * begin, arms the board, goes on until the play is over or the worker is, and
 * disarms. */
struct play {
    const char *name;
    void (*run)(struct scene *scene);
};
#define PLAYS 6
extern const struct play plays[PLAYS];

/* Of every job that a play knows. */
extern const struct rhythm play_rhythms[];

/* Lives under load, for kills at random: what they are given to do, in one of
 * two schedules that differ in what no order is for. Orders may be for s-p1 and
 * s-p2 (pauses), ht and h-once (runs by hand), hb1 and hb2 (backfills). */
void play_write_load(struct scene *scene, bool second);

#endif
