/* The microcontroller's end of the link: bytes and time in, outputs and bytes out. Owns the safe state.
 * Knows the protocol. Must not know pins, UARTs or a clock: the board brings the time. */
#ifndef CW_DEVICE_H
#define CW_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cw_button.h"
#include "cw_frame.h"
#include "cw_illuminator.h"
#include "cw_messages.h"
#include "cw_outputs.h"
#include "cw_session.h"

#define CW_PROTOCOL_MIN 1u
#define CW_PROTOCOL_MAX 1u

/* What the board knows about this start. */
struct cw_identity {
    uint32_t boot_id; /* differs at every start; its lower half is not 0 */
    uint32_t build;
    uint8_t reset_cause; /* cw_reset */
    uint8_t outputs;     /* bits of cw_output that are wired */
    uint8_t version_min, version_max;
};

/* What the board reads at its wires. The ack fields of `vehicle` are the device's and ignored here. */
struct cw_inputs {
    struct cw_vehicle vehicle;
    bool ack_down;     /* the acknowledge button as it is now; the device debounces it */
    uint16_t overruns; /* times at which bytes came faster than the board took them */
};

/* What outlives the host, until the ignition goes off: a trip is one driver's. */
struct cw_memory {
    uint8_t lockouts; /* critical alerts of this trip: the highest count that a host has told */
    uint8_t last_level, last_cause; /* the last alert that was shown */
    uint16_t last_episode_id;
};

struct cw_device {
    struct cw_identity identity;
    struct cw_receiver receiver;
    struct cw_session session;
    struct cw_outputs outputs;
    struct cw_illuminator illuminator;
    struct cw_button button;
    struct cw_inputs inputs;
    struct cw_memory memory;

    enum cw_why why;
    struct cw_state held; /* the newest state accepted; shown while why is CW_WHY_STATE */
    uint32_t held_at_ms, held_sent_ms, held_captured_ms;
    uint16_t held_ttl_ms;
    bool orphaned; /* the link died during a critical alert, CW_ORPHAN_MAX_MS ago at most */
    uint32_t orphaned_ms;

    uint16_t counter; /* of frames sent */
    bool hello_due;
    uint32_t report_at_ms, vehicle_at_ms; /* when each was last sent */
    uint8_t report_sent[CW_REPORT_SIZE], vehicle_sent[CW_VEHICLE_SIZE];

    uint8_t ack_count;
    uint16_t ack_episode_id;

    uint16_t accepted, overruns;
    uint16_t refused[CW_VERDICTS];
    uint8_t last_refusal;
};

void cw_device_init(struct cw_device *device, const struct cw_identity *identity, uint32_t now_ms);

/* Bytes from the line, in any portions. */
void cw_device_receive(struct cw_device *device, const uint8_t *data, size_t size, uint32_t now_ms);

void cw_device_read_inputs(struct cw_device *device, const struct cw_inputs *inputs, uint32_t now_ms);

/* Lets time pass: time-outs, longest durations. Call at least every 10 ms. */
void cw_device_tick(struct cw_device *device, uint32_t now_ms);

/* Bits of cw_output that drive a pin at this moment. */
uint8_t cw_device_pins(const struct cw_device *device, uint32_t now_ms);

/* The next frame that is due, 0 when there is none. Call until it gives 0. */
size_t cw_device_send(struct cw_device *device, uint32_t now_ms, uint8_t out[CW_WIRE_MAX]);

/* The line could not take a frame that was due. */
void cw_device_count_overrun(struct cw_device *device);

void cw_device_report(struct cw_device *device, uint32_t now_ms, struct cw_report *report);

#endif
