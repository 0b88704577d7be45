/* Little-endian fields, whatever the processor's own order and alignment. */
#ifndef CW_BYTES_H
#define CW_BYTES_H

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

#endif
