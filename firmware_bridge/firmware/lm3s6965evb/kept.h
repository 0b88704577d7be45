/* A few words of RAM that survive a reset as long as the power stays: which start this is, and whether the watchdog
 * caused it. Knows memory. Must not know the protocol. */
#ifndef LM3S_KEPT_H
#define LM3S_KEPT_H

#include <stdbool.h>
#include <stdint.h>

/* Call once, before RAM is used for anything else: draws the number of this start. */
void kept_init(uint32_t noise);

/* Differs at every start; its lower half is not 0. */
uint32_t kept_boot_id(void);

/* Did the watchdog warn before this start? */
bool kept_watchdog(void);

/* The watchdog has warned: the reset follows, and the next start should know why. */
void kept_note_watchdog(void);

#endif
