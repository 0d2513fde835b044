/* An error is a sentence that was wrapped on its way up.
 *
 * Functions that can fail return false (or NULL) and fill `reterr`; the one
 * that decides what to do about it logs it, once. */
#ifndef MOONCRON_ERROR_H
#define MOONCRON_ERROR_H

struct error {
    char text[512]; /* "" until something failed; cut, never overrun */
};

/* Sets the sentence. */
void error_set(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "<context>: " before the sentence that is there. */
void error_wrap(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The exit codes of the program; docs/cli.md lists them for users. */
enum exit_code {
    EXIT_OK = 0,
    EXIT_ASKED_FAILED = 1,  /* what was asked about failed */
    EXIT_CHANGES = 2,       /* plan --detailed-exitcode: there are changes */
    EXIT_WARNINGS = 3,      /* with --strict */
    EXIT_USAGE = 64,        /* sysexits EX_USAGE */
    EXIT_UNAVAILABLE = 69,  /* daemon or backend not reachable, port taken */
    EXIT_REFUSED = 77,      /* wrong token or API key */
    EXIT_CONFIG = 78,       /* schedule file or environment invalid */
    EXIT_INTERRUPTED = 130, /* SIGINT */
    EXIT_TERMINATED = 143,  /* a second SIGTERM, which cut runs short */
};

#endif
