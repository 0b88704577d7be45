/* Payloads: what the five messages say, and their bytes.
 * Knows fields and ranges. Must not know headers, time or outputs. */
#ifndef CW_MESSAGES_H
#define CW_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "cw_frame.h"

#define CW_HELLO_SIZE 18u
#define CW_STATE_SIZE 9u
#define CW_REPORT_SIZE 26u
#define CW_VEHICLE_SIZE 16u

enum cw_level {
    CW_LEVEL_NONE = 0,
    CW_LEVEL_INFORMATION = 1,
    CW_LEVEL_CAUTION = 2,
    CW_LEVEL_WARNING = 3,
    CW_LEVEL_CRITICAL = 4
};

/* Only the causes that the firmware treats otherwise than their level says. */
enum cw_cause { CW_CAUSE_NONE = 0, CW_CAUSE_SLEEP = 3, CW_CAUSE_UNRESPONSIVE = 7, CW_CAUSE_AFFECT = 9 };

/* Bits of `outputs`: what is commanded on, whatever the phase of its blinking. */
enum cw_output { CW_LAMP = 0x01, CW_BUZZER = 0x02, CW_HAPTIC = 0x04, CW_FAULT = 0x08, CW_IR = 0x10 };

/* Why the outputs are what they are. */
enum cw_why {
    CW_WHY_BOOT = 0,    /* no state since the MCU started: fault lamp */
    CW_WHY_STATE = 1,   /* a state that holds */
    CW_WHY_SILENCE = 2, /* nothing fresh within the time-out: fault lamp */
    CW_WHY_STANDBY = 3, /* the host said goodbye: dark for a while */
    CW_WHY_STOPPED = 4, /* and did not come back: fault lamp while the ignition is on */
    CW_WHY_VERSION = 5, /* no version in common with the host: fault lamp */
    CW_WHYS = 6
};

/* Bits of a state's `flags`. */
enum cw_flag {
    CW_FLAG_STOPPING = 0x01,   /* the host stops on purpose */
    CW_FLAG_ILLUMINATE = 0x02, /* the host wants infrared light */
    CW_FLAG_TEST = 0x04        /* an installer tries the outputs: shown like any state, and not kept */
};

/* Why the MCU started, as its hello and its reports say. A board that knows more may use numbers from 16. */
enum cw_reset {
    CW_RESET_UNKNOWN = 0,
    CW_RESET_POWER = 1,
    CW_RESET_BROWN_OUT = 2,
    CW_RESET_WATCHDOG = 3,
    CW_RESET_PIN = 4,
    CW_RESET_SOFTWARE = 5
};

struct cw_hello {
    uint8_t version_min, version_max; /* what the sender can speak */
    uint16_t capabilities;            /* bits of cw_output that exist; 0 from the host */
    uint32_t build;                   /* fingerprint of the software */
    uint32_t config_crc;              /* fingerprint of its settings */
    uint8_t reset_cause;              /* MCU: cw_reset */
    uint8_t lockouts;                 /* MCU: critical alerts of this trip, as the host has told it */
    uint8_t last_level, last_cause;   /* MCU: the last alert of this trip */
    uint16_t last_episode_id;
};

struct cw_state {
    uint8_t level, cause;
    uint16_t episode_id;
    uint8_t allowed; /* bits of cw_output that may be used; the lamp needs no leave */
    uint8_t flags;   /* bits of cw_flag */
    uint16_t explanation; /* the host's number of the rule behind it; kept, not read */
    uint8_t lockouts; /* critical alerts of this trip */
};

struct cw_report {
    uint8_t level, cause;
    uint16_t episode_id;
    uint8_t outputs; /* bits of cw_output: commanded on */
    uint8_t silenced; /* would be on, had the driver not pressed the button */
    uint8_t spent;    /* would be on, had it not been on for as long as it may */
    uint8_t why;
    uint16_t accepted; /* states acted on; this and the counts below modulo 65536 */
    uint16_t bad_crc, bad_format, bad_counter, bad_age, gaps, overruns;
    uint16_t age_ms; /* upper bound of the age of the state held; 65535 = none is */
    uint8_t last_refusal; /* cw_verdict */
    uint8_t reset_cause;
};

/* What the vehicle's wires say. `known` tells which of the values can be believed. */
enum cw_known {
    CW_KNOWS_SPEED = 0x01,
    CW_KNOWS_IGNITION = 0x02,
    CW_KNOWS_GEAR = 0x04,
    CW_KNOWS_TURN = 0x08,
    CW_KNOWS_AMBIENT = 0x10,
    CW_KNOWS_STEERING = 0x20,
    CW_KNOWS_CONSENT = 0x40,
    CW_KNOWS_IR_FAULT = 0x80
};

enum cw_switch { CW_IGNITION_ON = 0x01, CW_AFFECT_CONSENT = 0x02, CW_IR_FAULT = 0x04 };

struct cw_vehicle {
    uint8_t known, switches;
    uint16_t speed_ckmh; /* 0.01 km/h */
    uint8_t gear, turn_signal;
    uint32_t ambient_lux;
    int16_t steering_ddeg; /* 0.1 degree, + = to the driver's left */
    uint8_t ack_count;     /* presses of the acknowledge button, modulo 256 */
    uint16_t ack_episode_id;
};

/* False when a field lies outside its range. Unknown causes are in range: the level says how to show them. */
bool cw_payload_in_range(const struct cw_frame *frame);

void cw_hello_unpack(const uint8_t *payload, struct cw_hello *hello);
void cw_state_unpack(const uint8_t *payload, struct cw_state *state);
void cw_hello_pack(const struct cw_hello *hello, uint8_t *payload);
void cw_report_pack(const struct cw_report *report, uint8_t *payload);
void cw_vehicle_pack(const struct cw_vehicle *vehicle, uint8_t *payload);

#endif
