#include "cw_board.h"

void cw_firmware_start(struct cw_device *device, const struct cw_identity *identity)
{
    const uint32_t now_ms = cw_board_now_ms();
    cw_device_init(device, identity, now_ms);
    cw_board_drive(cw_device_pins(device, now_ms)); /* the safe state comes first */
}

static void send_what_is_due(struct cw_device *device, uint32_t now_ms)
{
    uint8_t out[CW_WIRE_MAX];
    for (size_t size = cw_device_send(device, now_ms, out); size != 0u; size = cw_device_send(device, now_ms, out)) {
        if (cw_board_write(out, size) != size) {
            cw_device_count_overrun(device);
        }
    }
}

void cw_firmware_step(struct cw_device *device)
{
    uint8_t data[CW_WIRE_MAX];
    const size_t size = cw_board_read(data, sizeof data);
    /* After the bytes: whatever has come was heard by now, and is no younger than it looks. */
    const uint32_t now_ms = cw_board_now_ms();
    cw_device_receive(device, data, size, now_ms);
    struct cw_inputs inputs = device->inputs;
    cw_board_sense(&inputs);
    cw_device_read_inputs(device, &inputs, now_ms);
    cw_device_tick(device, now_ms);
    cw_board_drive(cw_device_pins(device, now_ms));
    send_what_is_due(device, now_ms);
    cw_board_feed_watchdog();
}
