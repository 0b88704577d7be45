#include "cw_cobs.h"

size_t cw_cobs_encode(const uint8_t *in, size_t size, uint8_t *out)
{
    size_t code_at = 0;
    size_t written = 1;
    for (size_t i = 0; i < size; i++) {
        if (in[i] == 0u) {
            out[code_at] = (uint8_t)(written - code_at);
            code_at = written;
        } else {
            out[written] = in[i];
        }
        written++;
    }
    out[code_at] = (uint8_t)(written - code_at);
    return written;
}

bool cw_cobs_decode(const uint8_t *in, size_t size, uint8_t *out, size_t *out_size)
{
    size_t read = 0;
    size_t written = 0;
    while (read < size) {
        const size_t code = in[read];
        if ((code == 0u) || ((size - read) < code)) {
            return false;
        }
        for (size_t i = 1; i < code; i++) {
            out[written] = in[read + i];
            written++;
        }
        read += code;
        if ((read < size) && (code < 0xFFu)) {
            out[written] = 0;
            written++;
        }
    }
    *out_size = written;
    return true;
}
