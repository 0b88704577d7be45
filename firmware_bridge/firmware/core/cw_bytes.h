/* Little-endian fields, whatever the processor's own order and alignment; and what no C library is there for. */
#ifndef CW_BYTES_H
#define CW_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline void cw_put16(uint8_t *out, uint16_t value)
{
    out[0] = (uint8_t)(value & 0xFFu);
    out[1] = (uint8_t)(value >> 8);
}

static inline void cw_put32(uint8_t *out, uint32_t value)
{
    cw_put16(&out[0], (uint16_t)(value & 0xFFFFu));
    cw_put16(&out[2], (uint16_t)(value >> 16));
}

static inline uint16_t cw_get16(const uint8_t *in)
{
    return (uint16_t)(in[0] | ((uint32_t)in[1] << 8));
}

static inline uint32_t cw_get32(const uint8_t *in)
{
    return cw_get16(&in[0]) | ((uint32_t)cw_get16(&in[2]) << 16);
}

static inline void cw_copy(uint8_t *out, const uint8_t *in, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = in[i];
    }
}

static inline bool cw_same(const uint8_t *a, const uint8_t *b, size_t size)
{
    size_t i = 0;
    while ((i < size) && (a[i] == b[i])) {
        i++;
    }
    return i == size;
}

#endif
