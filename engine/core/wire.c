/* A frame on the wire is a length, a type and fields, written and read whole.
 */
#include "mooncron/wire.h"

#include <assert.h>
#include <string.h>

#define HEAD_BYTES 5 /* u32 length of what follows, u8 type */

void wire_begin(struct text *out, uint8_t type)
{
    wire_u32(out, 0); /* wire_end() writes it */
    wire_u8(out, type);
}

void wire_u8(struct text *out, uint8_t value)
{
    text_add(out, (const char *)&value, sizeof value);
}

void wire_u32(struct text *out, uint32_t value)
{
    text_add(out, (const char *)&value, sizeof value);
}

void wire_u64(struct text *out, uint64_t value)
{
    text_add(out, (const char *)&value, sizeof value);
}

void wire_f64(struct text *out, double value)
{
    text_add(out, (const char *)&value, sizeof value);
}

void wire_string(struct text *out, const char *bytes, size_t len)
{
    /* A length that does not fit makes the frame too long anyway. */
    wire_u32(out, len > UINT32_MAX ? UINT32_MAX : (uint32_t)len);
    text_add(out, bytes, len);
}

void wire_cstring(struct text *out, const char *string)
{
    wire_string(out, string, strlen(string));
}

bool wire_end(struct text *out, size_t start)
{
    assert(out->len >= start);
    size_t len = out->len - start;
    if (out->cut || len < HEAD_BYTES || len - 4 > WIRE_FRAME_MAX)
        return false;
    uint32_t follows = (uint32_t)(len - 4);
    memcpy(out->data + start, &follows, sizeof follows);
    return true;
}

int64_t wire_frame(const char *bytes, size_t len)
{
    uint32_t follows;
    if (len < sizeof follows)
        return 0;
    memcpy(&follows, bytes, sizeof follows);
    if (follows < 1 || follows > WIRE_FRAME_MAX)
        return -1;
    int64_t whole = (int64_t)follows + 4;
    return (int64_t)len >= whole ? whole : 0;
}

void wire_open(struct wire_reader *reader, char *frame, size_t len)
{
    assert(len >= HEAD_BYTES);
    reader->type = (uint8_t)frame[4];
    reader->broken = false;
    reader->at = frame + HEAD_BYTES;
    reader->end = frame + len;
}

/* Copies a field of fixed size, or zeroes it where the frame is too short. */
static void take(struct wire_reader *reader, void *ret, size_t bytes)
{
    if (reader->broken || (size_t)(reader->end - reader->at) < bytes) {
        reader->broken = true;
        memset(ret, 0, bytes);
        return;
    }
    memcpy(ret, reader->at, bytes);
    reader->at += bytes;
}

uint8_t wire_read_u8(struct wire_reader *reader)
{
    uint8_t value;
    take(reader, &value, sizeof value);
    return value;
}

uint32_t wire_read_u32(struct wire_reader *reader)
{
    uint32_t value;
    take(reader, &value, sizeof value);
    return value;
}

uint64_t wire_read_u64(struct wire_reader *reader)
{
    uint64_t value;
    take(reader, &value, sizeof value);
    return value;
}

double wire_read_f64(struct wire_reader *reader)
{
    double value;
    take(reader, &value, sizeof value);
    return value;
}

/* The bytes are moved down over their length, which makes room for the NUL
 * without touching the field that follows. */
struct slice wire_read_string(struct wire_reader *reader)
{
    char *start = reader->at;
    uint32_t len = wire_read_u32(reader);
    if (reader->broken || (size_t)(reader->end - reader->at) < len) {
        reader->broken = true;
        return (struct slice){ "", 0 };
    }
    memmove(start, reader->at, len);
    start[len] = '\0';
    reader->at += len;
    return (struct slice){ start, len };
}

const char *wire_read_cstring(struct wire_reader *reader)
{
    struct slice slice = wire_read_string(reader);
    if (memchr(slice.bytes, '\0', slice.len)) {
        reader->broken = true;
        return "";
    }
    return slice.bytes;
}

bool wire_done(const struct wire_reader *reader)
{
    return !reader->broken && reader->at == reader->end;
}
