#include "cw_session.h"

#include "cw_messages.h"
#include "cw_timing.h"

#define HALF_OF_16 0x8000u
#define HALF_OF_32 0x80000000u

void cw_session_init(struct cw_session *session, uint32_t own_boot_id, uint8_t own_side, uint8_t version_min,
                     uint8_t version_max)
{
    *session = (struct cw_session){.own_boot_id = own_boot_id,
                                   .own_side = own_side,
                                   .version_min = version_min,
                                   .version_max = version_max};
}

static void loosen(struct cw_clock *clock, uint32_t now_ms)
{
    const uint32_t steps = (now_ms - clock->leaked_at_ms) / CW_CLOCK_LEAK_MS;
    clock->offset_ms -= steps;
    clock->leaked_at_ms += steps * CW_CLOCK_LEAK_MS;
}

/* A frame sent after ours of `heard_ms` was heard: at the peer's `sent_ms` our clock stood at `heard_ms` or later. */
static void prove(struct cw_clock *clock, uint32_t heard_ms, uint32_t sent_ms, uint32_t now_ms)
{
    const uint32_t bound = heard_ms - sent_ms;
    if (clock->jumped && ((heard_ms - clock->jumped_ms) >= HALF_OF_32)) {
        return; /* heard before the jump */
    }
    if (!clock->known) {
        *clock = (struct cw_clock){.known = true, .offset_ms = bound, .leaked_at_ms = now_ms};
        return;
    }
    loosen(clock, now_ms);
    const uint32_t gain = bound - clock->offset_ms;
    if (gain < HALF_OF_32) {
        clock->offset_ms = bound;
    }
}

/* Upper bound of the time a frame was under way. */
static bool delay_of(struct cw_clock *clock, uint32_t sent_ms, uint32_t now_ms, uint32_t *delay_ms)
{
    if (!clock->known) {
        return false;
    }
    loosen(clock, now_ms);
    const uint32_t delay = now_ms - sent_ms - clock->offset_ms;
    if (delay < HALF_OF_32) {
        *delay_ms = delay;
        return true;
    }
    *delay_ms = 0;
    if ((0u - delay) <= CW_CLOCK_SLACK_MS) {
        return true;
    }
    *clock = (struct cw_clock){.jumped = true, .jumped_ms = now_ms};
    return false;
}

bool cw_session_age(struct cw_session *session, uint32_t sent_ms, uint32_t captured_ms, uint32_t now_ms,
                    uint32_t *age_ms)
{
    uint32_t delay_ms = 0;
    if (!delay_of(&session->clock, sent_ms, now_ms, &delay_ms)) {
        return false;
    }
    *age_ms = delay_ms + (sent_ms - captured_ms);
    return true;
}

static void meet(struct cw_session *session, const struct cw_frame *frame)
{
    if (session->met) {
        session->previous_boot_id = session->boot_id;
    }
    session->met = true;
    session->boot_id = frame->boot_id;
    session->version = 0;
    session->counter = (uint16_t)(frame->counter - 1u);
    session->clock = (struct cw_clock){.known = false};
}

/* After a long silence the counter may have gone round: then only a plain repeat is refused, and age decides. */
static bool is_new(const struct cw_session *session, uint16_t step, uint32_t now_ms)
{
    const bool window_over = (now_ms - session->heard_at_ms) > CW_COUNTER_WINDOW_MS;
    return (step != 0u) && ((step < HALF_OF_16) || window_over);
}

static bool take_counter(struct cw_session *session, const struct cw_frame *frame, uint32_t now_ms)
{
    const uint16_t step = (uint16_t)(frame->counter - session->counter);
    if (!is_new(session, step, now_ms)) {
        return false;
    }
    session->gaps += (uint32_t)step - 1u;
    session->counter = frame->counter;
    session->heard_ms = frame->sent_ms;
    session->heard_at_ms = now_ms;
    return true;
}

static void take_proof(struct cw_session *session, const struct cw_frame *frame, uint32_t now_ms)
{
    const bool ours = frame->heard_boot == (uint16_t)(session->own_boot_id & 0xFFFFu);
    const bool recent = (now_ms - frame->heard_ms) <= CW_HEARD_MAX_MS;
    if (ours && recent) {
        prove(&session->clock, frame->heard_ms, frame->sent_ms, now_ms);
    }
}

static enum cw_verdict agree(struct cw_session *session, const struct cw_frame *frame)
{
    struct cw_hello hello;
    cw_hello_unpack(frame->payload, &hello);
    const uint8_t best = (hello.version_max < session->version_max) ? hello.version_max : session->version_max;
    const uint8_t least = (hello.version_min > session->version_min) ? hello.version_min : session->version_min;
    session->version = (best >= least) ? best : 0u;
    return (session->version != 0u) ? CW_OK : CW_BAD_VERSION;
}

static enum cw_verdict judge_age(struct cw_session *session, const struct cw_frame *frame, uint32_t now_ms)
{
    if ((frame->ttl_ms == 0u) || (frame->ttl_ms > CW_TTL_MAX_MS)) {
        return CW_BAD_TTL;
    }
    if ((frame->sent_ms - frame->captured_ms) >= HALF_OF_32) {
        return CW_BAD_RANGE; /* known before it was true */
    }
    uint32_t age_ms = 0;
    if (!cw_session_age(session, frame->sent_ms, frame->captured_ms, now_ms, &age_ms)) {
        return CW_UNSYNCED;
    }
    return (age_ms <= frame->ttl_ms) ? CW_OK : CW_TOO_OLD;
}

enum cw_verdict cw_session_judge(struct cw_session *session, const struct cw_frame *frame, uint32_t now_ms)
{
    if ((frame->type & CW_FROM_MCU) == session->own_side) {
        return CW_BAD_DIRECTION;
    }
    if (session->met && (frame->boot_id == session->previous_boot_id)) {
        return CW_BAD_COUNTER; /* left over from before the peer restarted */
    }
    if (!session->met || (frame->boot_id != session->boot_id)) {
        meet(session, frame);
    }
    if (!take_counter(session, frame, now_ms)) {
        return CW_BAD_COUNTER;
    }
    take_proof(session, frame, now_ms);
    if ((frame->type == CW_HELLO_HOST) || (frame->type == CW_HELLO_MCU)) {
        return agree(session, frame);
    }
    if (session->version == 0u) {
        return CW_NO_HELLO;
    }
    return (frame->version == session->version) ? judge_age(session, frame, now_ms) : CW_BAD_VERSION;
}

void cw_session_address(const struct cw_session *session, uint32_t now_ms, struct cw_frame *frame)
{
    frame->version = (session->version != 0u) ? session->version : session->version_max;
    frame->boot_id = session->own_boot_id;
    frame->sent_ms = now_ms;
    frame->heard_ms = session->met ? session->heard_ms : 0u;
    frame->heard_boot = session->met ? (uint16_t)(session->boot_id & 0xFFFFu) : 0u;
}
