#include "cw_messages.h"

#include "cw_bytes.h"

bool cw_payload_in_range(const struct cw_frame *frame)
{
    const uint8_t *p = frame->payload;
    switch (frame->type) {
    case CW_HELLO_HOST:
    case CW_HELLO_MCU:
        return (p[0] >= 1u) && (p[0] <= p[1]);
    case CW_STATE:
        return p[0] <= CW_LEVEL_CRITICAL;
    case CW_REPORT:
        return (p[0] <= CW_LEVEL_CRITICAL) && (p[7] < CW_WHYS) && (p[24] < CW_VERDICTS);
    case CW_VEHICLE:
        return (p[4] <= 4u) && (p[5] <= 3u);
    default:
        return false;
    }
}

void cw_hello_unpack(const uint8_t *payload, struct cw_hello *hello)
{
    hello->version_min = payload[0];
    hello->version_max = payload[1];
    hello->capabilities = cw_get16(&payload[2]);
    hello->build = cw_get32(&payload[4]);
    hello->config_crc = cw_get32(&payload[8]);
    hello->reset_cause = payload[12];
    hello->lockouts = payload[13];
    hello->last_level = payload[14];
    hello->last_cause = payload[15];
    hello->last_episode_id = cw_get16(&payload[16]);
}

void cw_hello_pack(const struct cw_hello *hello, uint8_t *payload)
{
    payload[0] = hello->version_min;
    payload[1] = hello->version_max;
    cw_put16(&payload[2], hello->capabilities);
    cw_put32(&payload[4], hello->build);
    cw_put32(&payload[8], hello->config_crc);
    payload[12] = hello->reset_cause;
    payload[13] = hello->lockouts;
    payload[14] = hello->last_level;
    payload[15] = hello->last_cause;
    cw_put16(&payload[16], hello->last_episode_id);
}

void cw_state_unpack(const uint8_t *payload, struct cw_state *state)
{
    state->level = payload[0];
    state->cause = payload[1];
    state->episode_id = cw_get16(&payload[2]);
    state->allowed = payload[4];
    state->flags = payload[5];
    state->explanation = cw_get16(&payload[6]);
    state->lockouts = payload[8];
}

void cw_report_pack(const struct cw_report *report, uint8_t *payload)
{
    payload[0] = report->level;
    payload[1] = report->cause;
    cw_put16(&payload[2], report->episode_id);
    payload[4] = report->outputs;
    payload[5] = report->silenced;
    payload[6] = report->spent;
    payload[7] = report->why;
    cw_put16(&payload[8], report->accepted);
    cw_put16(&payload[10], report->bad_crc);
    cw_put16(&payload[12], report->bad_format);
    cw_put16(&payload[14], report->bad_counter);
    cw_put16(&payload[16], report->bad_age);
    cw_put16(&payload[18], report->gaps);
    cw_put16(&payload[20], report->overruns);
    cw_put16(&payload[22], report->age_ms);
    payload[24] = report->last_refusal;
    payload[25] = report->reset_cause;
}

void cw_vehicle_pack(const struct cw_vehicle *vehicle, uint8_t *payload)
{
    payload[0] = vehicle->known;
    payload[1] = vehicle->switches;
    cw_put16(&payload[2], vehicle->speed_ckmh);
    payload[4] = vehicle->gear;
    payload[5] = vehicle->turn_signal;
    cw_put32(&payload[6], vehicle->ambient_lux);
    cw_put16(&payload[10], (uint16_t)vehicle->steering_ddeg);
    payload[12] = vehicle->ack_count;
    payload[13] = 0;
    cw_put16(&payload[14], vehicle->ack_episode_id);
}
