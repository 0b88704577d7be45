#include "cw_illuminator.h"

#include "cw_timing.h"

void cw_illuminator_update(struct cw_illuminator *illuminator, bool wanted, bool fault, uint32_t now_ms)
{
    if (fault) {
        illuminator->resting = true;
        illuminator->faulty_ms = now_ms;
    } else if (illuminator->resting && ((now_ms - illuminator->faulty_ms) >= CW_IR_RETRY_MS)) {
        illuminator->resting = false;
    } else {
        /* no fault, or not yet rested */
    }
    illuminator->on = wanted && !illuminator->resting;
}
