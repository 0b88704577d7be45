#include "host.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "cw_timing.h"

#define STEP_MS 5

struct host {
    int master, slave; /* -1: unplugged */
    const char *link;
    uint64_t started_ms;
    uint8_t unsent[CW_WIRE_MAX]; /* what a full line left of the last frame */
    size_t unsent_size;
    struct cw_inputs inputs;
    unsigned presses; /* asked for and not yet begun */
    uint32_t moved_ms; /* when the button last went down or up */
    char typed[128]; /* a command line so far */
    size_t typed_size;
    bool stdin_open;
};

static struct host host = {.master = -1, .slave = -1, .stdin_open = true};

static uint64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return ((uint64_t)now.tv_sec * 1000u) + ((uint64_t)now.tv_nsec / 1000000u);
}

uint64_t host_started_ms(void)
{
    if (host.started_ms == 0u) {
        host.started_ms = monotonic_ms();
    }
    return host.started_ms;
}

uint32_t cw_board_now_ms(void)
{
    return (uint32_t)((monotonic_ms() - host_started_ms()) & 0xFFFFFFFFu);
}

uint32_t host_draw_boot_id(void)
{
    uint32_t drawn = 0;
    FILE *random = fopen("/dev/urandom", "rb");
    if ((random == NULL) || (fread(&drawn, sizeof drawn, 1, random) != 1u)) {
        drawn = (uint32_t)(monotonic_ms() & 0xFFFFFFFFu) ^ ((uint32_t)getpid() << 8);
    }
    if (random != NULL) {
        fclose(random);
    }
    return ((drawn & 0xFFFFu) != 0u) ? drawn : (drawn | 1u);
}

/* Raw, so that no byte is changed, echoed or taken for a signal before the service has set it itself. */
static bool open_slave(void)
{
    struct termios raw;
    host.slave = open(ptsname(host.master), O_RDWR | O_NOCTTY);
    if ((host.slave < 0) || (tcgetattr(host.slave, &raw) != 0)) {
        return false;
    }
    cfmakeraw(&raw);
    return tcsetattr(host.slave, TCSANOW, &raw) == 0;
}

/* The slave stays open here too: else the terminal would hang up whenever the service closes it. */
static bool open_terminal(void)
{
    host.master = posix_openpt(O_RDWR | O_NOCTTY);
    if ((host.master < 0) || (grantpt(host.master) != 0) || (unlockpt(host.master) != 0)) {
        return false;
    }
    return (fcntl(host.master, F_SETFL, O_NONBLOCK) == 0) && open_slave();
}

/* A symlink, ours or left by a run that was killed, goes; anything else is somebody's file and stays. */
static void remove_link(const char *link)
{
    struct stat found;
    if ((lstat(link, &found) == 0) && S_ISLNK(found.st_mode)) {
        (void)unlink(link);
    }
}

bool host_plug(const char *link)
{
    host_unplug();
    host.link = link;
    host.unsent_size = 0;
    remove_link(link);
    return open_terminal() && (symlink(ptsname(host.master), link) == 0);
}

void host_unplug(void)
{
    if (host.master < 0) {
        return;
    }
    remove_link(host.link);
    (void)close(host.slave);
    (void)close(host.master);
    host.master = -1;
    host.slave = -1;
}

struct cw_inputs *host_inputs(void)
{
    return &host.inputs;
}

void host_wait(void)
{
    struct pollfd wait_for[2] = {{.fd = host.master, .events = POLLIN},
                                 {.fd = host.stdin_open ? STDIN_FILENO : -1, .events = POLLIN}};
    (void)poll(wait_for, 2, STEP_MS);
}

size_t cw_board_read(uint8_t *data, size_t size)
{
    const ssize_t got = (host.master < 0) ? 0 : read(host.master, data, size);
    return (got > 0) ? (size_t)got : 0u;
}

static void write_unsent(void)
{
    const ssize_t put = write(host.master, host.unsent, host.unsent_size);
    if (put > 0) {
        host.unsent_size -= (size_t)put;
        memmove(host.unsent, &host.unsent[put], host.unsent_size);
    }
}

size_t cw_board_write(const uint8_t *data, size_t size)
{
    if (host.master < 0) {
        return 0;
    }
    if (host.unsent_size != 0u) {
        write_unsent();
    }
    if (host.unsent_size != 0u) {
        return 0;
    }
    memcpy(host.unsent, data, size);
    host.unsent_size = size;
    write_unsent();
    return size;
}

void cw_board_drive(uint8_t pins)
{
    (void)pins; /* main() prints what is commanded; nobody can see a blinking phase in a log */
}

void host_press(void)
{
    host.presses++;
}

static void move_button(void)
{
    const uint32_t now_ms = cw_board_now_ms();
    if ((now_ms - host.moved_ms) < (2u * CW_DEBOUNCE_MS)) {
        return;
    }
    if (host.inputs.ack_down) {
        host.inputs.ack_down = false;
        host.moved_ms = now_ms;
    } else if (host.presses != 0u) {
        host.presses--;
        host.inputs.ack_down = true;
        host.moved_ms = now_ms;
    }
}

void cw_board_sense(struct cw_inputs *inputs)
{
    move_button();
    *inputs = host.inputs;
}

void cw_board_feed_watchdog(void)
{
}

static bool stdin_has_bytes(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    return host.stdin_open && (poll(&in, 1, 0) == 1);
}

/* A byte at a time, because stdin is shared with the parent and must not be made non-blocking. */
bool host_read_command(char *line, size_t size)
{
    while (stdin_has_bytes()) {
        char typed = 0;
        if (read(STDIN_FILENO, &typed, 1) != 1) {
            host.stdin_open = false;
            return false;
        }
        if (typed == '\n') {
            host.typed[host.typed_size] = '\0';
            host.typed_size = 0;
            (void)snprintf(line, size, "%s", host.typed);
            return true;
        }
        if (host.typed_size < (sizeof host.typed - 1u)) {
            host.typed[host.typed_size] = typed;
            host.typed_size++;
        }
    }
    return false;
}
