/* `retry`: how often, after which pauses, and after what. */
#include <stdio.h>
#include <string.h>

#include "blame.h"
#include "mooncron/duration.h"
#include "mooncron/suggest.h"
#include "take_list.h"
#include "take_policy.h"

struct retry_said {
    struct retry retry; /* what the defaults have, and then what was read */
    bool attempts, backoff, on;
};

static void take_attempts(struct taker *taker, const char *key, void *data)
{
    struct retry_said *said = data;
    said->attempts = true;
    take_count(taker, key, 1, RETRY_ATTEMPTS_MAX, &said->retry.attempts);
}

/* ---- backoff ---- */

/* One end of "5s..1m"; 0: it was blamed. */
static uint32_t take_end(struct taker *taker, const char *key, const char *text,
                         size_t len)
{
    int64_t ms = 0;
    lua_pushlstring(taker->L, text, len);
    take_duration(taker, key, 1, RETRY_BACKOFF_MS_MAX, &ms);
    lua_pop(taker->L, 1);
    return (uint32_t)ms;
}

static void blame_reversed(struct taker *taker, const char *key,
                           const struct retry *retry)
{
    char from[DURATION_TEXT_MAX], to[DURATION_TEXT_MAX], label[96];
    snprintf(label, sizeof label, "did you mean \"%s..%s\"?",
             duration_format(retry->backoff_max_ms, from),
             duration_format(retry->backoff_ms, to));
    taker_blame(taker, "E105", key, SPOT_VALUE, 0,
                &(struct advice){ .label = label },
                "`%s` ends with a shorter pause than it begins with", key);
}

/* A single pause grows no further. */
static void take_backoff(struct taker *taker, const char *key, void *data)
{
    struct retry_said *said = data;
    const char *text =
        lua_type(taker->L, -1) == LUA_TSTRING ? lua_tostring(taker->L, -1) : "";
    const char *dots = strstr(text, "..");
    said->backoff = true;
    if (!dots) {
        int64_t ms = 0;
        take_duration(taker, key, 1, RETRY_BACKOFF_MS_MAX, &ms);
        said->retry.backoff_ms = said->retry.backoff_max_ms = (uint32_t)ms;
        return;
    }
    struct retry *retry = &said->retry;
    retry->backoff_ms = take_end(taker, key, text, (size_t)(dots - text));
    retry->backoff_max_ms = take_end(taker, key, dots + 2, strlen(dots + 2));
    if (retry->backoff_max_ms && retry->backoff_ms > retry->backoff_max_ms)
        blame_reversed(taker, key, retry);
}

/* ---- on ---- */

/* What an answer of each class is called; 408, 425 and 429 are one. */
static const struct {
    const char *word;
    enum cause cause;
} words[] = {
    { "network", CAUSE_NETWORK }, { "timeout", CAUSE_TIMEOUT },
    { "busy", CAUSE_BUSY },       { "server", CAUSE_SERVER },
    { "denied", CAUSE_DENIED },   { "script", CAUSE_SCRIPT },
    { "408", CAUSE_BUSY },        { "425", CAUSE_BUSY },
    { "429", CAUSE_BUSY },        { "5xx", CAUSE_SERVER },
};
#define WORDS (sizeof words / sizeof *words)

static bool is_status(const char *word, char class)
{
    return strlen(word) == 3 && word[0] == class &&
           ((word[1] == 'x' && word[2] == 'x') ||
            strspn(word + 1, "0123456789") == 2);
}

/* Why a word that means something is none of ours; or NULL. */
static const char *why_not(const char *word)
{
    if (!strcmp(word, "client") || is_status(word, '4'))
        return "an answer of 4xx says that the call itself is wrong, and "
               "repeating it changes nothing; 408, 425 and 429 are \"busy\"";
    if (is_status(word, '5'))
        return "answers of 5xx are one class: write \"server\" or \"5xx\"";
    if (!strcmp(word, "setup"))
        return "what could not be sent at all cannot be sent later either";
    return NULL;
}

static bool blame_cause(struct taker *taker, const char *key, uint32_t element,
                        const char *word)
{
    const char *names[WORDS];
    char label[64] = "";
    for (size_t i = 0; i < WORDS; i++)
        names[i] = words[i].word;
    const char *reason = why_not(word);
    const char *near = reason ? NULL : suggest(word, names, WORDS);
    if (near)
        snprintf(label, sizeof label, "did you mean \"%s\"?", near);
    const struct advice advice = {
        .label = label,
        .help = reason ? reason
                       : "allowed: network, timeout, busy (408, 425, 429), "
                         "server (5xx), denied, script",
    };
    taker_blame(taker, "E105", key, SPOT_VALUE, element, &advice,
                "`%s` cannot have \"%.32s\"", key, word);
    return false;
}

/* 429 may be written as a number. */
static bool read_cause(struct taker *taker, const char *key, uint32_t element,
                       void *data)
{
    struct retry *retry = data;
    char word[40];
    if (lua_isinteger(taker->L, -1))
        snprintf(word, sizeof word, "%lld",
                 (long long)lua_tointeger(taker->L, -1));
    else if (element_is_text(taker, key, element, "what to repeat after"))
        snprintf(word, sizeof word, "%s", lua_tostring(taker->L, -1));
    else
        return false;
    for (size_t i = 0; i < WORDS; i++) {
        if (strcmp(words[i].word, word) != 0)
            continue;
        retry->on |= (uint16_t)(1u << words[i].cause);
        return true;
    }
    return blame_cause(taker, key, element, word);
}

static void take_on(struct taker *taker, const char *key, void *data)
{
    static const struct list_kind kind = {
        .wanted = "a list such as { \"network\", \"busy\" }",
        .items = "causes",
        .min = 1,
        .max = WORDS,
        .read = read_cause,
    };
    struct retry_said *said = data;
    said->on = true;
    said->retry.on = 0;
    take_list(taker, key, &kind, &said->retry);
}

/* ---- retry ---- */

static void check_retry(struct taker *taker, const struct retry_said *said)
{
    const struct advice advice = {
        .label = "nothing is repeated",
        .help = "attempts counts the first one, too: 2 repeats it once"
    };
    if (said->retry.attempts > 1)
        return;
    if (said->on)
        taker_blame(taker, "E108", "retry.on", SPOT_KEY, 0, &advice,
                    "`retry.on` beside `attempts = 1`");
    if (said->backoff)
        taker_blame(taker, "E108", "retry.backoff", SPOT_KEY, 0, &advice,
                    "`retry.backoff` beside `attempts = 1`");
}

/* Who says when to repeat wants it, whatever the defaults have. */
static void take_retry_table(struct taker *taker, const char *key,
                             struct retry *ret)
{
    static const struct option_field fields[] = { { "attempts", take_attempts },
                                                  { "backoff", take_backoff },
                                                  { "on", take_on } };
    struct retry_said said = { .retry = *ret };
    if (!take_fields(taker, key, fields, 3, &said))
        return;
    if (!said.attempts && said.retry.attempts == 1)
        said.retry.attempts = RETRY_ATTEMPTS;
    check_retry(taker, &said);
    *ret = said.retry;
}

void take_retry(struct taker *taker, const char *key, struct decl *decl)
{
    struct retry *retry = &decl->policies.retry;
    switch (lua_type(taker->L, -1)) {
    case LUA_TNUMBER:
        take_count(taker, key, 1, RETRY_ATTEMPTS_MAX, &retry->attempts);
        return;
    case LUA_TTABLE:
        take_retry_table(taker, key, retry);
        return;
    default:
        if (take_is_false(taker))
            retry->attempts = 1;
        else
            take_type(taker, key, LUA_TTABLE,
                      "false, a number of attempts or a table");
    }
}
