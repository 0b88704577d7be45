/* Every duration of the protocol, in milliseconds. firmware_bridge/timing.py holds the same table; a test
 * compares the two and the table in docs/protocol.md, which says why each is what it is. */
#ifndef CW_TIMING_H
#define CW_TIMING_H

#define CW_STATE_PERIOD_MS 50u
#define CW_STATE_TTL_MS 1000u
#define CW_TTL_MAX_MS 2000u
#define CW_SILENCE_MS 500u
#define CW_HELLO_PERIOD_MS 250u
#define CW_REPORT_PERIOD_MS 200u
#define CW_VEHICLE_PERIOD_MS 200u
#define CW_VEHICLE_TTL_MS 1000u
#define CW_PEER_SILENCE_MS 1000u
#define CW_STANDBY_MS 10000u
#define CW_COUNTER_WINDOW_MS 10000u
#define CW_HEARD_MAX_MS 10000u
#define CW_CLOCK_SLACK_MS 5u
#define CW_CLOCK_LEAK_MS 1024u
#define CW_BUZZER_MAX_MS 30000u
#define CW_HAPTIC_MAX_MS 15000u
#define CW_ORPHAN_MAX_MS 5000u
#define CW_DEBOUNCE_MS 30u
#define CW_IR_RETRY_MS 10000u

#endif
