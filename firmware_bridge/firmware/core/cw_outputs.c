#include "cw_outputs.h"

#include <stddef.h>

#include "cw_bytes.h"
#include "cw_crc32.h"
#include "cw_messages.h"
#include "cw_timing.h"

enum cue {
    CUE_NONE,
    CUE_INFORMATION,
    CUE_CAUTION,
    CUE_WARNING,
    CUE_CRITICAL,
    CUE_SLEEP, /* asleep or unresponsive: distinct, more urgent, and no button ends it */
    CUE_FAULT, /* any safe state */
    CUE_ORPHANED, /* the safe state right after the link died during a critical alert */
    CUES
};

/* On for `on_ms` of every `period_ms`; on == period is steady, 0 is off. */
struct rhythm {
    uint16_t on_ms, period_ms;
};

struct policy {
    uint8_t bit;
    bool disturbs;       /* needs the host's leave, and the button silences it */
    uint32_t longest_ms; /* in one alert; 0 = as long as the cue lasts */
    struct rhythm rhythm[CUES];
};

#define OFF {0u, 1000u}
#define STEADY {1000u, 1000u}
#define SLOW {500u, 1000u}
#define FAST {125u, 250u}
#define CHIME {400u, 60000u} /* longer than the buzzer may be wanted: one beep at the start of the alert */

static const struct policy policies[CW_CUED] = {
    /*                                       none information caution warning critical sleep fault  orphaned */
    {CW_LAMP, false, 0u,                    {OFF, SLOW,       STEADY, STEADY, FAST,    FAST,   OFF,    OFF}},
    {CW_BUZZER, true, CW_BUZZER_MAX_MS,     {OFF, OFF,        CHIME,  SLOW,   FAST,    STEADY, OFF,    FAST}},
    {CW_HAPTIC, true, CW_HAPTIC_MAX_MS,     {OFF, OFF,        OFF,    OFF,    SLOW,    STEADY, OFF,    OFF}},
    {CW_FAULT, false, 0u,                   {OFF, OFF,        OFF,    OFF,    OFF,     OFF,    STEADY, STEADY}},
};

static enum cue cue_of(const struct cw_show *show)
{
    static const enum cue of_level[] = {CUE_NONE, CUE_INFORMATION, CUE_CAUTION, CUE_WARNING, CUE_CRITICAL};
    const bool sleeps = (show->cause == CW_CAUSE_SLEEP) || (show->cause == CW_CAUSE_UNRESPONSIVE);
    if (show->fault) {
        return show->orphaned ? CUE_ORPHANED : CUE_FAULT;
    }
    return ((show->level == CW_LEVEL_CRITICAL) && sleeps) ? CUE_SLEEP : of_level[show->level];
}

static bool is_acknowledged(const struct cw_outputs *outputs)
{
    const struct cw_show *shown = &outputs->shown;
    return !shown->fault && (shown->level <= outputs->acked_level) &&
           (shown->episode_id == outputs->acked_episode_id) && (cue_of(shown) != CUE_SLEEP);
}

static bool is_wanted(const struct cw_outputs *outputs, const struct policy *policy)
{
    const bool may = !policy->disturbs || ((outputs->shown.allowed & policy->bit) != 0u);
    return may && (policy->rhythm[cue_of(&outputs->shown)].on_ms != 0u);
}

/* The longest duration counts all that the alert has sounded, so that a link that comes and goes starts none anew. */
static bool is_spent(const struct cw_outputs *outputs, size_t which)
{
    const uint32_t longest_ms = policies[which].longest_ms;
    return (longest_ms != 0u) && (outputs->used_ms[which] >= longest_ms);
}

static bool is_on(const struct cw_outputs *outputs, size_t which)
{
    const bool silenced = policies[which].disturbs && is_acknowledged(outputs);
    return is_wanted(outputs, &policies[which]) && !silenced && !is_spent(outputs, which);
}

/* Counts what was on since the last turn. Never beyond the longest duration, so that no count runs over. */
static void count_use(struct cw_outputs *outputs, uint32_t now_ms)
{
    const uint32_t passed_ms = now_ms - outputs->counted_ms;
    for (size_t i = 0; i < CW_CUED; i++) {
        if ((policies[i].longest_ms != 0u) && is_on(outputs, i)) {
            const uint32_t left_ms = policies[i].longest_ms - outputs->used_ms[i];
            outputs->used_ms[i] += (passed_ms < left_ms) ? passed_ms : left_ms;
        }
    }
    outputs->counted_ms = now_ms;
}

/* A new episode, or one that is worse than it ever was, may sound for its full time. */
static bool begins(const struct cw_outputs *outputs, const struct cw_show *wanted)
{
    const bool other = (wanted->episode_id != outputs->episode_id) || (wanted->level > outputs->peak_level);
    return (wanted->level != CW_LEVEL_NONE) && other;
}

void cw_outputs_show(struct cw_outputs *outputs, const struct cw_show *wanted, uint32_t now_ms)
{
    count_use(outputs, now_ms);
    if (begins(outputs, wanted)) {
        for (size_t i = 0; i < CW_CUED; i++) {
            outputs->used_ms[i] = 0u;
        }
        outputs->episode_id = wanted->episode_id;
        outputs->peak_level = wanted->level;
        outputs->since_ms = now_ms;
    }
    if (cue_of(&outputs->shown) != cue_of(wanted)) {
        outputs->since_ms = now_ms;
    }
    outputs->shown = *wanted;
}

bool cw_outputs_acknowledge(struct cw_outputs *outputs)
{
    if (outputs->shown.level == CW_LEVEL_NONE) {
        return false;
    }
    outputs->acked_episode_id = outputs->shown.episode_id;
    outputs->acked_level = outputs->shown.level;
    return true;
}

void cw_outputs_forget(struct cw_outputs *outputs)
{
    outputs->acked_level = CW_LEVEL_NONE;
    outputs->peak_level = CW_LEVEL_NONE;
}

uint8_t cw_outputs_commanded(const struct cw_outputs *outputs)
{
    uint8_t bits = 0;
    for (size_t i = 0; i < CW_CUED; i++) {
        bits |= is_on(outputs, i) ? policies[i].bit : 0u;
    }
    return bits;
}

uint8_t cw_outputs_silenced(const struct cw_outputs *outputs)
{
    uint8_t bits = 0;
    for (size_t i = 0; i < CW_CUED; i++) {
        const bool silenced = policies[i].disturbs && is_acknowledged(outputs);
        bits |= (silenced && is_wanted(outputs, &policies[i])) ? policies[i].bit : 0u;
    }
    return bits;
}

uint8_t cw_outputs_spent(const struct cw_outputs *outputs)
{
    uint8_t bits = 0;
    for (size_t i = 0; i < CW_CUED; i++) {
        const bool spent = is_wanted(outputs, &policies[i]) && is_spent(outputs, i);
        bits |= spent ? policies[i].bit : 0u;
    }
    return bits;
}

uint8_t cw_outputs_pins(const struct cw_outputs *outputs, uint32_t now_ms)
{
    const enum cue cue = cue_of(&outputs->shown);
    uint8_t bits = 0;
    for (size_t i = 0; i < CW_CUED; i++) {
        const struct rhythm rhythm = policies[i].rhythm[cue];
        const bool phase = ((now_ms - outputs->since_ms) % rhythm.period_ms) < rhythm.on_ms;
        bits |= (phase && is_on(outputs, i)) ? policies[i].bit : 0u;
    }
    return bits;
}

static uint32_t add(uint32_t crc, uint32_t value)
{
    uint8_t bytes[8];
    cw_put32(&bytes[0], crc);
    cw_put32(&bytes[4], value);
    return cw_crc32(bytes, sizeof bytes);
}

uint32_t cw_outputs_crc(void)
{
    uint32_t crc = 0;
    for (size_t i = 0; i < CW_CUED; i++) {
        crc = add(add(crc, policies[i].bit), policies[i].longest_ms);
        for (size_t cue = 0; cue < (size_t)CUES; cue++) {
            const struct rhythm rhythm = policies[i].rhythm[cue];
            crc = add(crc, ((uint32_t)rhythm.on_ms << 16) | rhythm.period_ms);
        }
    }
    return crc;
}
