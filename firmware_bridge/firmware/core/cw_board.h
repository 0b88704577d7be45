/* Your board in six functions. Write these and a main() that calls cw_firmware_start() once and
 * cw_firmware_step() for ever, at least every 10 ms; the README has the guide, host/ and lm3s6965evb/ are examples.
 * None of them may wait. */
#ifndef CW_BOARD_H
#define CW_BOARD_H

#include <stddef.h>
#include <stdint.h>

#include "cw_device.h"

/* 1 Milliseconds since any moment, modulo 2^32, from a crystal: 0.04 % off is allowed, RC oscillators are worse.
 * It must not stand still: a clock that does makes what waits in a buffer look young. */
uint32_t cw_board_now_ms(void);

/* 2 Bytes that have come in since the last call, at most `size`. Returns how many. */
size_t cw_board_read(uint8_t *data, size_t size);

/* 3 Sends a frame, whole or not at all. Returns `size` or 0. */
size_t cw_board_write(const uint8_t *data, size_t size);

/* 4 Drives the pins: bits of enum cw_output. */
void cw_board_drive(uint8_t pins);

/* 5 Reads the vehicle's wires and the acknowledge button. What is not wired stays unknown. */
void cw_board_sense(struct cw_inputs *inputs);

/* 6 Feeds the hardware watchdog. Called once a step, when everything else is done. */
void cw_board_feed_watchdog(void);

void cw_firmware_start(struct cw_device *device, const struct cw_identity *identity);
void cw_firmware_step(struct cw_device *device);

#endif
