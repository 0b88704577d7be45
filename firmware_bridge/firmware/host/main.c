/* cabinwatch-mcu: the firmware on the host, behind a pseudo-terminal.
 *
 *   cabinwatch-mcu --link PATH [--speed KMH] [--ignition 0|1]
 *
 * PATH becomes a symlink to the terminal. On stdout:
 *   READY link=PATH monotonic_ms=…        t_ms counts from there
 *   every change as cw_log.h says it
 *   ERROR …                               a command that was not understood
 * Commands on stdin:
 *   speed KMH | speed none | ignition 0|1 | consent 0|1 | gear 0–4 | turn 0–3 | lux N | steering DEG | irfault 0|1
 *   ack (the button goes down and up) | unplug | plug | quit
 * A value out of range makes the signal unknown.
 * The end of stdin is not the end; SIGTERM and SIGINT are. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cw_log.h"
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

static void print_changes(struct cw_device *device, struct cw_log *log)
{
    char line[CW_LOG_MAX];
    for (size_t size = cw_log_next(log, device, cw_board_now_ms(), line); size != 0u;
         size = cw_log_next(log, device, cw_board_now_ms(), line)) {
        (void)fwrite(line, 1, size, stdout);
    }
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

static void set_light(const char *value)
{
    char *end = NULL;
    const unsigned long lux = strtoul(value, &end, 10);
    const bool known = (end != value) && (lux <= 1000000u);
    host_inputs()->vehicle.ambient_lux = known ? (uint32_t)lux : 0u;
    know(CW_KNOWS_AMBIENT, known);
}

static void set_steering(const char *value)
{
    char *end = NULL;
    const double deg = strtod(value, &end);
    const bool known = (end != value) && (deg >= -3276.0) && (deg <= 3276.0);
    host_inputs()->vehicle.steering_ddeg = known ? (int16_t)(deg * 10.0) : (int16_t)0;
    know(CW_KNOWS_STEERING, known);
}

static const char *terminal; /* the link that --link named */

static void set_ignition(const char *value) { set_switch(CW_IGNITION_ON, CW_KNOWS_IGNITION, value); }
static void set_consent(const char *value) { set_switch(CW_AFFECT_CONSENT, CW_KNOWS_CONSENT, value); }
static void set_ir_fault(const char *value) { set_switch(CW_IR_FAULT, CW_KNOWS_IR_FAULT, value); }
static void set_gear(const char *value) { set_choice(&host_inputs()->vehicle.gear, CW_KNOWS_GEAR, value, 4); }
static void set_turn(const char *value) { set_choice(&host_inputs()->vehicle.turn_signal, CW_KNOWS_TURN, value, 3); }

static void press(const char *value)
{
    (void)value;
    host_press();
}

static void unplug(const char *value)
{
    (void)value;
    host_unplug();
}

static void plug(const char *value)
{
    (void)value;
    if (!host_plug(terminal)) {
        printf("ERROR %s: %s\n", terminal, strerror(errno));
    }
}

static void quit(const char *value)
{
    (void)value;
    ended = 1;
}

static const struct {
    const char *name;
    void (*obey)(const char *value);
} commands[] = {
    {"speed", set_speed},       {"ignition", set_ignition}, {"consent", set_consent}, {"gear", set_gear},
    {"turn", set_turn},         {"lux", set_light},         {"steering", set_steering}, {"irfault", set_ir_fault},
    {"ack", press},             {"unplug", unplug},         {"plug", plug},           {"quit", quit},
};

static void obey(const char *command, const char *value)
{
    for (size_t i = 0; i < (sizeof commands / sizeof commands[0]); i++) {
        if (strcmp(command, commands[i].name) == 0) {
            commands[i].obey(value);
            return;
        }
    }
    printf("ERROR unknown command: %s\n", command);
}

static void obey_lines(void)
{
    char line[128];
    while (host_read_command(line, sizeof line)) {
        char command[16] = "";
        char value[32] = "";
        if (sscanf(line, "%15s %31s", command, value) >= 1) {
            obey(command, value);
        }
    }
}

static int usage(const char *complaint)
{
    fprintf(stderr, "cabinwatch-mcu: %s\n", complaint);
    fprintf(stderr, "usage: cabinwatch-mcu --link PATH [--speed KMH] [--ignition 0|1]\n");
    return 2;
}

static bool read_arguments(int count, char **arguments)
{
    for (int i = 1; (i + 1) < count; i += 2) {
        if (strcmp(arguments[i], "--link") == 0) {
            terminal = arguments[i + 1];
        } else if ((strcmp(arguments[i], "--speed") == 0) || (strcmp(arguments[i], "--ignition") == 0)) {
            obey(&arguments[i][2], arguments[i + 1]);
        } else {
            return false;
        }
    }
    return ((count % 2) == 1) && (terminal != NULL);
}

static void run(void)
{
    const struct cw_identity identity = {.boot_id = host_draw_boot_id(),
                                         .build = (uint32_t)CW_BUILD,
                                         .reset_cause = CW_RESET_POWER,
                                         .outputs = CW_LAMP | CW_BUZZER | CW_HAPTIC | CW_FAULT | CW_IR,
                                         .version_min = CW_PROTOCOL_MIN,
                                         .version_max = CW_PROTOCOL_MAX};
    struct cw_device device;
    struct cw_log log = {0};
    cw_firmware_start(&device, &identity);
    while (!ended) {
        obey_lines();
        cw_firmware_step(&device);
        print_changes(&device, &log);
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
    if (!read_arguments(count, arguments)) {
        return usage("every option needs a value, and --link is needed");
    }
    install_handlers();
    if (!host_plug(terminal)) {
        fprintf(stderr, "cabinwatch-mcu: cannot make a terminal at %s: %s\n", terminal, strerror(errno));
        return 1;
    }
    printf("READY link=%s monotonic_ms=%llu\n", terminal, (unsigned long long)host_started_ms());
    run();
    host_unplug();
    return 0;
}
