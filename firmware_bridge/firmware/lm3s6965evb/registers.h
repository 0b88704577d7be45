/* The registers of the LM3S6965 that this port uses, by the names of its data sheet. Knows addresses, nothing else. */
#ifndef LM3S_REGISTERS_H
#define LM3S_REGISTERS_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* System control */
#define SYSCTL_RIS REGISTER(0x400FE050u)
#define SYSCTL_RESC REGISTER(0x400FE05Cu)
#define SYSCTL_RCC REGISTER(0x400FE060u)
#define SYSCTL_RCGC0 REGISTER(0x400FE100u)
#define SYSCTL_RCGC1 REGISTER(0x400FE104u)
#define SYSCTL_RCGC2 REGISTER(0x400FE108u)

#define RIS_PLL_LOCKED (1u << 6)

#define RESC_EXTERNAL (1u << 0)
#define RESC_POWER_ON (1u << 1)
#define RESC_BROWN_OUT (1u << 2)
#define RESC_WATCHDOG (1u << 3)
#define RESC_SOFTWARE (1u << 4)

#define RCC_SYSDIV_16 (0xFu << 23)
#define RCC_USESYSDIV (1u << 22)
#define RCC_PWRDN (1u << 13)
#define RCC_BYPASS (1u << 11)
#define RCC_XTAL_8MHZ (0xEu << 6)
#define RCC_OSCSRC_MAIN (0u << 4)

#define RCGC0_WATCHDOG (1u << 3)
#define RCGC1_UART0 (1u << 0)
#define RCGC1_UART1 (1u << 1)
#define RCGC1_TIMER0 (1u << 16)
#define RCGC2_PORT(number) (1u << (number))

/* GPIO ports A to G; the low ten bits of a data address mask the bits that are read or written */
#define PORT_A 0x40004000u
#define PORT_B 0x40005000u
#define PORT_D 0x40007000u
#define PORT_E 0x40024000u
#define PORT_F 0x40025000u

#define GPIO_DATA(port, mask) REGISTER((port) + ((uint32_t)(mask) << 2))
#define GPIO_DIR(port) REGISTER((port) + 0x400u)
#define GPIO_AFSEL(port) REGISTER((port) + 0x420u)
#define GPIO_PUR(port) REGISTER((port) + 0x510u)
#define GPIO_PDR(port) REGISTER((port) + 0x514u)
#define GPIO_DEN(port) REGISTER((port) + 0x51Cu)

/* UARTs (PL011) */
#define UART0 0x4000C000u
#define UART1 0x4000D000u

#define UART_DR(uart) REGISTER((uart) + 0x000u)
#define UART_FR(uart) REGISTER((uart) + 0x018u)
#define UART_IBRD(uart) REGISTER((uart) + 0x024u)
#define UART_FBRD(uart) REGISTER((uart) + 0x028u)
#define UART_LCRH(uart) REGISTER((uart) + 0x02Cu)
#define UART_CTL(uart) REGISTER((uart) + 0x030u)
#define UART_IFLS(uart) REGISTER((uart) + 0x034u)
#define UART_IM(uart) REGISTER((uart) + 0x038u)
#define UART_ICR(uart) REGISTER((uart) + 0x044u)

#define DR_OVERRUN (1u << 11)
#define FR_RX_EMPTY (1u << 4)
#define FR_TX_FULL (1u << 5)
#define LCRH_8_BITS (3u << 5)
#define LCRH_FIFO (1u << 4)
#define CTL_ENABLE ((1u << 0) | (1u << 8) | (1u << 9)) /* UART, transmitter, receiver */
#define IFLS_EARLIEST 0u /* sent down to 1/8, received 1/8 */
#define INTERRUPT_RX (1u << 4)
#define INTERRUPT_TX (1u << 5)
#define INTERRUPT_RX_TIMEOUT (1u << 6)
#define INTERRUPT_ALL 0x7F0u

/* Watchdog */
#define WATCHDOG_LOAD REGISTER(0x40000000u)
#define WATCHDOG_CTL REGISTER(0x40000008u)
#define WATCHDOG_ICR REGISTER(0x4000000Cu)
#define WATCHDOG_LOCK REGISTER(0x40000C00u)

#define WATCHDOG_UNLOCK 0x1ACCE551u
#define WATCHDOG_WARN_AND_RESET 3u /* the first time-out interrupts, the second resets */

/* Timer 0 */
#define TIMER0_CFG REGISTER(0x40030000u)
#define TIMER0_TAMR REGISTER(0x40030004u)
#define TIMER0_CTL REGISTER(0x4003000Cu)
#define TIMER0_IMR REGISTER(0x40030018u)
#define TIMER0_ICR REGISTER(0x40030024u)
#define TIMER0_TAILR REGISTER(0x40030028u)

#define TIMER_32_BITS 0u
#define TIMER_PERIODIC 2u
#define TIMER_TIME_OUT 1u

/* Cortex-M3 */
#define SYSTICK_CTRL REGISTER(0xE000E010u)
#define SYSTICK_LOAD REGISTER(0xE000E014u)
#define SYSTICK_VALUE REGISTER(0xE000E018u)
#define NVIC_ENABLE_0 REGISTER(0xE000E100u)
#define NVIC_PEND_0 REGISTER(0xE000E200u)

#define SYSTICK_MAX 0x00FFFFFFu
#define SYSTICK_RUN 5u /* counts down by the processor's clock, without an interrupt */

/* Interrupt numbers */
#define IRQ_UART0 5u
#define IRQ_UART1 6u
#define IRQ_WATCHDOG 18u
#define IRQ_TIMER0 19u

#endif
