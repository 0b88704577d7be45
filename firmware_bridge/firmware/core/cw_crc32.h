/* CRC-32 as zlib, Ethernet and PNG compute it (reflected polynomial 0xEDB88320). */
#ifndef CW_CRC32_H
#define CW_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t cw_crc32(const uint8_t *data, size_t size);

#endif
