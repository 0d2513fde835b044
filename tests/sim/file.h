/* The schedule file of a simulation, in its variants.
 *
 * Each variant is loaded by the real script host, in this process, once for
 * each Settings that it may meet; what it declared is kept, and the host that
 * holds its functions goes on. So a load costs nothing after the first. */
#ifndef TEST_SIM_FILE_H
#define TEST_SIM_FILE_H

#include "mooncron/jobset.h"
#include "mooncron/text.h"

#define SIM_JOBS    17
#define VARIANTS    8
#define VARIANTS_OK 4 /* the first; the rest have a mistake */

extern const char *const sim_jobs[SIM_JOBS];
/* NO_JOB where there is none of this name. */
#define NO_JOB UINT32_MAX
uint32_t sim_job_number(const char *name);

extern const char *const sim_environments[2];

struct host;

/* What a script host says; frames are whole, one at a time. */
typedef void hear_frame(void *data, char *frame, size_t len);

struct loaded {
    struct jobset *set; /* NULL: the file has a mistake */
    struct host *host;
    hear_frame *hear; /* set by who starts a run */
    void *data;
    /* private */
    struct text out;
    struct host_rules *room;
    struct zones *zones;
};

struct files;
struct files *files_new(void);
void files_free(struct files *files);

/* Borrowed. */
struct loaded *files_load(struct files *files, uint32_t variant,
                          uint32_t environment, bool enable_jobs);

/* Hands one frame to the host of a file; the text is emptied. */
void loaded_tell(struct loaded *loaded, struct text *frame);

#endif
