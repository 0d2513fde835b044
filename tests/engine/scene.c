/* A scene: a job, what is known of it, and the instant that is asked for. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int scene_setup(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    scene->tell = why_tell;
    scene->job = (struct job){ .name = "rank", .overlap = OVERLAP_SKIP };
    scene->job.schedule.every_ms = 10 * MINUTE;
    scene->c = (struct why_case){
        .job = &scene->job,
        .zone = zone_utc(),
        .at = AT(34),
        .now = AT(34),
        .environment = "production",
        .primary = true,
        .lane = { .started = { EVER_MS },
                  .paused_until = { EVER_MS },
                  .unwritten = { EVER_MS } },
        .generation = 7,
        .in_force_since = AT(-240),
        .dossier = &scene->dossier,
    };
    *state = scene;
    return 0;
}

int scene_teardown(void **state)
{
    free(*state);
    return 0;
}

void scene_rows(struct scene *scene, struct history_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        rows[i].job = "rank";
        rows[i].error = rows[i].error ? rows[i].error : "";
        rows[i].by = rows[i].by ? rows[i].by : "";
        rows[i].owner = "";
        if (!rows[i].count)
            rows[i].last = rows[i].slot;
    }
    scene->dossier.rows = rows;
    scene->dossier.row_count = count;
}

void scene_expect(const struct scene *scene, const char *needle)
{
    struct text out;
    text_init(&out, 1 << 16);
    scene->tell(&scene->c, &out);
    if (!strstr(out.data, needle))
        fail_msg("\"%s\" is not in\n%s", needle, out.data);
    text_close(&out);
}

void scene_expect_code(const struct scene *scene, const char *code)
{
    char member[40];
    snprintf(member, sizeof member, "\"code\":\"%s\"", code);
    scene_expect(scene, member);
}

void scene_at(struct scene *scene, int minutes)
{
    scene->c.at.ms = NOON + (int64_t)minutes * MINUTE;
}

struct history_row run_of(int minutes, enum verdict verdict)
{
    return (struct history_row){ .slot = AT(minutes),
                                 .started = AT(minutes),
                                 .ended = { NOON + minutes * MINUTE + 2100 },
                                 .took_ms = 2100,
                                 .attempt = 1,
                                 .verdict = (uint8_t)verdict,
                                 .claimed = true,
                                 .done = true };
}
