/* The tokens of Lua text, as far as places of options need them. */
#ifndef SCRIPT_TOKEN_H
#define SCRIPT_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum token_kind {
    TOKEN_END,
    TOKEN_NAME, /* keywords too */
    TOKEN_STRING,
    TOKEN_NUMBER,
    TOKEN_MARK, /* = { } ( ) ... */
};

struct tokens {
    /* the current token */
    enum token_kind kind;
    const char *bytes;
    size_t len;
    uint32_t line, column;
    uint32_t width; /* what of it is on its first line */
    /* private */
    const char *at, *end, *line_start;
    uint32_t at_line;
};

/* Before the first token of `line`; the text must outlive the tokens. A copy of
 * the struct is a bookmark. */
void tokens_open(struct tokens *tokens, const char *text, size_t len,
                 uint32_t line);
bool token_next(struct tokens *tokens);

bool token_is(const struct tokens *tokens, const char *text);
/* A string literal of exactly this text. */
bool token_is_string(const struct tokens *tokens, const char *text);

/* Brackets, and the words that begin and end blocks. */
bool token_opens(const struct tokens *tokens);
bool token_closes(const struct tokens *tokens);

#endif
