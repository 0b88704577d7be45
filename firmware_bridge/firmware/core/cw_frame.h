/* Frames: bytes to cw_frame and back, with a verdict on every byte sequence that is not one.
 * Knows the layout (docs/protocol.md draws it). Must not know time, peers or outputs. */
#ifndef CW_FRAME_H
#define CW_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CW_HEADER_SIZE 26u
#define CW_TRAILER_SIZE 8u /* four bytes kept for a truncated MAC, then the CRC */
#define CW_PAYLOAD_MAX 27u
#define CW_RAW_MIN (CW_HEADER_SIZE + CW_TRAILER_SIZE)
#define CW_RAW_MAX (CW_HEADER_SIZE + CW_PAYLOAD_MAX + CW_TRAILER_SIZE)
#define CW_ENCODED_MAX (CW_RAW_MAX + 1u)
#define CW_WIRE_MAX (CW_ENCODED_MAX + 2u) /* a delimiter before and after */

#define CW_FROM_MCU 0x80u /* this bit of the type says who speaks */

enum cw_type {
    CW_HELLO_HOST = 0x01,
    CW_STATE = 0x02,
    CW_HELLO_MCU = 0x81,
    CW_REPORT = 0x82,
    CW_VEHICLE = 0x83
};

/* Why a frame is refused. The numbers are the wire's: a report names the last one. */
enum cw_verdict {
    CW_OK = 0,
    CW_BAD_SIZE = 1,      /* too long, too short, or not the length of its type */
    CW_BAD_COBS = 2,      /* the stuffing is broken */
    CW_BAD_CRC = 3,       /* the bytes are not what was sent */
    CW_BAD_TYPE = 4,      /* no such message */
    CW_BAD_DATA_ID = 5,   /* another protocol's frame, whose CRC happens to be the same kind */
    CW_BAD_RANGE = 6,     /* a field outside its range */
    CW_BAD_DIRECTION = 7, /* our own kind of frame comes back: the line echoes */
    CW_BAD_COUNTER = 8,   /* a repeat, or older than what is known */
    CW_NO_HELLO = 9,      /* the peer has not said hello since it started */
    CW_BAD_VERSION = 10,  /* not the version agreed on, or none can be */
    CW_BAD_TTL = 11,      /* a time to live of nothing, or longer than is safe */
    CW_UNSYNCED = 12,     /* nothing proves yet how old it is */
    CW_TOO_OLD = 13,      /* older than its time to live */
    CW_VERDICTS = 14,
    CW_PENDING = 255 /* no verdict: the frame is not complete. Never on the wire */
};

/* One frame. The data id and the payload's size follow from the type. */
struct cw_frame {
    uint8_t version;
    uint8_t type;
    uint16_t counter;     /* one up with every frame of this sender, modulo 65536 */
    uint32_t boot_id;     /* drawn anew when the sender starts; its lower half is never 0 */
    uint32_t sent_ms;     /* sender's clock when it was sent */
    uint32_t captured_ms; /* sender's clock when what it tells was true */
    uint32_t heard_ms;    /* `sent_ms` of the newest frame that the sender has from us */
    uint16_t heard_boot;  /* lower half of the `boot_id` of that frame; 0 = has heard nothing */
    uint16_t ttl_ms;      /* how long after `captured_ms` it may be acted on; 0 in a hello */
    uint8_t payload[CW_PAYLOAD_MAX];
};

/* Collects bytes up to a delimiter. All zero is a fresh one. */
struct cw_receiver {
    uint8_t buffer[CW_ENCODED_MAX];
    uint8_t size;
    bool too_long;
};

/* Takes one byte. CW_OK: `frame` is set. CW_PENDING: nothing to say yet. Else: why a frame was refused. */
enum cw_verdict cw_receiver_push(struct cw_receiver *receiver, uint8_t byte, struct cw_frame *frame);

/* Writes delimiter, frame, delimiter. Returns the bytes written, 0 for an unknown type. */
size_t cw_frame_encode(const struct cw_frame *frame, uint8_t out[CW_WIRE_MAX]);

/* Payload size of a type; 0 for an unknown one. */
size_t cw_payload_size(uint8_t type);

#endif
