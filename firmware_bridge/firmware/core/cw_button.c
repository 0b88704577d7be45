#include "cw_button.h"

#include "cw_timing.h"

void cw_button_init(struct cw_button *button, uint32_t now_ms)
{
    *button = (struct cw_button){.down = true, .settled_ms = now_ms};
}

bool cw_button_pressed(struct cw_button *button, bool wire_down, uint32_t now_ms)
{
    if (wire_down == button->down) {
        button->settled_ms = now_ms;
        return false;
    }
    if ((now_ms - button->settled_ms) < CW_DEBOUNCE_MS) {
        return false;
    }
    button->down = wire_down;
    button->settled_ms = now_ms;
    return wire_down;
}
