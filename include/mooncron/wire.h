/* The framing between the daemon and a script host: both are ours and of one
 * build, so it is plain and fast, and still trusts nothing it reads.
 *
 * A frame is a u32 length of what follows, a u8 type, and fields: u8, u32,
 * u64, f64 in the machine's byte order, strings as u32 length and bytes. */
#ifndef MOONCRON_WIRE_H
#define MOONCRON_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mooncron/text.h"

/* A script's request or answer body fits well below this. */
#define WIRE_FRAME_MAX (4u << 20)

struct slice {
    const char *bytes; /* NUL follows where it came from wire_read_string() */
    size_t len;
};

/* Frames are appended to a text, one after the other. */
void wire_begin(struct text *out, uint8_t type);
void wire_u8(struct text *out, uint8_t value);
void wire_u32(struct text *out, uint32_t value);
void wire_u64(struct text *out, uint64_t value);
void wire_f64(struct text *out, double value);
void wire_string(struct text *out, const char *bytes, size_t len);
void wire_cstring(struct text *out, const char *string);
/* Writes the length of the frame that began at `start` (out->len before
 * wire_begin). False where the text was cut or the frame is too long. */
bool wire_end(struct text *out, size_t start);

/* Looks for a whole frame at the front of `len` bytes.
 * >0: its size; 0: more bytes are needed; -1: this is no frame. */
int64_t wire_frame(const char *bytes, size_t len);

/* Reads a whole frame. After a field that is not there everything reads as
 * zero or "" and `broken` is set: check it once, at the end. */
struct wire_reader {
    uint8_t type;
    bool broken;
    /* private */
    char *at, *end;
};
/* `frame` is written to (NULs after strings) and must outlive the slices. */
void wire_open(struct wire_reader *reader, char *frame, size_t len);
uint8_t wire_read_u8(struct wire_reader *reader);
uint32_t wire_read_u32(struct wire_reader *reader);
uint64_t wire_read_u64(struct wire_reader *reader);
double wire_read_f64(struct wire_reader *reader);
struct slice wire_read_string(struct wire_reader *reader);
/* The same, and broken where it holds a NUL. */
const char *wire_read_cstring(struct wire_reader *reader);
/* True where every field was there and no byte is left. */
bool wire_done(const struct wire_reader *reader);

#endif
