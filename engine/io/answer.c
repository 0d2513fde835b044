/* An answer may be a 200 and still say that the job has failed. */
#include "mooncron/answer.h"

#include <jansson.h>
#include <string.h>

/* Most answers say `"success": true` or nothing: they are not parsed. */
static bool may_deny(const char *body, size_t len)
{
    static const char name[] = "\"success\"", word[] = "false";
    return len > 0 && memmem(body, len, name, sizeof name - 1) &&
           memmem(body, len, word, sizeof word - 1);
}

static const char *string_field(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value ? value : "";
}

/* Control characters would break a line of the log. */
static void reason_copy(const char *from, char *reason, size_t size)
{
    size_t used = 0;
    for (; *from && used + 1 < size; from++)
        reason[used++] = (unsigned char)*from < 0x20 ? ' ' : *from;
    reason[used] = '\0';
}

bool answer_denies(const char *body, size_t len, char *reason, size_t size)
{
    reason[0] = '\0';
    if (!may_deny(body, len))
        return false;
    json_t *json = json_loadb(body, len, 0, NULL);
    bool denies = json_is_false(json_object_get(json, "success"));
    if (denies) {
        const char *why = string_field(json, "message");
        reason_copy(*why ? why : string_field(json, "error"), reason, size);
    }
    json_decref(json);
    return denies;
}
