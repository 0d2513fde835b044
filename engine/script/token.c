/* Tokens after the Lua 5.4 manual, section 3.1. */
#include "token.h"

#include <string.h>

void tokens_open(struct tokens *tokens, const char *text, size_t len,
                 uint32_t line)
{
    *tokens = (struct tokens){ .at = text, .end = text + len, .at_line = 1 };
    while (tokens->at_line < line && tokens->at < tokens->end) {
        const char *next =
            memchr(tokens->at, '\n', (size_t)(tokens->end - tokens->at));
        tokens->at = next ? next + 1 : tokens->end;
        tokens->at_line++;
    }
    tokens->line_start = tokens->at;
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (c >= '0' && c <= '9');
}

static void step(struct tokens *tokens)
{
    if (*tokens->at++ != '\n')
        return;
    tokens->at_line++;
    tokens->line_start = tokens->at;
}

/* The `=` between the brackets of a long string at `at`, or -1: it is none. */
static int long_level(const struct tokens *tokens)
{
    const char *at = tokens->at + 1;
    int level = 0;
    while (at < tokens->end && *at == '=') {
        at++;
        level++;
    }
    return at < tokens->end && *at == '[' ? level : -1;
}

static bool long_ends(const struct tokens *tokens, int level)
{
    const char *at = tokens->at;
    if (tokens->end - at < level + 2 || *at != ']' || at[level + 1] != ']')
        return false;
    for (int i = 1; i <= level; i++)
        if (at[i] != '=')
            return false;
    return true;
}

static void skip_long(struct tokens *tokens, int level)
{
    while (tokens->at < tokens->end && !long_ends(tokens, level))
        step(tokens);
    tokens->at += level + 2;
    if (tokens->at > tokens->end)
        tokens->at = tokens->end;
}

static void skip_comment(struct tokens *tokens)
{
    tokens->at += 2;
    int level = tokens->at < tokens->end && *tokens->at == '['
                    ? long_level(tokens)
                    : -1;
    if (level >= 0) {
        skip_long(tokens, level);
        return;
    }
    while (tokens->at < tokens->end && *tokens->at != '\n')
        tokens->at++;
}

static void skip_blank(struct tokens *tokens)
{
    while (tokens->at < tokens->end) {
        if ((unsigned char)*tokens->at <= ' ')
            step(tokens);
        else if (tokens->end - tokens->at > 1 && tokens->at[0] == '-' &&
                 tokens->at[1] == '-')
            skip_comment(tokens);
        else
            return;
    }
}

static void take_quoted(struct tokens *tokens)
{
    char quote = *tokens->at++;
    while (tokens->at < tokens->end && *tokens->at != quote &&
           *tokens->at != '\n') {
        if (*tokens->at == '\\' && tokens->at + 1 < tokens->end)
            step(tokens);
        step(tokens);
    }
    if (tokens->at < tokens->end && *tokens->at == quote)
        tokens->at++;
}

/* A number takes dots, and a sign behind its exponent. */
static void take_number(struct tokens *tokens)
{
    while (tokens->at < tokens->end &&
           (is_name(*tokens->at) || *tokens->at == '.' ||
            ((*tokens->at == '+' || *tokens->at == '-') &&
             strchr("eEpP", tokens->at[-1]))))
        tokens->at++;
}

static void take_mark(struct tokens *tokens)
{
    static const char pairs[] = "== ~= <= >= // :: .. << >>";
    char two[3] = { tokens->at[0], 0, 0 };
    if (tokens->end - tokens->at > 1)
        two[1] = tokens->at[1];
    tokens->at += two[1] && two[1] != ' ' && strstr(pairs, two) ? 2 : 1;
}

static enum token_kind take(struct tokens *tokens)
{
    char c = *tokens->at;
    if (c == '"' || c == '\'') {
        take_quoted(tokens);
        return TOKEN_STRING;
    }
    int level = c == '[' ? long_level(tokens) : -1;
    if (level >= 0) {
        tokens->at++;
        skip_long(tokens, level);
        return TOKEN_STRING;
    }
    if (c >= '0' && c <= '9') {
        take_number(tokens);
        return TOKEN_NUMBER;
    }
    if (is_name(c)) {
        while (tokens->at < tokens->end && is_name(*tokens->at))
            tokens->at++;
        return TOKEN_NAME;
    }
    take_mark(tokens);
    return TOKEN_MARK;
}

bool token_next(struct tokens *tokens)
{
    skip_blank(tokens);
    tokens->bytes = tokens->at;
    tokens->line = tokens->at_line;
    tokens->column = (uint32_t)(tokens->at - tokens->line_start) + 1;
    tokens->kind = tokens->at < tokens->end ? take(tokens) : TOKEN_END;
    tokens->len = (size_t)(tokens->at - tokens->bytes);
    const char *newline = memchr(tokens->bytes, '\n', tokens->len);
    tokens->width =
        (uint32_t)(newline ? (size_t)(newline - tokens->bytes) : tokens->len);
    return tokens->kind != TOKEN_END;
}

bool token_is(const struct tokens *tokens, const char *text)
{
    return tokens->kind != TOKEN_STRING && tokens->len == strlen(text) &&
           !memcmp(tokens->bytes, text, tokens->len);
}

bool token_is_string(const struct tokens *tokens, const char *text)
{
    size_t len = strlen(text);
    return tokens->kind == TOKEN_STRING && tokens->len == len + 2 &&
           (tokens->bytes[0] == '"' || tokens->bytes[0] == '\'') &&
           !memcmp(tokens->bytes + 1, text, len);
}

static bool token_is_one_of(const struct tokens *tokens,
                            const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (token_is(tokens, words[i]))
            return true;
    return false;
}

/* `while` and `for` have their `do`, `else` belongs to its `if`. */
bool token_opens(const struct tokens *tokens)
{
    static const char *const words[] = { "{",  "(",  "[",     "function",
                                         "do", "if", "repeat" };
    return token_is_one_of(tokens, words, sizeof words / sizeof *words);
}

bool token_closes(const struct tokens *tokens)
{
    static const char *const words[] = { "}", ")", "]", "end", "until" };
    return token_is_one_of(tokens, words, sizeof words / sizeof *words);
}
