/* libFuzzer's way into the device. The input is a story: time passes, bytes come from the line, a host sends frames
 * that are right in form and wrong in what they say, wires change. After every step the device must keep its promises,
 * and the sanitizers watch. `make fuzz` runs it.
 *
 * Bytes alone would never get past the CRC, so the host of the story builds its frames from the input's bytes. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "cw_device.h"
#include "cw_log.h"
#include "cw_timing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WIRED (CW_LAMP | CW_BUZZER | CW_FAULT | CW_IR) /* a board without haptic */
#define HOST_AHEAD_MS 50000u

struct story {
    const uint8_t *data;
    size_t left;
    uint32_t now_ms;
    uint16_t counter;
    struct cw_frame heard; /* the newest frame of the device */
    struct cw_receiver ears;
    struct cw_device device;
    struct cw_log log;
    struct cw_inputs inputs;
};

static uint8_t next(struct story *story)
{
    if (story->left == 0u) {
        return 0;
    }
    story->left--;
    return *story->data++;
}

static uint16_t next16(struct story *story)
{
    const uint8_t low = next(story);
    return (uint16_t)(low | (next(story) << 8));
}

static void require(int holds, const char *promise)
{
    if (!holds) {
        fprintf(stderr, "broken: %s\n", promise);
        abort();
    }
}

static void noise(struct story *story)
{
    uint8_t bytes[CW_WIRE_MAX];
    const size_t count = next(story) % sizeof bytes;
    for (size_t i = 0; i < count; i++) {
        bytes[i] = next(story);
    }
    cw_device_receive(&story->device, bytes, count, story->now_ms);
}

/* Most of the header is as a host would write it, so that the story gets past it; each part may be wrong. */
static void host_sends(struct story *story)
{
    static const uint8_t types[] = {CW_HELLO_HOST, CW_STATE, CW_STATE, CW_STATE, CW_VEHICLE, CW_HELLO_MCU};
    const uint8_t wrong = next(story);
    struct cw_frame frame = {
        .type = types[next(story) % sizeof types],
        .version = ((wrong & 0x01u) != 0u) ? next(story) : 1u,
        .counter = story->counter++,
        .boot_id = 0x5EED0000u | (((wrong & 0x02u) != 0u) ? next(story) : 1u),
        .sent_ms = story->now_ms + HOST_AHEAD_MS,
        .heard_ms = story->heard.sent_ms,
        .heard_boot = (uint16_t)(story->heard.boot_id & 0xFFFFu),
        .ttl_ms = 1000,
    };
    if ((wrong & 0x04u) != 0u) {
        story->counter = (uint16_t)(story->counter + next16(story));
    }
    frame.sent_ms -= ((wrong & 0x08u) != 0u) ? next16(story) : 0u;
    frame.captured_ms = frame.sent_ms - (((wrong & 0x10u) != 0u) ? next16(story) : 0u);
    frame.ttl_ms = ((wrong & 0x20u) != 0u) ? next16(story) : frame.ttl_ms;
    frame.heard_ms -= ((wrong & 0x40u) != 0u) ? next16(story) : 0u;
    for (size_t i = 0; i < cw_payload_size(frame.type); i++) {
        frame.payload[i] = next(story);
    }
    uint8_t wire[CW_WIRE_MAX];
    const size_t size = cw_frame_encode(&frame, wire);
    if (((wrong & 0x80u) != 0u) && (size != 0u)) {
        wire[next(story) % size] ^= next(story);
    }
    cw_device_receive(&story->device, wire, size, story->now_ms);
}

static void wires_change(struct story *story)
{
    story->inputs.ack_down = (next(story) & 1u) != 0u;
    story->inputs.vehicle.known = next(story);
    story->inputs.vehicle.switches = next(story);
    story->inputs.vehicle.speed_ckmh = next16(story);
}

static void check_what_is_sent(struct story *story)
{
    uint8_t out[CW_WIRE_MAX];
    for (size_t size = cw_device_send(&story->device, story->now_ms, out); size != 0u;
         size = cw_device_send(&story->device, story->now_ms, out)) {
        enum cw_verdict verdict = CW_PENDING;
        for (size_t i = 0; i < size; i++) {
            const enum cw_verdict now = cw_receiver_push(&story->ears, out[i], &story->heard);
            verdict = (now == CW_PENDING) ? verdict : now;
        }
        require(verdict == CW_OK, "every frame that is sent can be read");
    }
}

static void check_promises(struct story *story)
{
    char line[CW_LOG_MAX];
    struct cw_report report;
    cw_device_report(&story->device, story->now_ms, &report);
    const uint8_t pins = cw_device_pins(&story->device, story->now_ms);
    const uint8_t alert = CW_LAMP | CW_HAPTIC | CW_IR;
    require((pins & ~report.outputs) == 0, "no pin is driven that is not commanded");
    require((report.outputs & ~WIRED) == 0, "nothing is commanded that is not wired");
    require((report.why == CW_WHY_STATE) || ((report.outputs & alert) == 0), "no alert and no light without a state");
    require((report.why == CW_WHY_STATE) || (report.level == CW_LEVEL_NONE), "no level without a state");
    require((report.why != CW_WHY_STATE) || (report.age_ms <= CW_TTL_MAX_MS), "no state is held beyond its life");
    require((report.why != CW_WHY_SILENCE) || ((pins & CW_FAULT) != 0), "silence lights the fault lamp");
    while (cw_log_next(&story->log, &story->device, story->now_ms, line) != 0u) {
    }
}

static void step(struct story *story)
{
    switch (next(story) % 4u) {
    case 0:
        story->now_ms += next16(story) % 1024u;
        break;
    case 1:
        noise(story);
        break;
    case 2:
        host_sends(story);
        break;
    default:
        wires_change(story);
        break;
    }
    story->now_ms += 5u;
    cw_device_read_inputs(&story->device, &story->inputs, story->now_ms);
    cw_device_tick(&story->device, story->now_ms);
    check_what_is_sent(story);
    check_promises(story);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct cw_identity identity = {
        .boot_id = 0xC0DE4321u, .outputs = WIRED, .version_min = CW_PROTOCOL_MIN, .version_max = CW_PROTOCOL_MAX};
    struct story story = {.data = data, .left = size, .now_ms = 0xFFFFF000u}; /* the clock soon wraps */
    cw_device_init(&story.device, &identity, story.now_ms);
    while (story.left != 0u) {
        step(&story);
    }
    return 0;
}
