/* SPDX-License-Identifier: MIT */
/* The com1= option: "baud[/base],frame[,port[,irq]]", any field may be left empty. */
#include <hv/lib.h>
#include <hv/string.h>
#include <asm/serial.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Decimal or 0x hexadecimal; *s moves past it. False: no number, or more than 32 bits. */
static bool parse_number(const char **s, uint32_t *out)
{
	const char *p = *s;
	uint64_t v = 0;
	bool hex = p[0] == '0' && (p[1] == 'x' || p[1] == 'X'), any = false;

	for (p += hex ? 2 : 0;; p++, any = true) {
		unsigned int digit;

		if (is_digit(*p))
			digit = (unsigned int)(*p - '0');
		else if (hex && (*p | 32) >= 'a' && (*p | 32) <= 'f')
			digit = (unsigned int)((*p | 32) - 'a' + 10);
		else
			break;
		v = v * (hex ? 16 : 10) + digit;
		if (v > 0xffffffffu)
			return false;
	}
	*s = p;
	*out = (uint32_t)v;
	return any;
}

static bool parse_baud(const char **s, struct serial_config *c)
{
	if (!strncmp(*s, "auto", 4)) {
		c->baud = 0;
		*s += 4;
		return true;
	}
	if (!parse_number(s, &c->baud))
		return false;
	if (**s == '/') {
		(*s)++;
		return parse_number(s, &c->base_baud) && c->base_baud >= 16 * 16;
	}
	return true;
}

static bool parse_frame(const char **s, struct serial_config *c)
{
	const char *p = *s;

	if (p[0] < '5' || p[0] > '8' || !p[1] || !strchr("neoms", p[1]) || (p[2] != '1' && p[2] != '2'))
		return false;
	c->data_bits = (uint8_t)(p[0] - '0');
	c->parity = p[1];
	c->stop_bits = (uint8_t)(p[2] - '0');
	*s = p + 3;
	return true;
}

bool serial_parse(const char *s, struct serial_config *c)
{
	struct serial_config n = *c;
	uint32_t v;

	if (*s && *s != ',' && !parse_baud(&s, &n))
		return false;
	if (*s == ',' && *++s != ',' && *s && !parse_frame(&s, &n))
		return false;
	if (*s == ',' && *++s != ',' && *s) {
		if (!parse_number(&s, &v) || v > 0xfff8)
			return false;
		n.io = (uint16_t)v;
	}
	if (*s == ',' && *++s) {
		if (!parse_number(&s, &v) || v > 15)
			return false;
		n.irq = (uint8_t)v;
	}
	if (*s)
		return false;
	*c = n;
	return true;
}
