/* Who the peer is, and whether a frame of its may be acted on now. The same rules as firmware_bridge/session.py,
 * fed by the same table of conversations.
 * Knows counters, versions and clocks, both ends' alike. Must not know what a message means. */
#ifndef CW_SESSION_H
#define CW_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "cw_frame.h"

/* What is proved of the peer's clock: `offset_ms` + its time <= our time at the same moment.
 * Each frame that answers one of ours proves a bound, the quickest answer the best one. Between proofs the
 * bound is loosened by 1 in CW_CLOCK_LEAK_MS, faster than two crystals part, so it stays true. A frame from the
 * future shows that it did not: a clock has jumped, or ours stood still. What lies in buffers then is of any age, so
 * only answers to what we sent since can prove anything. */
struct cw_clock {
    bool known;
    bool jumped;        /* and nothing is proved anew since */
    uint32_t jumped_ms; /* our time when that was noticed */
    uint32_t offset_ms; /* modulo 2^32 */
    uint32_t leaked_at_ms;
};

struct cw_session {
    uint32_t own_boot_id;
    uint8_t own_side; /* 0, or CW_FROM_MCU */
    uint8_t version_min, version_max;
    bool met; /* a frame of `boot_id` came; the fields below are about that peer */
    uint32_t boot_id, previous_boot_id;
    uint8_t version; /* agreed on; 0 = none yet */
    uint16_t counter;
    uint32_t heard_ms;    /* its `sent_ms` of the newest frame */
    uint32_t heard_at_ms; /* our time of that */
    struct cw_clock clock;
    uint32_t gaps; /* frames that never came, by its counter */
};

void cw_session_init(struct cw_session *session, uint32_t own_boot_id, uint8_t own_side, uint8_t version_min,
                     uint8_t version_max);

/* May the frame be acted on now? Also learns from it, whatever the answer. */
enum cw_verdict cw_session_judge(struct cw_session *session, const struct cw_frame *frame, uint32_t now_ms);

/* Upper bound in ms of how old a moment of the peer's clock is. False: nothing is proved. */
bool cw_session_age(struct cw_session *session, uint32_t sent_ms, uint32_t captured_ms, uint32_t now_ms,
                    uint32_t *age_ms);

/* Fills the header: version, boot id, sent, heard. Type, counter, captured, ttl and payload are the caller's. */
void cw_session_address(const struct cw_session *session, uint32_t now_ms, struct cw_frame *frame);

#endif
