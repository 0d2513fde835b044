/* Takers read one option of a table each, and speak of fields when it is not
 * what it should be. */
#ifndef SCRIPT_TAKE_H
#define SCRIPT_TAKE_H

#include "loader.h"

/* Of the registry: the functions that a run may be handed, by id. */
#define FUNCTIONS_KEY "mooncron.functions"

/* The table that is read: who calls with it, and where. The value that is
 * looked at is on top of the stack. */
struct taker {
    struct loader *loader;
    lua_State *L;
    const char *function; /* "job" */
    const char *name;     /* of the job, or NULL */
    const char *file;
    uint32_t line;
    bool sound; /* nothing was blamed so far */
};

/* "job \"feed-rank\"" or "defaults", or "this job" where its name is none: how
 * messages call it. */
const char *taker_title(const struct taker *taker, char buffer[160]);
/* The value on top of the stack as people would write it, if it is short. */
const char *take_found(lua_State *L, char buffer[64]);

/* Blames the value, or the key, of an option; of a field of it where `key` is
 * "option.field". */
struct advice;
void taker_blame(struct taker *taker, const char *code, const char *key,
                 enum spot_of what, uint32_t element,
                 const struct advice *advice, const char *format, ...)
    __attribute__((format(printf, 7, 8)));

/* The same for `width` bytes from `column` on (0-based) within the text of a
 * value, where the file has that text as it is. */
void taker_blame_part(struct taker *taker, const char *code, const char *key,
                      uint32_t element, uint32_t column, uint32_t width,
                      const struct advice *advice, const char *message);

/* Each leaves `ret` alone and blames where the value is none. */
void take_bool(struct taker *taker, const char *key, bool *ret);
void take_duration(struct taker *taker, const char *key, int64_t min_ms,
                   int64_t max_ms, int64_t *ret_ms);
void take_choice(struct taker *taker, const char *key, const char *const *words,
                 size_t count, uint8_t *ret);
void take_string(struct taker *taker, const char *key, const char **ret);
/* A whole number in a range. */
void take_count(struct taker *taker, const char *key, uint32_t min,
                uint32_t max, uint32_t *ret);
/* A function, kept in the registry for runs; `ret_id` is what the daemon names
 * it by. */
void take_function(struct taker *taker, const char *key, const char *wanted,
                   uint32_t *ret_id);
/* A list of strings; the array is the arena's. */
void take_names(struct taker *taker, const char *key, const char ***ret,
                uint32_t *ret_count);
/* False, and it was blamed, unless the value has this Lua type. */
bool take_type(struct taker *taker, const char *key, int type,
               const char *wanted);

/* One field of an option that is a table: `key` is "retry.attempts", and the
 * value on top of the stack. */
typedef void take_field(struct taker *taker, const char *key, void *data);
struct option_field {
    const char *name;
    take_field *take;
};
/* Reads the table on top of the stack, whose fields are these and no others.
 * False where one was blamed. */
bool take_fields(struct taker *taker, const char *key,
                 const struct option_field *fields, size_t count, void *data);

/* A path: "/api/feed". */
void take_target(struct taker *taker, const char *key, const char **ret);
/* "?a=b&c=d", percent-encoded, in the order of the names. */
void take_query(struct taker *taker, const char *key, const char **ret);
/* "Name: value\n" each, in the order of the names. */
void take_headers(struct taker *taker, const char *key, const char **ret);
/* JSON, and what tells it apart: its only string. */
void take_body(struct taker *taker, const char *key, const char **ret,
               const char **ret_label);

#endif
