#include "cw_frame.h"

#include "cw_bytes.h"
#include "cw_cobs.h"
#include "cw_crc32.h"
#include "cw_messages.h"

struct layout {
    uint8_t type;
    uint8_t payload_size;
    uint16_t data_id;
};

static const struct layout layouts[] = {
    {CW_HELLO_HOST, CW_HELLO_SIZE, 0xCB01u}, {CW_STATE, CW_STATE_SIZE, 0xCB02u},
    {CW_HELLO_MCU, CW_HELLO_SIZE, 0xCB81u},  {CW_REPORT, CW_REPORT_SIZE, 0xCB82u},
    {CW_VEHICLE, CW_VEHICLE_SIZE, 0xCB83u},
};

static const struct layout *find_layout(uint8_t type)
{
    for (size_t i = 0; i < (sizeof layouts / sizeof layouts[0]); i++) {
        if (layouts[i].type == type) {
            return &layouts[i];
        }
    }
    return NULL;
}

size_t cw_payload_size(uint8_t type)
{
    const struct layout *layout = find_layout(type);
    return (layout == NULL) ? 0u : layout->payload_size;
}

static void read_fields(const uint8_t *raw, size_t payload_size, struct cw_frame *frame)
{
    frame->version = raw[0];
    frame->type = raw[1];
    frame->counter = cw_get16(&raw[4]);
    frame->boot_id = cw_get32(&raw[6]);
    frame->sent_ms = cw_get32(&raw[10]);
    frame->captured_ms = cw_get32(&raw[14]);
    frame->heard_ms = cw_get32(&raw[18]);
    frame->heard_boot = cw_get16(&raw[22]);
    frame->ttl_ms = cw_get16(&raw[24]);
    for (size_t i = 0; i < sizeof frame->payload; i++) {
        frame->payload[i] = (i < payload_size) ? raw[CW_HEADER_SIZE + i] : 0u;
    }
}

/* The CRC is checked before any field is believed. */
static enum cw_verdict decode_raw(const uint8_t *raw, size_t size, struct cw_frame *frame)
{
    if ((size < CW_RAW_MIN) || (size > CW_RAW_MAX)) {
        return CW_BAD_SIZE;
    }
    if (cw_crc32(raw, size - 4u) != cw_get32(&raw[size - 4u])) {
        return CW_BAD_CRC;
    }
    const struct layout *layout = find_layout(raw[1]);
    if (layout == NULL) {
        return CW_BAD_TYPE;
    }
    if (size != (CW_RAW_MIN + layout->payload_size)) {
        return CW_BAD_SIZE;
    }
    if (cw_get16(&raw[2]) != layout->data_id) {
        return CW_BAD_DATA_ID;
    }
    read_fields(raw, layout->payload_size, frame);
    return cw_payload_in_range(frame) ? CW_OK : CW_BAD_RANGE;
}

static enum cw_verdict decode_encoded(const uint8_t *encoded, size_t size, struct cw_frame *frame)
{
    uint8_t raw[CW_ENCODED_MAX];
    size_t raw_size = 0;
    if (!cw_cobs_decode(encoded, size, raw, &raw_size)) {
        return CW_BAD_COBS;
    }
    return decode_raw(raw, raw_size, frame);
}

static enum cw_verdict end_of_frame(struct cw_receiver *receiver, struct cw_frame *frame)
{
    const size_t size = receiver->size;
    const bool too_long = receiver->too_long;
    receiver->size = 0;
    receiver->too_long = false;
    if (too_long) {
        return CW_BAD_SIZE;
    }
    /* Two delimiters in a row are the end of one frame and the start of the next. */
    return (size == 0u) ? CW_PENDING : decode_encoded(receiver->buffer, size, frame);
}

enum cw_verdict cw_receiver_push(struct cw_receiver *receiver, uint8_t byte, struct cw_frame *frame)
{
    if (byte == 0u) {
        return end_of_frame(receiver, frame);
    }
    if (receiver->size == CW_ENCODED_MAX) {
        receiver->too_long = true; /* drop everything up to the next delimiter */
    } else {
        receiver->buffer[receiver->size] = byte;
        receiver->size++;
    }
    return CW_PENDING;
}

static size_t write_raw(const struct cw_frame *frame, const struct layout *layout, uint8_t *raw)
{
    const size_t size = CW_RAW_MIN + layout->payload_size;
    raw[0] = frame->version;
    raw[1] = frame->type;
    cw_put16(&raw[2], layout->data_id);
    cw_put16(&raw[4], frame->counter);
    cw_put32(&raw[6], frame->boot_id);
    cw_put32(&raw[10], frame->sent_ms);
    cw_put32(&raw[14], frame->captured_ms);
    cw_put32(&raw[18], frame->heard_ms);
    cw_put16(&raw[22], frame->heard_boot);
    cw_put16(&raw[24], frame->ttl_ms);
    cw_copy(&raw[CW_HEADER_SIZE], frame->payload, layout->payload_size);
    cw_put32(&raw[size - 8u], 0u);
    cw_put32(&raw[size - 4u], cw_crc32(raw, size - 4u));
    return size;
}

size_t cw_frame_encode(const struct cw_frame *frame, uint8_t out[CW_WIRE_MAX])
{
    const struct layout *layout = find_layout(frame->type);
    if (layout == NULL) {
        return 0;
    }
    uint8_t raw[CW_RAW_MAX];
    const size_t size = write_raw(frame, layout, raw);
    const size_t encoded = cw_cobs_encode(raw, size, &out[1]);
    out[0] = 0;
    out[encoded + 1u] = 0;
    return encoded + 2u;
}
