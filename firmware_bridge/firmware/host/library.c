/* What the Python tests need beside the core: they hold a device without knowing its layout, and feed many bytes. */
#include "cw_device.h"

size_t cw_device_size(void);
size_t cw_session_size(void);
size_t cw_receiver_feed(struct cw_receiver *receiver, const uint8_t *data, size_t size, uint8_t *verdicts,
                        struct cw_frame *frames);

size_t cw_device_size(void)
{
    return sizeof(struct cw_device);
}

size_t cw_session_size(void)
{
    return sizeof(struct cw_session);
}

/* `verdicts` and `frames` have room for `size`; returns how many were written. Where the verdict is OK is a frame. */
size_t cw_receiver_feed(struct cw_receiver *receiver, const uint8_t *data, size_t size, uint8_t *verdicts,
                        struct cw_frame *frames)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
        const enum cw_verdict verdict = cw_receiver_push(receiver, data[i], &frames[count]);
        if (verdict != CW_PENDING) {
            verdicts[count] = (uint8_t)verdict;
            count++;
        }
    }
    return count;
}
