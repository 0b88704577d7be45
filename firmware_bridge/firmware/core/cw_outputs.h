/* The policy of each output: its rhythm for each cue, its longest duration, its value in the safe state.
 * docs/protocol.md explains the table. Knows levels and milliseconds. Must not know frames, peers or pins. */
#ifndef CW_OUTPUTS_H
#define CW_OUTPUTS_H

#include <stdbool.h>
#include <stdint.h>

/* What to show. */
struct cw_show {
    uint8_t level, cause;
    uint16_t episode_id;
    uint8_t allowed; /* bits of cw_output */
    bool fault;      /* the safe state: level is CW_LEVEL_NONE */
    bool orphaned;   /* the link died during a critical alert that sounded */
};

#define CW_CUED 4u /* outputs that follow a cue: lamp, buzzer, haptic, fault lamp */

struct cw_outputs {
    struct cw_show shown;
    uint32_t since_ms;   /* start of the present rhythm */
    uint32_t counted_ms; /* up to when `used_ms` is counted */
    uint32_t used_ms[CW_CUED]; /* how long each was on in this alert */
    uint16_t episode_id; /* this alert: … */
    uint8_t peak_level;  /* … and the highest level that it has had; CW_LEVEL_NONE = there was none yet */
    uint16_t acked_episode_id;
    uint8_t acked_level; /* CW_LEVEL_NONE = nothing is acknowledged */
};

/* Call at every turn with what is wanted now. */
void cw_outputs_show(struct cw_outputs *outputs, const struct cw_show *wanted, uint32_t now_ms);

/* The driver has pressed the button: quiet for this episode, unless it gets worse or is one that cannot be
 * acknowledged away. True: an alert was shown, which the press answers. */
bool cw_outputs_acknowledge(struct cw_outputs *outputs);

/* A new host numbers its episodes anew: no press has answered any of them, none has sounded yet. */
void cw_outputs_forget(struct cw_outputs *outputs);

/* Bits of cw_output that are commanded on, whatever the phase of their rhythm … */
uint8_t cw_outputs_commanded(const struct cw_outputs *outputs);

/* … that would be, had the driver not pressed the button … */
uint8_t cw_outputs_silenced(const struct cw_outputs *outputs);

/* … and that would be, had they not been on for as long as they may. */
uint8_t cw_outputs_spent(const struct cw_outputs *outputs);

/* Bits of cw_output that drive a pin at this moment. */
uint8_t cw_outputs_pins(const struct cw_outputs *outputs, uint32_t now_ms);

/* Fingerprint of the table, for the hello. */
uint32_t cw_outputs_crc(void);

#endif
