/* What the Python tests need beside the core: they hold a device without knowing its layout. */
#include "cw_device.h"

size_t cw_device_size(void);
size_t cw_session_size(void);
uint8_t cw_device_pins(const struct cw_device *device, uint32_t now_ms);

size_t cw_device_size(void)
{
    return sizeof(struct cw_device);
}

size_t cw_session_size(void)
{
    return sizeof(struct cw_session);
}

uint8_t cw_device_pins(const struct cw_device *device, uint32_t now_ms)
{
    return cw_outputs_pins(&device->outputs, now_ms);
}
