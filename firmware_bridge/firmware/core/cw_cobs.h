/* Consistent overhead byte stuffing: removes every zero, so that zero can mark a frame's edge.
 * Knows bytes. Must not know frames. */
#ifndef CW_COBS_H
#define CW_COBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Encodes at most 253 bytes, so that one code byte is the whole overhead.
 * `out` must hold size + 1 bytes. Returns the bytes written. */
size_t cw_cobs_encode(const uint8_t *in, size_t size, uint8_t *out);

/* Decodes `size` bytes that hold no zero. `out` must hold size bytes; `out_size` is what was written.
 * False: a code byte is zero or points past the end; `out` is then of no use. */
bool cw_cobs_decode(const uint8_t *in, size_t size, uint8_t *out, size_t *out_size);

#endif
