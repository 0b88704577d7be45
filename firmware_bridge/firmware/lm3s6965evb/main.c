/* The firmware on the LM3S6965 evaluation board. Every change of the outputs is a line on UART1 (cw_log.h). */
#include "board.h"
#include "cw_board.h"
#include "cw_log.h"
#include "kept.h"
#include "uart.h"

static void tell_changes(struct cw_log *log, struct cw_device *device)
{
    char line[CW_LOG_MAX];
    const uint32_t now_ms = cw_board_now_ms();
    for (size_t size = cw_log_next(log, device, now_ms, line); size != 0u;
         size = cw_log_next(log, device, now_ms, line)) {
        (void)uart_log(line, size); /* a full line loses it: the log must not hold up the lamps */
    }
}

int main(void)
{
    static struct cw_device device;
    static struct cw_log log;
    board_init();
    const struct cw_identity identity = {.boot_id = kept_boot_id(),
                                         .build = (uint32_t)CW_BUILD,
                                         .reset_cause = board_reset_cause(),
                                         .outputs = CW_LAMP | CW_BUZZER | CW_HAPTIC | CW_FAULT | CW_IR,
                                         .version_min = CW_PROTOCOL_MIN,
                                         .version_max = CW_PROTOCOL_MAX};
    cw_firmware_start(&device, &identity);
    for (;;) {
        cw_firmware_step(&device);
        tell_changes(&log, &device);
        board_wait();
    }
}
