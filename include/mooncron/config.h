/* What the environment and the command line say, read once at the start.
 *
 * Every setting is one row of a table in cli/config.c: name, type, range,
 * default, help. Order: flag, then X or X_FILE, then the credentials directory.
 * Both X and X_FILE is an error; a newline at the end of a secret file is
 * dropped; secrets never come from flags. */
#ifndef MOONCRON_CONFIG_H
#define MOONCRON_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "mooncron/http.h"
#include "mooncron/instant.h"
#include "mooncron/log.h"
#include "mooncron/text.h"

enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_TEXT, LOG_FORMAT_JSON };
enum webhook_auth { WEBHOOK_AUTH_ANY, WEBHOOK_AUTH_SIGNATURE };
enum status_access { STATUS_PRIVATE, STATUS_PUBLIC };

/* More calls at once gain nothing on one core, and each holds a descriptor. */
#define CALLS_MAX 512

struct config {
    const char *backend_url;
    const char *api_key; /* NULL: not set; likewise below */
    const char *api_key_collection;
    const char *webhook_secret, *webhook_secret_previous;
    enum webhook_auth webhook_auth;
    const char *admin_token;
    enum status_access status; /* who may look */
    const char *listen_host;
    uint16_t listen_port;
    const char *url; /* where the command line finds the daemon */
    bool primary;
    const char *node_env;
    const char *file;
    const char *state_directory, *runtime_directory;
    const char *zones;       /* folder of TZif files */
    const char *script_env;  /* names, separated by spaces or commas */
    const char *allow_hosts; /* other origins that jobs may call */
    const char *ca_file;
    bool https_only;
    const char *client_cert, *client_key; /* files */
    enum log_format log_format;
    enum log_level log_level;
    uint32_t settings_timeout_ms, connect_timeout_ms;
    uint32_t poll_ms, drain_ms, load_timeout_ms;
    uint32_t keep_days, keep_rows;            /* of the journal */
    uint32_t calls_max, calls_per_origin_max; /* under way at once */
    double time_scale;
    struct wall time_start; /* of the wall clock; 0: it is not set */
    /* private */
    struct config_store *store;
};

/* Reads the environment. Every mistake is added to `problems`, a line each, or
 * is nobody's business where that is NULL; false where there is one. */
bool config_read(struct config *config, struct text *problems);
/* Whether one of those lines is about this variable: it is set, and wrong. */
bool config_is_wrong(const struct config *config, const char *name);
void config_close(struct config *config); /* cleanses secrets */

/* What a client of the backend is to be; borrows from `config`. */
struct http_config config_http(const struct config *config);

/* The table for `help` and docs: one row a setting. */
void config_describe(struct text *out);

/* The pairs "NAME=value" that scripts may read, from script_env. The array and
 * its strings live as long as `config`. */
const char *const *config_script_vars(const struct config *config,
                                      uint32_t *ret_count);

#endif
