/* Sources are kept whole until the load is over. */
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mooncron/memory.h"
#include "token.h"

struct source *sources_add(struct sources *sources, const char *path,
                           char *text, size_t len)
{
    if (sources->count == SOURCES_MAX)
        return NULL;
    struct source *source = &sources->items[sources->count++];
    *source = (struct source){ memory_string(path), text, len };
    return source;
}

const struct source *sources_find(const struct sources *sources,
                                  const char *path)
{
    for (size_t i = 0; i < sources->count; i++)
        if (!strcmp(sources->items[i].path, path))
            return &sources->items[i];
    return NULL;
}

void sources_close(struct sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        free(sources->items[i].path);
        free(sources->items[i].text);
    }
    sources->count = 0;
}

const char *source_line(const struct source *source, uint32_t line,
                        size_t *ret_len)
{
    const char *at = source ? source->text : "";
    while (--line && *at) {
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    *ret_len = strcspn(at, "\n");
    if (*ret_len && at[*ret_len - 1] == '\r')
        --*ret_len;
    return at;
}

/* ---- the table of a call ---- */

/* From the token `(` or `{` to the one after its end. */
static bool skip_nested(struct tokens *tokens)
{
    int depth = 0;
    do {
        if (token_opens(tokens))
            depth++;
        else if (token_closes(tokens))
            depth--;
        if (!token_next(tokens))
            return false;
    } while (depth > 0);
    return true;
}

/* Behind the function's name: is it called with this name, and a table? If so
 * the current token is the table's brace. A name that is computed may be any.
 */
static bool site_matches(struct tokens *tokens, const char *name)
{
    if (name && tokens->kind == TOKEN_STRING) {
        if (!token_is_string(tokens, name) || !token_next(tokens))
            return false;
    } else if (name && token_is(tokens, "(")) {
        if (!skip_nested(tokens))
            return false;
    }
    if (token_is(tokens, "("))
        token_next(tokens);
    return token_is(tokens, "{");
}

/* Stands at the brace of the call's table. */
static bool site_open(const struct call_site *site, struct tokens *tokens)
{
    if (!site->source)
        return false;
    tokens_open(tokens, site->source->text, site->source->len, site->line);
    while (token_next(tokens) && tokens->line == site->line) {
        if (!token_is(tokens, site->function))
            continue;
        struct tokens behind = *tokens;
        if (token_next(&behind) && site_matches(&behind, site->name)) {
            *tokens = behind;
            return true;
        }
    }
    return false;
}

/* At depth 1, at the beginning of a field: is this `key =`, or `["key"] =`? */
static bool field_is(struct tokens tokens, const char *key)
{
    if (token_is(&tokens, "[")) {
        return token_next(&tokens) && token_is_string(&tokens, key) &&
               token_next(&tokens) && token_is(&tokens, "]");
    }
    return tokens.kind == TOKEN_NAME && token_is(&tokens, key) &&
           token_next(&tokens) && token_is(&tokens, "=");
}

/* To the next field of the table we are in; false at its end. */
static bool field_skip(struct tokens *tokens)
{
    int depth = 0;
    for (;;) {
        if (depth == 0 && (token_is(tokens, ",") || token_is(tokens, ";")))
            return token_next(tokens);
        if (depth == 0 && token_is(tokens, "}"))
            return false;
        depth += token_opens(tokens) - token_closes(tokens);
        if (!token_next(tokens))
            return false;
    }
}

static struct spot spot_at(const struct tokens *tokens)
{
    return (struct spot){ tokens->line, tokens->column, tokens->width };
}

/* From where a value begins to its last token on that line. */
static struct spot spot_value(struct tokens tokens)
{
    struct spot spot = spot_at(&tokens);
    int depth = 0;
    while (tokens.line == spot.line) {
        if (depth == 0 && (token_is(&tokens, ",") || token_is(&tokens, ";") ||
                           token_is(&tokens, "}")))
            break;
        depth += token_opens(&tokens) - token_closes(&tokens);
        spot.width = tokens.column + tokens.width - spot.column;
        if (!token_next(&tokens))
            break;
    }
    return spot;
}

/* Behind `key`, `=` or `] =`. */
static bool value_enter(struct tokens *tokens)
{
    while (!token_is(tokens, "="))
        if (!token_next(tokens))
            return false;
    return token_next(tokens);
}

static struct spot spot_element(struct tokens tokens, uint32_t element)
{
    const struct spot none = { 0, 0, 0 };
    if (!token_is(&tokens, "{") || !token_next(&tokens))
        return none;
    for (uint32_t i = 1; i < element; i++)
        if (!field_skip(&tokens))
            return none;
    return spot_value(tokens);
}

/* From the brace of a table to its field `key`; false where it has none. */
static bool field_find(struct tokens *tokens, const char *key)
{
    if (!token_is(tokens, "{") || !token_next(tokens))
        return false;
    while (!field_is(*tokens, key))
        if (!field_skip(tokens))
            return false;
    return true;
}

static struct spot field_spot(struct tokens tokens, enum spot_of what,
                              uint32_t element)
{
    const struct spot none = { 0, 0, 0 };
    if (what == SPOT_KEY)
        return spot_at(&tokens);
    if (!value_enter(&tokens))
        return none;
    return element ? spot_element(tokens, element) : spot_value(tokens);
}

struct spot source_option(const struct call_site *site, const char *key,
                          enum spot_of what, uint32_t element)
{
    const struct spot none = { 0, 0, 0 };
    struct tokens table, tokens;
    char option[64];
    size_t len = strcspn(key, ".");
    if (!site_open(site, &table))
        return none;
    tokens = table;
    if (field_find(&tokens, key))
        return field_spot(tokens, what, element);
    tokens = table;
    snprintf(option, sizeof option, "%.*s", (int)len, key);
    if (!key[len] || !field_find(&tokens, option))
        return none;
    struct tokens field = tokens;
    if (!value_enter(&field) || !field_find(&field, key + len + 1))
        return field_spot(tokens, SPOT_VALUE, 0);
    return field_spot(field, what, element);
}

/* ---- names ---- */

struct spot source_name(const struct source *source, uint32_t line,
                        const char *name, const char *after)
{
    struct tokens tokens;
    bool dotted = false, owned = false;
    if (!source)
        return (struct spot){ 0, 0, 0 };
    tokens_open(&tokens, source->text, source->len, line);
    while (token_next(&tokens) && tokens.line == line) {
        if (token_is(&tokens, name) && tokens.kind == TOKEN_NAME &&
            dotted == (after != NULL) && (!after || owned))
            return spot_at(&tokens);
        if (token_is(&tokens, ".")) {
            dotted = true;
            continue;
        }
        dotted = false;
        owned = after && token_is(&tokens, after);
    }
    return (struct spot){ 0, 0, 0 };
}

struct spot source_text(const struct source *source, uint32_t line,
                        const char *text)
{
    size_t len, width = strlen(text);
    const char *bytes = source_line(source, line, &len);
    for (size_t i = 0; width && i + width <= len; i++)
        if (!memcmp(bytes + i, text, width))
            return (struct spot){ line, (uint32_t)i + 1, (uint32_t)width };
    return (struct spot){ 0, 0, 0 };
}
