/* The LM3S6965 evaluation board, as far as main() sets it up; the six functions of cw_board.h are behind it.
 *
 *   PA0, PA1  UART0, the link: 115200 bit/s, on the board's own USB        PB0  lamp
 *   PD2, PD3  UART1, the log                                              PB1  buzzer
 *   PF1       acknowledge (the board's SELECT), low = down                PB2  haptic
 *   PE0       ignition, high = on; pulled up: a broken wire is on         PB3  fault lamp
 *   PE1       consent to affect, high = yes; pulled down: broken is no    PB4  infrared enable
 *   PE2       infrared driver's fault, high = fault; pulled up: broken    all high = on
 *             is a fault, and a board without such a driver ties it low */
#ifndef LM3S_BOARD_H
#define LM3S_BOARD_H

#include <stdint.h>

/* Clock, pins in the safe state, UARTs, time, watchdog; in this order. */
void board_init(void);

/* One of cw_reset. */
uint8_t board_reset_cause(void);

/* Sleeps until the next interrupt, 1 ms at most. */
void board_wait(void);

/* The pins of the safe state, whatever else has gone wrong. */
void board_fail(void);

void board_timer_interrupt(void);
void board_watchdog_interrupt(void);

#endif
