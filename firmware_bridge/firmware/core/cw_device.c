#include "cw_device.h"

#include "cw_bytes.h"
#include "cw_timing.h"

#define SEEN_SIZE 8u /* bytes of a report that say what the driver sees */

/* Why the outputs are what they are, and what changes it:
 *
 *   from \ event   state accepted    nothing fresh     10 s pass    no version in common
 *   BOOT           STATE, STANDBY*   –                 –            VERSION
 *   STATE          STATE, STANDBY*   SILENCE           –            VERSION
 *   SILENCE        STATE, STANDBY*   –                 –            VERSION
 *   STANDBY        STATE, STANDBY*   –                 STOPPED      VERSION
 *   STOPPED        STATE, STANDBY*   –                 –            VERSION
 *   VERSION        STATE, STANDBY*   –                 –            –
 *
 *   * a state whose flag says that the host stops
 *
 * STATE shows the alert, STANDBY is dark, all others light the fault lamp. A state that has run out is never
 * shown again: SILENCE is left only by a newer one. SILENCE that follows a critical alert whose buzzer sounded goes on
 * sounding it for CW_ORPHAN_MAX_MS: whoever sleeps must not be left alone by a broken wire without a sound. */

void cw_device_init(struct cw_device *device, const struct cw_identity *identity, uint32_t now_ms)
{
    *device = (struct cw_device){.identity = *identity};
    cw_session_init(&device->session, identity->boot_id, CW_FROM_MCU, identity->version_min, identity->version_max);
    device->why = CW_WHY_BOOT;
    device->hello_due = true;
    cw_button_init(&device->button, now_ms);
    cw_device_tick(device, now_ms);
}

static bool ignition_is_off(const struct cw_device *device)
{
    const struct cw_vehicle *vehicle = &device->inputs.vehicle;
    return ((vehicle->known & CW_KNOWS_IGNITION) != 0u) && ((vehicle->switches & CW_IGNITION_ON) == 0u);
}

/* The count only grows, so that a host that has restarted and not yet asked takes nothing away. What was read in a
 * face is shown and not remembered. */
static void remember(struct cw_memory *memory, const struct cw_state *state)
{
    if (state->lockouts > memory->lockouts) {
        memory->lockouts = state->lockouts;
    }
    if ((state->level != CW_LEVEL_NONE) && (state->cause != CW_CAUSE_AFFECT)) {
        memory->last_level = state->level;
        memory->last_cause = state->cause;
        memory->last_episode_id = state->episode_id;
    }
}

static void accept_state(struct cw_device *device, const struct cw_frame *frame, uint32_t now_ms)
{
    cw_state_unpack(frame->payload, &device->held);
    device->held_at_ms = now_ms;
    device->held_sent_ms = frame->sent_ms;
    device->held_captured_ms = frame->captured_ms;
    device->held_ttl_ms = frame->ttl_ms;
    device->accepted++;
    device->why = ((device->held.flags & CW_FLAG_STOPPING) != 0u) ? CW_WHY_STANDBY : CW_WHY_STATE;
    device->orphaned = false;
    const bool meant = (device->held.flags & CW_FLAG_TEST) == 0u;
    if (meant && !ignition_is_off(device)) {
        remember(&device->memory, &device->held);
    }
}

static void refuse(struct cw_device *device, enum cw_verdict verdict)
{
    device->refused[verdict]++;
    device->last_refusal = (uint8_t)verdict;
    if (verdict == CW_NO_HELLO) {
        device->hello_due = true; /* the host has missed that we restarted */
    }
}

static void take_frame(struct cw_device *device, const struct cw_frame *frame, uint32_t now_ms)
{
    const uint32_t host = device->session.boot_id;
    const enum cw_verdict verdict = cw_session_judge(&device->session, frame, now_ms);
    if (device->session.boot_id != host) {
        cw_outputs_forget(&device->outputs);
    }
    if (frame->type == CW_HELLO_HOST) {
        device->hello_due = device->hello_due || (verdict != CW_BAD_COUNTER);
        device->why = (verdict == CW_BAD_VERSION) ? CW_WHY_VERSION : device->why;
    }
    if (verdict != CW_OK) {
        refuse(device, verdict);
    } else if (frame->type == CW_STATE) {
        accept_state(device, frame, now_ms);
    } else {
        /* a hello is answered, and that is all */
    }
}

void cw_device_receive(struct cw_device *device, const uint8_t *data, size_t size, uint32_t now_ms)
{
    struct cw_frame frame;
    for (size_t i = 0; i < size; i++) {
        const enum cw_verdict verdict = cw_receiver_push(&device->receiver, data[i], &frame);
        if (verdict == CW_OK) {
            take_frame(device, &frame, now_ms);
        } else if (verdict != CW_PENDING) {
            refuse(device, verdict);
        } else {
            /* the frame goes on */
        }
    }
}

void cw_device_read_inputs(struct cw_device *device, const struct cw_inputs *inputs, uint32_t now_ms)
{
    device->inputs = *inputs;
    if (cw_button_pressed(&device->button, inputs->ack_down, now_ms)) {
        device->ack_count++;
        device->ack_episode_id =
            cw_outputs_acknowledge(&device->outputs) ? device->outputs.shown.episode_id : 0u;
    }
    if (ignition_is_off(device)) {
        device->memory = (struct cw_memory){0}; /* the trip is over */
    }
}

/* Upper bound of the age of the state held; UINT16_MAX when nothing is held or proved. */
static uint16_t held_age_ms(struct cw_device *device, uint32_t now_ms)
{
    if (device->why != CW_WHY_STATE) {
        return UINT16_MAX; /* times of a state no longer held may belong to a host's former clock */
    }
    uint32_t age_ms = 0;
    const bool proved =
        cw_session_age(&device->session, device->held_sent_ms, device->held_captured_ms, now_ms, &age_ms);
    return (proved && (age_ms < UINT16_MAX)) ? (uint16_t)age_ms : UINT16_MAX;
}

static void fall_silent(struct cw_device *device, uint32_t now_ms)
{
    const bool sounds = (cw_outputs_commanded(&device->outputs) & CW_BUZZER) != 0u;
    device->why = CW_WHY_SILENCE;
    device->orphaned = sounds && (device->held.level == CW_LEVEL_CRITICAL);
    device->orphaned_ms = now_ms;
}

static void expire(struct cw_device *device, uint32_t now_ms)
{
    const uint32_t quiet_ms = now_ms - device->held_at_ms;
    device->orphaned = device->orphaned && ((now_ms - device->orphaned_ms) < CW_ORPHAN_MAX_MS);
    if (device->why == CW_WHY_STATE) {
        const bool silent = quiet_ms > CW_SILENCE_MS;
        const bool stale = held_age_ms(device, now_ms) > device->held_ttl_ms;
        if (silent || stale) {
            fall_silent(device, now_ms);
        }
    } else if ((device->why == CW_WHY_STANDBY) && (quiet_ms > CW_STANDBY_MS)) {
        device->why = CW_WHY_STOPPED;
    } else {
        /* the other states do not end by time */
    }
}

static bool is_fault(const struct cw_device *device)
{
    switch (device->why) {
    case CW_WHY_STATE:
    case CW_WHY_STANDBY:
        return false;
    case CW_WHY_STOPPED:
        return !ignition_is_off(device);
    default:
        return true;
    }
}

static void illuminate(struct cw_device *device, uint32_t now_ms)
{
    const struct cw_vehicle *vehicle = &device->inputs.vehicle;
    const bool fault = ((vehicle->known & CW_KNOWS_IR_FAULT) != 0u) && ((vehicle->switches & CW_IR_FAULT) != 0u);
    const bool asked = (device->why == CW_WHY_STATE) && ((device->held.flags & CW_FLAG_ILLUMINATE) != 0u);
    cw_illuminator_update(&device->illuminator, asked && !ignition_is_off(device), fault, now_ms);
}

void cw_device_tick(struct cw_device *device, uint32_t now_ms)
{
    expire(device, now_ms);
    struct cw_show show = {
        .fault = is_fault(device), .orphaned = device->orphaned, .allowed = device->held.allowed};
    if (device->why == CW_WHY_STATE) {
        show.level = device->held.level;
        show.cause = device->held.cause;
        show.episode_id = device->held.episode_id;
    }
    cw_outputs_show(&device->outputs, &show, now_ms);
    illuminate(device, now_ms);
}

static uint8_t wired(const struct cw_device *device, uint8_t cued)
{
    const uint8_t all = (uint8_t)(cued | (device->illuminator.on ? CW_IR : 0u));
    return (uint8_t)(all & device->identity.outputs);
}

uint8_t cw_device_pins(const struct cw_device *device, uint32_t now_ms)
{
    return wired(device, cw_outputs_pins(&device->outputs, now_ms));
}

void cw_device_count_overrun(struct cw_device *device)
{
    device->overruns++;
}

static uint16_t refused_between(const struct cw_device *device, size_t first, size_t last)
{
    uint16_t sum = 0;
    for (size_t i = first; i <= last; i++) {
        sum = (uint16_t)(sum + device->refused[i]);
    }
    return sum;
}

void cw_device_report(struct cw_device *device, uint32_t now_ms, struct cw_report *report)
{
    const struct cw_show *shown = &device->outputs.shown;
    const uint16_t all = refused_between(device, CW_BAD_SIZE, CW_TOO_OLD);
    *report = (struct cw_report){
        .level = shown->level,
        .cause = shown->cause,
        .episode_id = shown->episode_id,
        .outputs = wired(device, cw_outputs_commanded(&device->outputs)),
        .silenced = cw_outputs_silenced(&device->outputs),
        .spent = cw_outputs_spent(&device->outputs),
        .why = (uint8_t)device->why,
        .accepted = device->accepted,
        .bad_crc = device->refused[CW_BAD_CRC],
        .bad_counter = device->refused[CW_BAD_COUNTER],
        .bad_age = refused_between(device, CW_BAD_TTL, CW_TOO_OLD),
        .gaps = (uint16_t)device->session.gaps,
        .overruns = (uint16_t)(device->overruns + device->inputs.overruns),
        .age_ms = held_age_ms(device, now_ms),
        .last_refusal = device->last_refusal,
        .reset_cause = device->identity.reset_cause,
    };
    report->bad_format = (uint16_t)(all - report->bad_crc - report->bad_counter - report->bad_age);
}

static size_t send_frame(struct cw_device *device, struct cw_frame *frame, uint32_t now_ms, uint8_t *out)
{
    cw_session_address(&device->session, now_ms, frame);
    frame->captured_ms = now_ms;
    frame->counter = device->counter;
    device->counter++;
    return cw_frame_encode(frame, out);
}

static size_t send_hello(struct cw_device *device, uint32_t now_ms, uint8_t *out)
{
    const struct cw_hello hello = {
        .version_min = device->identity.version_min,
        .version_max = device->identity.version_max,
        .capabilities = device->identity.outputs,
        .build = device->identity.build,
        .config_crc = cw_outputs_crc(),
        .reset_cause = device->identity.reset_cause,
        .lockouts = device->memory.lockouts,
        .last_level = device->memory.last_level,
        .last_cause = device->memory.last_cause,
        .last_episode_id = device->memory.last_episode_id,
    };
    struct cw_frame frame = {.type = CW_HELLO_MCU};
    cw_hello_pack(&hello, frame.payload);
    device->hello_due = false;
    return send_frame(device, &frame, now_ms, out);
}

/* At once when what the driver sees has changed, else when the period is over. */
static size_t send_report(struct cw_device *device, uint32_t now_ms, uint8_t *out)
{
    struct cw_report report;
    cw_device_report(device, now_ms, &report);
    struct cw_frame frame = {.type = CW_REPORT, .ttl_ms = CW_VEHICLE_TTL_MS};
    cw_report_pack(&report, frame.payload);
    const bool changed = !cw_same(frame.payload, device->report_sent, SEEN_SIZE);
    if (!changed && ((now_ms - device->report_at_ms) < CW_REPORT_PERIOD_MS)) {
        return 0;
    }
    cw_copy(device->report_sent, frame.payload, sizeof device->report_sent);
    device->report_at_ms = now_ms;
    return send_frame(device, &frame, now_ms, out);
}

static size_t send_vehicle(struct cw_device *device, uint32_t now_ms, uint8_t *out)
{
    struct cw_vehicle vehicle = device->inputs.vehicle;
    vehicle.ack_count = device->ack_count;
    vehicle.ack_episode_id = device->ack_episode_id;
    if (device->illuminator.resting) {
        vehicle.switches |= CW_IR_FAULT; /* also while the driver, without power, reports none */
    }
    struct cw_frame frame = {.type = CW_VEHICLE, .ttl_ms = CW_VEHICLE_TTL_MS};
    cw_vehicle_pack(&vehicle, frame.payload);
    const bool changed = !cw_same(frame.payload, device->vehicle_sent, sizeof device->vehicle_sent);
    if (!changed && ((now_ms - device->vehicle_at_ms) < CW_VEHICLE_PERIOD_MS)) {
        return 0;
    }
    cw_copy(device->vehicle_sent, frame.payload, sizeof device->vehicle_sent);
    device->vehicle_at_ms = now_ms;
    return send_frame(device, &frame, now_ms, out);
}

size_t cw_device_send(struct cw_device *device, uint32_t now_ms, uint8_t out[CW_WIRE_MAX])
{
    if (device->hello_due) {
        return send_hello(device, now_ms, out);
    }
    if (device->session.version == 0u) {
        return 0; /* nobody has agreed on how to read the rest */
    }
    const size_t size = send_report(device, now_ms, out);
    return (size != 0u) ? size : send_vehicle(device, now_ms, out);
}
