/* The host board: a pseudo-terminal as the UART, text on stdin as the vehicle, text on stdout as the lamps. */
#ifndef CW_HOST_H
#define CW_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "cw_board.h"

/* Where the service finds the terminal: a symlink, as udev would make it. False with errno set on failure. */
bool host_plug(const char *link);

/* Pulls the cable: the terminal hangs up and the symlink goes. */
void host_unplug(void);

/* Sleeps until bytes or a command come, 5 ms at most. */
void host_wait(void);

/* Milliseconds of CLOCK_MONOTONIC at the start; cw_board_now_ms() counts from there. */
uint64_t host_started_ms(void);

/* A number that differs at every start, its lower half not 0. */
uint32_t host_draw_boot_id(void);

/* The vehicle, for the command lines to change. */
struct cw_inputs *host_inputs(void);

/* Presses the acknowledge button and lets it go, each long enough to be believed; presses wait for one another. */
void host_press(void);

/* Reads a whole command line from stdin if there is one. */
bool host_read_command(char *line, size_t size);

#endif
