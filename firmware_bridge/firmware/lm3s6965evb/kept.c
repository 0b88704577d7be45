#include "kept.h"

#include <stddef.h>

#include "cw_bytes.h"
#include "cw_crc32.h"

#define VALID 0x6B657074u
#define NOISE_SIZE 1024u

struct kept {
    uint32_t valid; /* VALID, or what power-on left */
    uint32_t boot_id;
    bool watchdog;
};

/* From the linker script: RAM that no section claims, so that neither start-up code nor a loader clears it. */
extern struct kept kept_words;
extern const uint8_t ram_free[];

static bool watchdog_caused_this;

/* At power-on the cells of static RAM fall to either side, some of them anew each time. */
static uint32_t ram_noise(void)
{
    return cw_crc32(ram_free, NOISE_SIZE);
}

void kept_init(uint32_t noise)
{
    const bool warm = kept_words.valid == VALID;
    uint8_t seed[8];
    cw_put32(&seed[0], warm ? kept_words.boot_id : ram_noise());
    cw_put32(&seed[4], noise);
    const uint32_t drawn = cw_crc32(seed, sizeof seed);
    watchdog_caused_this = warm && kept_words.watchdog;
    kept_words.boot_id = ((drawn & 0xFFFFu) != 0u) ? drawn : (drawn | 1u);
    kept_words.watchdog = false;
    kept_words.valid = VALID;
}

uint32_t kept_boot_id(void)
{
    return kept_words.boot_id;
}

bool kept_watchdog(void)
{
    return watchdog_caused_this;
}

void kept_note_watchdog(void)
{
    kept_words.watchdog = true;
}
