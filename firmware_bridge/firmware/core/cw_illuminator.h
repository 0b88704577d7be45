/* The infrared illuminator: on while the host wants it, off at once when its driver reports a fault.
 * Knows one output and one input. Must not know why light is wanted. */
#ifndef CW_ILLUMINATOR_H
#define CW_ILLUMINATOR_H

#include <stdbool.h>
#include <stdint.h>

struct cw_illuminator {
    bool on;
    bool resting; /* after a fault; told to the host as the fault, for a driver without power reports none */
    uint32_t faulty_ms; /* when the fault was last seen */
};

/* Call at every turn. After a fault it rests for CW_IR_RETRY_MS: most drivers report only while they are enabled,
 * and a light that is tried at every turn would flicker into somebody's eyes. */
void cw_illuminator_update(struct cw_illuminator *illuminator, bool wanted, bool fault, uint32_t now_ms);

#endif
