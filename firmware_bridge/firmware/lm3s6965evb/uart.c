#include "uart.h"

#include "registers.h"

#define BAUD_WHOLE 6u     /* 12.5 MHz / (16 * 115200) = 6 + 50/64, 0.01 % off */
#define BAUD_64TH 50u
#define RECEIVED_SIZE 128u /* 11 ms of the line; the main loop comes by every 1 ms */
#define SENDING_SIZE 256u  /* hello, report and vehicle message at once are 171 */

/* One side writes `in`, the other `out`; both run freely modulo 2^16, so that full and empty differ. Sizes are powers
 * of two. Of each ring one side is the main loop and the other the UART's interrupt, and no one else: then a single
 * core that reads and writes 16 bits at once needs no more than volatile. */
struct ring {
    volatile uint8_t *const bytes;
    const uint16_t size;
    volatile uint16_t in, out;
};

static volatile uint8_t received_bytes[RECEIVED_SIZE];
static volatile uint8_t sending_bytes[SENDING_SIZE];
static volatile uint8_t logging_bytes[SENDING_SIZE];
static struct ring received = {received_bytes, RECEIVED_SIZE, 0, 0};
static struct ring sending = {sending_bytes, SENDING_SIZE, 0, 0};
static struct ring logging = {logging_bytes, SENDING_SIZE, 0, 0};
static volatile uint16_t lost;

static uint16_t held(const struct ring *ring)
{
    const uint16_t in = ring->in;
    const uint16_t out = ring->out;
    return (uint16_t)(in - out);
}

static void put(struct ring *ring, uint8_t byte)
{
    const uint16_t in = ring->in;
    ring->bytes[in % ring->size] = byte;
    ring->in = (uint16_t)(in + 1u);
}

static uint8_t get(struct ring *ring)
{
    const uint16_t out = ring->out;
    const uint8_t byte = ring->bytes[out % ring->size];
    ring->out = (uint16_t)(out + 1u);
    return byte;
}

static void start(uint32_t uart, uint32_t interrupts)
{
    UART_CTL(uart) = 0;
    UART_IBRD(uart) = BAUD_WHOLE;
    UART_FBRD(uart) = BAUD_64TH;
    UART_LCRH(uart) = LCRH_8_BITS | LCRH_FIFO;
    UART_IFLS(uart) = IFLS_EARLIEST;
    UART_IM(uart) = interrupts;
    UART_CTL(uart) = CTL_ENABLE;
}

void uart_init(void)
{
    GPIO_AFSEL(PORT_A) |= 0x03u; /* PA0, PA1: UART0, on the board's USB */
    GPIO_DEN(PORT_A) |= 0x03u;
    GPIO_AFSEL(PORT_D) |= 0x0Cu; /* PD2, PD3: UART1 */
    GPIO_DEN(PORT_D) |= 0x0Cu;
    start(UART0, INTERRUPT_RX | INTERRUPT_TX | INTERRUPT_RX_TIMEOUT);
    start(UART1, INTERRUPT_TX);
    NVIC_ENABLE_0 = (1u << IRQ_UART0) | (1u << IRQ_UART1);
}

/* Moves bytes from the ring to the UART while it has room. Only for the UART's interrupt; it comes back for the rest. */
static void feed(uint32_t uart, struct ring *ring)
{
    while ((held(ring) != 0u) && ((UART_FR(uart) & FR_TX_FULL) == 0u)) {
        UART_DR(uart) = get(ring);
    }
}

/* An idle UART does not interrupt by itself: it is made to. */
static bool send(uint32_t interrupt, struct ring *ring, const uint8_t *data, size_t size)
{
    if (size > (size_t)(ring->size - held(ring))) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        put(ring, data[i]);
    }
    NVIC_PEND_0 = 1u << interrupt;
    return true;
}

bool uart_send(const uint8_t *data, size_t size)
{
    return send(IRQ_UART0, &sending, data, size);
}

bool uart_log(const char *text, size_t size)
{
    return send(IRQ_UART1, &logging, (const uint8_t *)text, size);
}

size_t uart_receive(uint8_t *data, size_t size)
{
    size_t count = 0;
    while ((count < size) && (held(&received) != 0u)) {
        data[count] = get(&received);
        count++;
    }
    return count;
}

uint16_t uart_lost(void)
{
    return lost;
}

static void take(uint32_t word)
{
    const bool full = held(&received) == received.size;
    if (full || ((word & DR_OVERRUN) != 0u)) {
        lost = (uint16_t)(lost + 1u);
    }
    if (!full) {
        put(&received, (uint8_t)(word & 0xFFu)); /* damaged or not: the frame's CRC judges */
    }
}

void uart_link_interrupt(void)
{
    UART_ICR(UART0) = INTERRUPT_ALL;
    while ((UART_FR(UART0) & FR_RX_EMPTY) == 0u) {
        take(UART_DR(UART0));
    }
    feed(UART0, &sending);
}

void uart_log_interrupt(void)
{
    UART_ICR(UART1) = INTERRUPT_ALL;
    feed(UART1, &logging);
}
