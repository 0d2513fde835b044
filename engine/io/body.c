/* A body is looked through before it is parsed: jansson goes 2048 deep, on a
 * stack that a thread of civetweb does not have. */
#include "body.h"

/* Whether no bracket that is open in `text` has more than the limit around it.
 * What stands in strings is no bracket. Where the text is no JSON any answer is
 * good, as long as what a parser reads of it is no deeper. */
static bool is_shallow(const char *text, size_t len)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '[' || c == '{'))
            depth++;
        else if (!quoted && (c == ']' || c == '}') && depth > 0)
            depth--;
        if (depth > BODY_DEPTH_MAX)
            return false;
    }
    return true;
}

json_t *body_json(const struct web_request *request)
{
    if (!is_shallow(request->body, request->body_len))
        return NULL;
    return json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES,
                      NULL);
}
