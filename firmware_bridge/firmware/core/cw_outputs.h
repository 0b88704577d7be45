/* The cue for each alert: which outputs, in which rhythm, for how long. docs/protocol.md explains the table.
 * Knows levels and milliseconds. Must not know frames, peers or pins. */
#ifndef CW_OUTPUTS_H
#define CW_OUTPUTS_H

#include <stdbool.h>
#include <stdint.h>

/* What to show. */
struct cw_show {
    uint8_t level, cause;
    uint16_t episode_id;
    uint8_t allowed; /* bits of cw_output */
    bool fault;      /* fault lamp and nothing else */
};

#define CW_SOUNDING 2u /* buzzer and haptic: those with a longest duration and an acknowledgement */

struct cw_outputs {
    struct cw_show shown;
    uint32_t since_ms;                /* start of the present rhythm */
    uint32_t on_since_ms[CW_SOUNDING]; /* buzzer, haptic */
    bool on[CW_SOUNDING];
    bool spent[CW_SOUNDING]; /* has reached its longest duration in this alert */
    bool acked;
    uint16_t acked_episode_id;
    uint8_t acked_level;
};

/* Call at every turn with what is wanted now. */
void cw_outputs_show(struct cw_outputs *outputs, const struct cw_show *wanted, uint32_t now_ms);

/* The driver has pressed the button: quiet for this episode, unless it gets worse or is one that cannot be
 * acknowledged away. True: an alert was shown, which the press answers. */
bool cw_outputs_acknowledge(struct cw_outputs *outputs);

/* Bits of cw_output that are commanded on, whatever the phase of their rhythm. */
uint8_t cw_outputs_commanded(const struct cw_outputs *outputs);

/* Bits of cw_output that drive a pin at this moment. */
uint8_t cw_outputs_pins(const struct cw_outputs *outputs, uint32_t now_ms);

/* Fingerprint of the cue table, for the hello. */
uint32_t cw_outputs_crc(void);

#endif
