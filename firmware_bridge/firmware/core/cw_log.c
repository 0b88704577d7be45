#include "cw_log.h"

static const char *const why_name[CW_WHYS] = {"boot", "state", "silence", "standby", "stopped", "version"};

struct line {
    char *out;
    size_t size;
};

static void add_letter(struct line *line, char letter)
{
    if (line->size < CW_LOG_MAX) {
        line->out[line->size] = letter;
        line->size++;
    }
}

static void add_text(struct line *line, const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        add_letter(line, text[i]);
    }
}

static void add_number(struct line *line, const char *name, uint32_t value)
{
    static const char digit[] = "0123456789";
    uint32_t unit = 1;
    while ((value / unit) >= 10u) {
        unit *= 10u;
    }
    add_text(line, name);
    for (; unit != 0u; unit /= 10u) {
        add_letter(line, digit[(value / unit) % 10u]);
    }
}

static void add_bit(struct line *line, const char *name, uint8_t bits, uint8_t bit)
{
    add_number(line, name, ((bits & bit) != 0u) ? 1u : 0u);
}

static bool is_up(const struct cw_report *report)
{
    return (report->why == CW_WHY_STATE) || (report->why == CW_WHY_STANDBY);
}

static bool differ(const struct cw_report *a, const struct cw_report *b)
{
    return (a->level != b->level) || (a->cause != b->cause) || (a->outputs != b->outputs) || (a->why != b->why) ||
           (a->episode_id != b->episode_id);
}

static size_t link_line(uint32_t now_ms, bool up, char *out)
{
    struct line line = {out, 0};
    add_number(&line, "LINK t_ms=", now_ms);
    add_text(&line, up ? " up=1\n" : " up=0\n");
    return line.size;
}

static size_t outputs_line(uint32_t now_ms, const struct cw_report *now, char *out)
{
    struct line line = {out, 0};
    add_number(&line, "OUT t_ms=", now_ms);
    add_number(&line, " level=", now->level);
    add_number(&line, " cause=", now->cause);
    add_bit(&line, " lamp=", now->outputs, CW_LAMP);
    add_bit(&line, " buzzer=", now->outputs, CW_BUZZER);
    add_bit(&line, " haptic=", now->outputs, CW_HAPTIC);
    add_bit(&line, " fault=", now->outputs, CW_FAULT);
    add_bit(&line, " ir=", now->outputs, CW_IR);
    add_text(&line, " why=");
    add_text(&line, why_name[now->why]);
    add_number(&line, " episode=", now->episode_id);
    add_text(&line, "\n");
    return line.size;
}

size_t cw_log_next(struct cw_log *log, struct cw_device *device, uint32_t now_ms, char out[CW_LOG_MAX])
{
    struct cw_report now;
    cw_device_report(device, now_ms, &now);
    const bool first = !log->begun;
    if (first || (is_up(&now) != log->up)) {
        log->begun = true;
        log->up = is_up(&now);
        log->told.why = CW_WHYS; /* as never told, so that the outputs follow */
        return link_line(now_ms, log->up, out);
    }
    if (differ(&now, &log->told)) {
        log->told = now;
        return outputs_line(now_ms, &now, out);
    }
    return 0;
}
