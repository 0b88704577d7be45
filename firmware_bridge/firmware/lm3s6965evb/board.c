#include "board.h"

#include "cw_board.h"
#include "kept.h"
#include "registers.h"
#include "uart.h"

#define CLOCK_HZ 12500000u /* 200 MHz of the PLL, by 16 */
#define COUNTS_PER_MS (CLOCK_HZ / 1000u)
#define WATCHDOG_HZ 4u /* 0.25 s to the warning, as long again to the reset */
#define PLL_PATIENCE 100000u /* turns of the loop; the PLL needs 0.5 ms */
#define NOISE_MS 2u

#define OUTPUT_PINS 0x1Fu /* as enum cw_output */
#define PIN_IGNITION 0x01u
#define PIN_CONSENT 0x02u
#define PIN_IR_FAULT 0x04u
#define INPUT_PINS (PIN_IGNITION | PIN_CONSENT | PIN_IR_FAULT)
#define PIN_ACKNOWLEDGE 0x02u

static uint32_t reset_causes;

/* From the crystal, through the PLL. If it does not lock the internal oscillator stays: then the watchdog, the rates of
 * the UARTs and every time-out are up to 30 % off, the link does not come up, and the fault lamp stays on. */
static void start_clock(void)
{
    const uint32_t base = RCC_SYSDIV_16 | RCC_XTAL_8MHZ | RCC_OSCSRC_MAIN;
    SYSCTL_RCC = base | RCC_BYPASS | RCC_PWRDN;
    SYSCTL_RCC = base | RCC_BYPASS | RCC_USESYSDIV;
    for (uint32_t turns = 0; turns < PLL_PATIENCE; turns++) {
        if ((SYSCTL_RIS & RIS_PLL_LOCKED) != 0u) {
            SYSCTL_RCC = base | RCC_USESYSDIV;
            return;
        }
    }
}

static void start_pins(void)
{
    GPIO_DATA(PORT_B, OUTPUT_PINS) = CW_FAULT;
    GPIO_DIR(PORT_B) |= OUTPUT_PINS;
    GPIO_DEN(PORT_B) |= OUTPUT_PINS;
    GPIO_PUR(PORT_E) |= PIN_IGNITION | PIN_IR_FAULT;
    GPIO_PDR(PORT_E) |= PIN_CONSENT;
    GPIO_DEN(PORT_E) |= INPUT_PINS;
    GPIO_PUR(PORT_F) |= PIN_ACKNOWLEDGE;
    GPIO_DEN(PORT_F) |= PIN_ACKNOWLEDGE;
}

/* The clock runs freely and is only read: no interrupt that is late or lost can make time slower than it is. */
static void start_time(void)
{
    SYSTICK_LOAD = SYSTICK_MAX;
    SYSTICK_VALUE = 0;
    SYSTICK_CTRL = SYSTICK_RUN;
    TIMER0_CFG = TIMER_32_BITS;
    TIMER0_TAMR = TIMER_PERIODIC;
    TIMER0_TAILR = COUNTS_PER_MS - 1u;
    TIMER0_IMR = TIMER_TIME_OUT;
    TIMER0_CTL = 1u;
    NVIC_ENABLE_0 = 1u << IRQ_TIMER0;
}

static void start_watchdog(void)
{
    WATCHDOG_LOCK = WATCHDOG_UNLOCK;
    WATCHDOG_LOAD = CLOCK_HZ / WATCHDOG_HZ;
    WATCHDOG_CTL = WATCHDOG_WARN_AND_RESET;
    WATCHDOG_LOCK = 0;
    NVIC_ENABLE_0 = 1u << IRQ_WATCHDOG;
}

/* How far a loop gets within 2 ms: noise where instructions take varying time, and nothing lost where they do not. */
static uint32_t count_turns(void)
{
    uint32_t turns = 0;
    const uint32_t start_ms = cw_board_now_ms();
    while ((cw_board_now_ms() - start_ms) < NOISE_MS) {
        turns++;
    }
    return turns;
}

void board_init(void)
{
    SYSCTL_RCGC0 |= RCGC0_WATCHDOG;
    SYSCTL_RCGC1 |= RCGC1_UART0 | RCGC1_UART1 | RCGC1_TIMER0;
    SYSCTL_RCGC2 |= RCGC2_PORT(0) | RCGC2_PORT(1) | RCGC2_PORT(3) | RCGC2_PORT(4) | RCGC2_PORT(5);
    reset_causes = SYSCTL_RESC; /* also the few cycles that a port needs after its clock is on */
    SYSCTL_RESC = 0;            /* its bits stay until they are cleared */
    start_pins();
    start_clock();
    start_time();
    start_watchdog();
    kept_init(count_turns());
    uart_init();
}

uint8_t board_reset_cause(void)
{
    static const struct {
        uint32_t bit;
        uint8_t cause;
    } causes[] = {
        {RESC_POWER_ON, CW_RESET_POWER},       {RESC_BROWN_OUT, CW_RESET_BROWN_OUT}, {RESC_WATCHDOG, CW_RESET_WATCHDOG},
        {RESC_SOFTWARE, CW_RESET_SOFTWARE},    {RESC_EXTERNAL, CW_RESET_PIN},
    };
    for (size_t i = 0; i < (sizeof causes / sizeof causes[0]); i++) {
        if ((reset_causes & causes[i].bit) != 0u) {
            return causes[i].cause;
        }
    }
    return kept_watchdog() ? CW_RESET_WATCHDOG : CW_RESET_UNKNOWN;
}

void board_wait(void)
{
    __asm__ volatile("wfi");
}

void board_fail(void)
{
    GPIO_DATA(PORT_B, OUTPUT_PINS) = CW_FAULT;
}

void board_timer_interrupt(void)
{
    TIMER0_ICR = TIMER_TIME_OUT; /* it only wakes the main loop */
}

void board_watchdog_interrupt(void)
{
    board_fail();
    kept_note_watchdog();
    for (;;) {
        /* the second time-out resets */
    }
}

/* The counter goes round in 1.3 s; a main loop that does not come by for so long has been reset. */
uint32_t cw_board_now_ms(void)
{
    static uint32_t seen, part, now_ms;
    const uint32_t value = SYSTICK_VALUE;
    part += (seen - value) & SYSTICK_MAX;
    seen = value;
    now_ms += part / COUNTS_PER_MS;
    part %= COUNTS_PER_MS;
    return now_ms;
}

size_t cw_board_read(uint8_t *data, size_t size)
{
    return uart_receive(data, size);
}

size_t cw_board_write(const uint8_t *data, size_t size)
{
    return uart_send(data, size) ? size : 0u;
}

void cw_board_drive(uint8_t pins)
{
    GPIO_DATA(PORT_B, OUTPUT_PINS) = pins;
}

/* Speed, gear, turn signals, light and steering are not wired on this board: they stay unknown. */
void cw_board_sense(struct cw_inputs *inputs)
{
    const uint32_t high = GPIO_DATA(PORT_E, INPUT_PINS);
    uint8_t switches = 0;
    switches |= ((high & PIN_IGNITION) != 0u) ? CW_IGNITION_ON : 0u;
    switches |= ((high & PIN_CONSENT) != 0u) ? CW_AFFECT_CONSENT : 0u;
    switches |= ((high & PIN_IR_FAULT) != 0u) ? CW_IR_FAULT : 0u;
    inputs->vehicle.known = CW_KNOWS_IGNITION | CW_KNOWS_CONSENT | CW_KNOWS_IR_FAULT;
    inputs->vehicle.switches = switches;
    inputs->ack_down = GPIO_DATA(PORT_F, PIN_ACKNOWLEDGE) == 0u;
    inputs->overruns = uart_lost();
}

void cw_board_feed_watchdog(void)
{
    WATCHDOG_LOCK = WATCHDOG_UNLOCK; /* locked in between: a runaway program must not stop it by chance */
    WATCHDOG_ICR = 1u;
    WATCHDOG_LOCK = 0;
}
