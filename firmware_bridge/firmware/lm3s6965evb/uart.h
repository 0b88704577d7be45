/* Two UARTs with rings between interrupts and the main loop: the link, and a log that only speaks.
 * Knows bytes. Must not know frames. Nothing here waits. */
#ifndef LM3S_UART_H
#define LM3S_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void uart_init(void);

/* Takes what the link has received, at most `size` bytes. Returns how many. */
size_t uart_receive(uint8_t *data, size_t size);

/* Bytes that the link has lost because the main loop did not take them in time, modulo 65536. */
uint16_t uart_lost(void);

/* Hands over all of `data`, or nothing when there is no room for all of it. */
bool uart_send(const uint8_t *data, size_t size);
bool uart_log(const char *text, size_t size);

void uart_link_interrupt(void);
void uart_log_interrupt(void);

#endif
