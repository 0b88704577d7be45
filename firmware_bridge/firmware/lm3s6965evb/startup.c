/* From reset to main(), and where the processor goes when something is wrong. */
#include <stddef.h>
#include <stdint.h>

#include "board.h"
#include "registers.h"
#include "uart.h"

/* From the linker script. */
extern uint32_t stack_top[], data_load[], data_start[], data_end[], bss_start[], bss_end[];

int main(void);
void on_reset(void);
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

/* A fault: the pins go to the safe state, the watchdog does the rest. */
static void on_fault(void)
{
    board_fail();
    for (;;) {
    }
}

void on_reset(void)
{
    /* cppcheck-suppress comparePointers ; as below */
    for (uint32_t *to = data_start, *from = data_load; to < data_end; to++, from++) {
        *to = *from;
    }
    /* cppcheck-suppress comparePointers ; both are edges of one section, by the linker script */
    for (uint32_t *to = bss_start; to < bss_end; to++) {
        *to = 0;
    }
    (void)main();
    on_fault();
}

#define SYSTEM_EXCEPTIONS 16u

struct vectors {
    uint32_t *stack; /* cppcheck-suppress unusedStructMember ; the processor reads both */
    /* cppcheck-suppress unusedStructMember */
    void (*handlers[SYSTEM_EXCEPTIONS - 1u + 44u])(void);
};

#define EXCEPTION(number) [(number) - 1u]
#define INTERRUPT(number) [SYSTEM_EXCEPTIONS - 1u + (number)]

/* What has no entry here is not enabled; if it comes all the same its address 0 is a fault. */
__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    stack_top,
    {
        EXCEPTION(1) = on_reset,
        EXCEPTION(2) = on_fault, /* non-maskable */
        EXCEPTION(3) = on_fault, /* hard; the ones below escalate to it as long as they are not enabled */
        EXCEPTION(4) = on_fault,
        EXCEPTION(5) = on_fault,
        EXCEPTION(6) = on_fault,
        INTERRUPT(IRQ_UART0) = uart_link_interrupt,
        INTERRUPT(IRQ_UART1) = uart_log_interrupt,
        INTERRUPT(IRQ_WATCHDOG) = board_watchdog_interrupt,
        INTERRUPT(IRQ_TIMER0) = board_timer_interrupt,
    },
};

/* The compiler copies and clears structures with these; there is no C library here. */
void *memcpy(void *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        /* cppcheck-suppress useStandardLibrary ; this is the standard library */
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    }
    return to;
}

void *memset(void *to, int value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)to)[i] = (uint8_t)value;
    }
    return to;
}
