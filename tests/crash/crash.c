/* crash: kills the real program, or lets a call of it fail, at each of its
 * system calls in six plays, and looks what is left.
 *
 *   crash [--points N] [--kills N] [--seed S]
 *   crash --play NAME --fault NAME [--at N]
 *   crash --play any --kills N [--seed S]
 *
 * A play and a fault are a cell. A cell is played once without its fault, to
 * count the calls that the fault can come to; each of them is a point, and is
 * played for itself. Lanes take the points from one list.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kills.h"
#include "lanes.h"
#include "scene.h"

#define LANES           4
#define BUSY_POINTS_MAX 200 /* of a play that could go on for ever */

static bool options_read(struct options *options, char **argv)
{
    *options = (struct options){ .seed = 1, .lanes = LANES };
    const struct {
        const char *name;
        uint64_t *number;
        const char **text;
    } known[] = { { "--points", &options->points, NULL },
                  { "--kills", &options->kills, NULL },
                  { "--seed", &options->seed, NULL },
                  { "--at", &options->at, NULL },
                  { "--play", NULL, &options->play },
                  { "--fault", NULL, &options->fault } };
    for (char **at = argv + 1; *at; at += 2) {
        size_t i = 0, count = sizeof known / sizeof *known;
        while (i < count && strcmp(known[i].name, *at))
            i++;
        if (i == count || !at[1])
            return false;
        if (known[i].number)
            *known[i].number = strtoull(at[1], NULL, 10);
        else
            *known[i].text = at[1];
    }
    if (options->at)
        options->lanes = 1;
    return true;
}

/* How many points each cell has. */
static void share_points(struct cell *cells, const struct options *options)
{
    for (size_t i = 0; i < CELLS; i++) {
        struct cell *cell = &cells[i];
        uint64_t most = options->points ? options->points : UINT64_MAX;
        if (!strcmp(cell_play_name(i), "busy") && most > BUSY_POINTS_MAX)
            most = BUSY_POINTS_MAX;
        cell->points = cell->calls < most ? cell->calls : most;
        if (options->at && lanes_want(options, i))
            cell->points = 1;
    }
    if (!options->at)
        cells[CELL_KILLS].points =
            (options->kills + KILLS_SECTION - 1) / KILLS_SECTION;
}

int main(int argc, char **argv)
{
    struct options options;
    (void)argc;
    if (!options_read(&options, argv)) {
        fputs("crash [--points N] [--kills N] [--seed S]\n"
              "crash --play NAME --fault NAME [--at N]\n"
              "crash --play any --kills N [--seed S]\n",
              stderr);
        return 64;
    }
    int64_t began_ms = scene_mono_ms();
    struct state *state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (state == MAP_FAILED)
        return 71;
    bool well = options.at || lanes_count(state, &options);
    share_points(state->cells, &options);
    well = well && lanes_play(state, &options);
    well = cells_print_total(state->cells, scene_mono_ms() - began_ms) && well;
    return well ? 0 : 1;
}
