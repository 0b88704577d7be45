/* A board that is held up for 3 s right after it was asked for bytes: a debugger, a long interrupt, a stopped process.
 * Prints the pins after each of three steps: at rest, with a critical state that is 3 s old, and after that. */
#include <stdio.h>
#include <string.h>

#include "cw_board.h"

static uint32_t now_ms = 1000;
static uint32_t hold_ms;
static uint8_t line[512];
static size_t waiting;
static uint8_t pins;
static struct cw_receiver receiver;
static struct cw_frame heard;
static uint16_t counter;

uint32_t cw_board_now_ms(void) { return now_ms; }

size_t cw_board_read(uint8_t *data, size_t size)
{
    now_ms += hold_ms;
    hold_ms = 0;
    const size_t given = waiting < size ? waiting : size;
    memcpy(data, line, given);
    memmove(line, line + given, waiting - given);
    waiting -= given;
    return given;
}

size_t cw_board_write(const uint8_t *data, size_t size)
{
    struct cw_frame frame;
    for (size_t i = 0; i < size; i++) {
        if (cw_receiver_push(&receiver, data[i], &frame) == CW_OK) {
            heard = frame;
        }
    }
    return size;
}

void cw_board_drive(uint8_t wanted) { pins = wanted; }
void cw_board_sense(struct cw_inputs *inputs) { (void)inputs; }
void cw_board_feed_watchdog(void) {}

/* The host's clock is 49 s ahead of the board's. */
static void host_sends(struct cw_frame frame)
{
    frame.version = 1;
    frame.counter = counter++;
    frame.boot_id = 0x5EED1234;
    frame.sent_ms = frame.captured_ms = 49000 + now_ms;
    frame.heard_ms = heard.sent_ms;
    frame.heard_boot = (uint16_t)heard.boot_id;
    uint8_t wire[CW_WIRE_MAX];
    const size_t size = cw_frame_encode(&frame, wire);
    memcpy(line + waiting, wire, size);
    waiting += size;
}

static void step(struct cw_device *device)
{
    now_ms += 5;
    cw_firmware_step(device);
}

int main(void)
{
    const struct cw_identity identity = {.boot_id = 0xC0DE4321, .outputs = 0x0F, .version_min = 1, .version_max = 1};
    struct cw_device device;
    cw_firmware_start(&device, &identity);
    step(&device);
    host_sends((struct cw_frame){.type = CW_HELLO_HOST, .payload = {1, 1}});
    step(&device);
    for (int i = 0; i < 20; i++) {
        host_sends((struct cw_frame){.type = CW_STATE, .ttl_ms = 1000});
        step(&device);
    }
    printf("%u\n", pins);
    host_sends((struct cw_frame){.type = CW_STATE, .ttl_ms = 1000, .payload = {4, 3, 1, 0, 7}});
    hold_ms = 3000;
    step(&device);
    printf("%u\n", pins);
    step(&device);
    printf("%u\n", pins);
    return 0;
}
