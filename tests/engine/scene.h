/* A scene: a job, what is known of it, and the instant that is asked for. Where
 * a test says nothing else it is 12:34, the job comes each ten minutes, the
 * schedule has been in force since 08:00, and nothing is written down. */
#ifndef TESTS_ENGINE_SCENE_H
#define TESTS_ENGINE_SCENE_H

#include "why.h"

#define MINUTE 60000
/* 2026-11-23 12:00:00 UTC, a slot of the job. */
#define NOON INT64_C(1795435200000)
#define AT(minutes)                                                            \
    {                                                                          \
        NOON + (int64_t)(minutes)*MINUTE                                       \
    }

struct scene {
    struct job job;
    struct dossier dossier;
    struct why_case c;
    void (*tell)(const struct why_case *c, struct text *out); /* why_tell */
};

/* For cmocka: one for each test, which is its state. */
int scene_setup(void **state);
int scene_teardown(void **state);
#define SCENE_TEST(function)                                                   \
    cmocka_unit_test_setup_teardown(function, scene_setup, scene_teardown)

/* So many minutes after noon is asked for. */
void scene_at(struct scene *scene, int minutes);
/* These rows are written down; they are the caller's. */
void scene_rows(struct scene *scene, struct history_row *rows, size_t count);
/* A row: a run that ended after 2.1 s, at its first attempt. */
struct history_row run_of(int minutes, enum verdict verdict);

/* The answer holds `needle`. */
void scene_expect(const struct scene *scene, const char *needle);
void scene_expect_code(const struct scene *scene, const char *code);

#endif
