#include "cw_outputs.h"

#include <stddef.h>

#include "cw_bytes.h"
#include "cw_crc32.h"
#include "cw_messages.h"
#include "cw_timing.h"

/* On for `on_ms` of every `period_ms`; on == period is steady, 0 is off. */
struct rhythm {
    uint16_t on_ms, period_ms;
};

struct cue {
    struct rhythm lamp, buzzer, haptic;
    bool acknowledgeable;
};

#define OFF {0u, 1000u}
#define STEADY {1000u, 1000u}
#define SLOW {500u, 1000u}
#define FAST {125u, 250u}

static const struct cue cue_of_level[] = {
    [CW_LEVEL_NONE] = {OFF, OFF, OFF, true},
    [CW_LEVEL_INFORMATION] = {SLOW, OFF, OFF, true},
    [CW_LEVEL_CAUTION] = {STEADY, OFF, OFF, true},
    [CW_LEVEL_WARNING] = {STEADY, SLOW, OFF, true},
    [CW_LEVEL_CRITICAL] = {FAST, FAST, SLOW, true},
};

/* A sleeping or unresponsive driver: distinct, more urgent, and no button ends it. */
static const struct cue cue_of_sleep = {FAST, STEADY, STEADY, false};

static const uint8_t sounding_bit[CW_SOUNDING] = {CW_BUZZER, CW_HAPTIC};
static const uint32_t longest_ms[CW_SOUNDING] = {CW_BUZZER_MAX_MS, CW_HAPTIC_MAX_MS};

static const struct cue *cue_for(const struct cw_show *show)
{
    const bool sleeps = (show->cause == CW_CAUSE_SLEEP) || (show->cause == CW_CAUSE_UNRESPONSIVE);
    return ((show->level == CW_LEVEL_CRITICAL) && sleeps) ? &cue_of_sleep : &cue_of_level[show->level];
}

static bool is_acknowledged(const struct cw_outputs *outputs)
{
    return outputs->acked && (outputs->acked_episode_id == outputs->shown.episode_id) &&
           (outputs->shown.level <= outputs->acked_level) && cue_for(&outputs->shown)->acknowledgeable;
}

/* The cue's outputs, before any limit of duration. */
static uint8_t wanted_bits(const struct cw_outputs *outputs)
{
    if (outputs->shown.fault) {
        return CW_FAULT;
    }
    const struct cue *cue = cue_for(&outputs->shown);
    uint8_t sounding = 0;
    if ((cue->buzzer.on_ms != 0u) && !is_acknowledged(outputs)) {
        sounding |= CW_BUZZER;
    }
    if ((cue->haptic.on_ms != 0u) && !is_acknowledged(outputs)) {
        sounding |= CW_HAPTIC;
    }
    sounding &= outputs->shown.allowed;
    return (uint8_t)(sounding | ((cue->lamp.on_ms != 0u) ? CW_LAMP : 0u));
}

static bool is_new_alert(const struct cw_show *before, const struct cw_show *now)
{
    return (before->episode_id != now->episode_id) || (now->level > before->level) || (before->fault != now->fault);
}

static void limit(struct cw_outputs *outputs, size_t which, uint32_t now_ms)
{
    const bool wanted = (wanted_bits(outputs) & sounding_bit[which]) != 0u;
    if (wanted && !outputs->on[which] && !outputs->spent[which]) {
        outputs->on[which] = true;
        outputs->on_since_ms[which] = now_ms;
    }
    if (outputs->on[which] && ((now_ms - outputs->on_since_ms[which]) >= longest_ms[which])) {
        outputs->spent[which] = true;
    }
    if (!wanted || outputs->spent[which]) {
        outputs->on[which] = false;
    }
}

void cw_outputs_show(struct cw_outputs *outputs, const struct cw_show *wanted, uint32_t now_ms)
{
    const bool new_alert = is_new_alert(&outputs->shown, wanted);
    if (cue_for(&outputs->shown) != cue_for(wanted) || new_alert) {
        outputs->since_ms = now_ms;
    }
    outputs->shown = *wanted;
    for (size_t i = 0; i < CW_SOUNDING; i++) {
        if (new_alert) {
            outputs->spent[i] = false;
            outputs->on[i] = false;
        }
        limit(outputs, i, now_ms);
    }
}

bool cw_outputs_acknowledge(struct cw_outputs *outputs)
{
    if (outputs->shown.fault || (outputs->shown.level == CW_LEVEL_NONE)) {
        return false;
    }
    outputs->acked = true;
    outputs->acked_episode_id = outputs->shown.episode_id;
    outputs->acked_level = outputs->shown.level;
    return true;
}

uint8_t cw_outputs_commanded(const struct cw_outputs *outputs)
{
    uint8_t bits = (uint8_t)(wanted_bits(outputs) & (CW_LAMP | CW_FAULT));
    for (size_t i = 0; i < CW_SOUNDING; i++) {
        bits |= outputs->on[i] ? sounding_bit[i] : 0u;
    }
    return bits;
}

static bool is_on_phase(struct rhythm rhythm, uint32_t elapsed_ms)
{
    return (elapsed_ms % rhythm.period_ms) < rhythm.on_ms;
}

uint8_t cw_outputs_pins(const struct cw_outputs *outputs, uint32_t now_ms)
{
    const struct cue *cue = cue_for(&outputs->shown);
    const uint32_t elapsed_ms = now_ms - outputs->since_ms;
    uint8_t phase = CW_FAULT;
    phase |= is_on_phase(cue->lamp, elapsed_ms) ? CW_LAMP : 0u;
    phase |= is_on_phase(cue->buzzer, elapsed_ms) ? CW_BUZZER : 0u;
    phase |= is_on_phase(cue->haptic, elapsed_ms) ? CW_HAPTIC : 0u;
    return (uint8_t)(phase & cw_outputs_commanded(outputs));
}

static uint32_t add_rhythm(uint32_t crc, struct rhythm rhythm)
{
    uint8_t bytes[8];
    cw_put32(&bytes[0], crc);
    cw_put16(&bytes[4], rhythm.on_ms);
    cw_put16(&bytes[6], rhythm.period_ms);
    return cw_crc32(bytes, sizeof bytes);
}

static uint32_t add_cue(uint32_t crc, const struct cue *cue)
{
    return add_rhythm(add_rhythm(add_rhythm(crc, cue->lamp), cue->buzzer), cue->haptic);
}

uint32_t cw_outputs_crc(void)
{
    uint32_t crc = add_cue(0u, &cue_of_sleep);
    for (size_t i = 0; i < (sizeof cue_of_level / sizeof cue_of_level[0]); i++) {
        crc = add_cue(crc, &cue_of_level[i]);
    }
    return crc;
}
