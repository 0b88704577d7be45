/* One line of text for every change of what the driver sees: tests and mechanics read it, nothing depends on it.
 *   LINK t_ms=… up=0|1    a fresh state is held, or the host has gone
 *   OUT t_ms=… level=… cause=… lamp=… buzzer=… haptic=… fault=… ir=… why=… episode=…
 * An output is 1 while it is commanded on, whatever the phase of its blinking.
 * Knows reports and letters. Must not know where the line goes. */
#ifndef CW_LOG_H
#define CW_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cw_device.h"

#define CW_LOG_MAX 128u /* the longest line: 111 characters */

/* All zero is a fresh one. */
struct cw_log {
    bool begun;
    bool up;
    struct cw_report told;
};

/* The next line, with its newline and without a terminating zero; 0 when all is told. Call until it gives 0. */
size_t cw_log_next(struct cw_log *log, struct cw_device *device, uint32_t now_ms, char out[CW_LOG_MAX]);

#endif
