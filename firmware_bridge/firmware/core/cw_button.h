/* The acknowledge button, debounced: a level at the wire in, presses out.
 * Knows one wire and milliseconds. Must not know alerts or frames. */
#ifndef CW_BUTTON_H
#define CW_BUTTON_H

#include <stdbool.h>
#include <stdint.h>

struct cw_button {
    bool down;            /* what is believed */
    uint32_t settled_ms;  /* when the wire last said what is believed */
};

/* A button is believed to be down at first: one that is held or shorted when the MCU starts was not pressed. */
void cw_button_init(struct cw_button *button, uint32_t now_ms);

/* True once a press: the wire has said "down" for CW_DEBOUNCE_MS after "up" for as long. */
bool cw_button_pressed(struct cw_button *button, bool wire_down, uint32_t now_ms);

#endif
