/* cabinwatch-mcu: the firmware on the host, behind a pseudo-terminal.
 *
 *   cabinwatch-mcu --link PATH [--speed KMH] [--ignition 0|1]
 *
 * PATH becomes a symlink to the terminal. Every change is one line on stdout:
 *   READY link=PATH monotonic_ms=…        t_ms counts from there
 *   OUT t_ms=… level=… cause=… lamp=… buzzer=… haptic=… fault=… why=… episode=…
 *   LINK t_ms=… up=0|1                    a fresh state is held, or the host has gone
 *   ERROR …                               a command that was not understood
 * Lamp, buzzer and so on are 1 while they are commanded on, whatever the phase of their blinking.
 * Commands on stdin:
 *   speed KMH | speed none | ignition 0|1 | consent 0|1 | gear 0–4 | turn 0–3 | ack | unplug | plug | quit
 * The end of stdin is not the end; SIGTERM and SIGINT are. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cw_timing.h"
#include "host.h"

#ifndef CW_BUILD
#define CW_BUILD 0
#endif

static volatile sig_atomic_t ended;

static void on_signal(int number)
{
    (void)number;
    ended = 1;
}

static const char *const why_name[CW_WHYS] = {"boot", "state", "silence", "standby", "stopped", "version"};

static void print_outputs(const struct cw_report *now)
{
    printf("OUT t_ms=%lu level=%u cause=%u lamp=%d buzzer=%d haptic=%d fault=%d why=%s episode=%u\n",
           (unsigned long)cw_board_now_ms(), (unsigned)now->level, (unsigned)now->cause, (now->outputs & CW_LAMP) != 0,
           (now->outputs & CW_BUZZER) != 0, (now->outputs & CW_HAPTIC) != 0, (now->outputs & CW_FAULT) != 0,
           why_name[now->why], (unsigned)now->episode_id);
}

static bool differs(const struct cw_report *a, const struct cw_report *b)
{
    return (a->level != b->level) || (a->cause != b->cause) || (a->outputs != b->outputs) || (a->why != b->why) ||
           (a->episode_id != b->episode_id);
}

static bool is_up(const struct cw_report *report)
{
    return (report->why == CW_WHY_STATE) || (report->why == CW_WHY_STANDBY);
}

static void print_changes(struct cw_device *device, struct cw_report *before, bool first)
{
    struct cw_report now;
    cw_device_report(device, cw_board_now_ms(), &now);
    if (first || (is_up(&now) != is_up(before))) {
        printf("LINK t_ms=%lu up=%d\n", (unsigned long)cw_board_now_ms(), is_up(&now));
    }
    if (first || differs(&now, before)) {
        print_outputs(&now);
    }
    *before = now;
}

static void know(uint8_t bit, bool known)
{
    struct cw_vehicle *vehicle = &host_inputs()->vehicle;
    vehicle->known = (uint8_t)(known ? (vehicle->known | bit) : (vehicle->known & ~bit));
}

static void set_switch(uint8_t bit, uint8_t known_bit, const char *value)
{
    struct cw_vehicle *vehicle = &host_inputs()->vehicle;
    const bool on = strcmp(value, "1") == 0;
    vehicle->switches = (uint8_t)(on ? (vehicle->switches | bit) : (vehicle->switches & ~bit));
    know(known_bit, on || (strcmp(value, "0") == 0));
}

static void set_speed(const char *value)
{
    char *end = NULL;
    const double kmh = strtod(value, &end);
    const bool known = (end != value) && (kmh >= 0.0) && (kmh <= 655.35);
    host_inputs()->vehicle.speed_ckmh = known ? (uint16_t)((kmh * 100.0) + 0.5) : (uint16_t)0;
    know(CW_KNOWS_SPEED, known);
}

static void set_choice(uint8_t *field, uint8_t known_bit, const char *value, long largest)
{
    const long number = strtol(value, NULL, 10);
    const bool known = (number >= 0) && (number <= largest);
    *field = known ? (uint8_t)number : (uint8_t)0;
    know(known_bit, known);
}

static void plug_or_say(const char *link)
{
    if (!host_plug(link)) {
        printf("ERROR %s: %s\n", link, strerror(errno));
    }
}

static void obey(const char *command, const char *value, const char *link)
{
    struct cw_vehicle *vehicle = &host_inputs()->vehicle;
    if (strcmp(command, "speed") == 0) {
        set_speed(value);
    } else if (strcmp(command, "ignition") == 0) {
        set_switch(CW_IGNITION_ON, CW_KNOWS_IGNITION, value);
    } else if (strcmp(command, "consent") == 0) {
        set_switch(CW_AFFECT_CONSENT, CW_KNOWS_CONSENT, value);
    } else if (strcmp(command, "gear") == 0) {
        set_choice(&vehicle->gear, CW_KNOWS_GEAR, value, 4);
    } else if (strcmp(command, "turn") == 0) {
        set_choice(&vehicle->turn_signal, CW_KNOWS_TURN, value, 3);
    } else if (strcmp(command, "ack") == 0) {
        host_inputs()->presses++;
    } else if (strcmp(command, "unplug") == 0) {
        host_unplug();
    } else if (strcmp(command, "plug") == 0) {
        plug_or_say(link);
    } else if (strcmp(command, "quit") == 0) {
        ended = 1;
    } else {
        printf("ERROR unknown command: %s\n", command);
    }
}

static void obey_lines(const char *link)
{
    char line[128];
    while (host_read_command(line, sizeof line)) {
        char command[16] = "";
        char value[32] = "";
        if (sscanf(line, "%15s %31s", command, value) >= 1) {
            obey(command, value, link);
        }
    }
}

static int usage(const char *complaint)
{
    fprintf(stderr, "cabinwatch-mcu: %s\n", complaint);
    fprintf(stderr, "usage: cabinwatch-mcu --link PATH [--speed KMH] [--ignition 0|1]\n");
    return 2;
}

/* NULL when an argument is not understood. */
static const char *read_arguments(int count, char **arguments)
{
    const char *link = NULL;
    for (int i = 1; (i + 1) < count; i += 2) {
        if (strcmp(arguments[i], "--link") == 0) {
            link = arguments[i + 1];
        } else if ((strcmp(arguments[i], "--speed") == 0) || (strcmp(arguments[i], "--ignition") == 0)) {
            obey(&arguments[i][2], arguments[i + 1], NULL);
        } else {
            return NULL;
        }
    }
    return ((count % 2) == 1) ? link : NULL;
}

static void run(const char *link)
{
    const struct cw_identity identity = {.boot_id = host_draw_boot_id(),
                                         .build = (uint32_t)CW_BUILD,
                                         .version_min = CW_PROTOCOL_MIN,
                                         .version_max = CW_PROTOCOL_MAX};
    struct cw_device device;
    struct cw_report shown = {.why = CW_WHY_BOOT};
    cw_firmware_start(&device, &identity);
    for (bool first = true; !ended; first = false) {
        obey_lines(link);
        cw_firmware_step(&device);
        print_changes(&device, &shown, first);
        host_wait();
    }
}

static void install_handlers(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN; /* the reader of our lines may go; the lamps must not */
    sigaction(SIGPIPE, &action, NULL);
}

int main(int count, char **arguments)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *link = read_arguments(count, arguments);
    if (link == NULL) {
        return usage("every option needs a value, and --link is needed");
    }
    install_handlers();
    if (!host_plug(link)) {
        fprintf(stderr, "cabinwatch-mcu: cannot make a terminal at %s: %s\n", link, strerror(errno));
        return 1;
    }
    printf("READY link=%s monotonic_ms=%llu\n", link, (unsigned long long)host_started_ms());
    run(link);
    host_unplug();
    return 0;
}
