/* cabinwatch-replay: what a device answers to recorded bytes, with the time recorded beside them. It is built with
 * sanitizers; tests and fuzzers feed it.
 *
 * stdin, one line a portion: T_MS HEX      stdout, one line a portion: PINS HEX-OF-ALL-FRAMES-SENT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cw_device.h"

#define LINE_MAX_SIZE 8192

static size_t read_hex(const char *text, uint8_t *out, size_t size)
{
    size_t count = 0;
    unsigned int value = 0;
    while ((count < size) && (sscanf(&text[2u * count], "%2x", &value) == 1)) {
        out[count] = (uint8_t)value;
        count++;
    }
    return count;
}

static void print_sent(struct cw_device *device, uint32_t now_ms)
{
    uint8_t out[CW_WIRE_MAX];
    for (size_t size = cw_device_send(device, now_ms, out); size != 0u; size = cw_device_send(device, now_ms, out)) {
        for (size_t i = 0; i < size; i++) {
            printf("%02x", (unsigned)out[i]);
        }
    }
    printf("\n");
}

int main(void)
{
    static char line[LINE_MAX_SIZE];
    static uint8_t data[LINE_MAX_SIZE / 2];
    const struct cw_identity identity = {
        .boot_id = 0x00C0FFEEu, .outputs = 0xFF, .version_min = CW_PROTOCOL_MIN, .version_max = CW_PROTOCOL_MAX};
    struct cw_device device;
    cw_device_init(&device, &identity, 0);
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *hex = line;
        const uint32_t now_ms = (uint32_t)strtoul(line, &hex, 10);
        while (*hex == ' ') {
            hex++;
        }
        cw_device_receive(&device, data, read_hex(hex, data, sizeof data), now_ms);
        cw_device_tick(&device, now_ms);
        printf("%02x ", (unsigned)cw_device_pins(&device, now_ms));
        print_sent(&device, now_ms);
    }
    return 0;
}
