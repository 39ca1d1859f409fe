// cflags: -static -Wl,--no-warnings -lgcrypt -lgpg-error
/* SPDX-License-Identifier: MIT */
/*
 * A VNC viewer for tests: vncscreen PORT read | type TEXT | save FILE
 *
 * read prints the screen's text. It knows no font: the screen must begin with all letters from ! to
 * ~ in order, on as many lines as they take, and what those cells look like is what the letters
 * look like. Cells are 8 dots wide, or 9 in a VGA's text mode of 80 columns. type presses and
 * releases the keys of a US keyboard; \n in TEXT is the Enter key. save writes a PPM picture. The
 * password, if there is one, is VNC_PASSWORD's.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <gcrypt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define CELL_H 16
#define FIRST  '!'
#define LAST   '~'

static int server;
static uint32_t width, height, cell_width, *pixels;

static void fail(const char *what)
{
	fprintf(stderr, "vncscreen: %s\n", what);
	exit(1);
}

static void take(void *bytes, size_t n)
{
	char *at = bytes;

	while (n) {
		ssize_t got = read(server, at, n);

		if (got <= 0)
			fail("the server does not answer");
		at += got;
		n -= (size_t)got;
	}
}

static void give(const void *bytes, size_t n)
{
	if (write(server, bytes, n) != (ssize_t)n)
		fail("the server does not listen");
}

static uint32_t take16(void)
{
	uint8_t b[2];

	take(b, 2);
	return (uint32_t)b[0] << 8 | b[1];
}

static uint32_t take32(void)
{
	uint32_t high = take16();

	return high << 16 | take16();
}

static void skip(uint32_t n)
{
	char c;

	while (n--)
		take(&c, 1);
}

/* VNC's way: DES, the letters of the password backwards in each byte. */
static void prove(const char *password)
{
	uint8_t challenge[16], key[8] = { 0 };
	gcry_cipher_hd_t des;

	for (int i = 0; i < 8 && password[i]; i++)
		for (int bit = 0; bit < 8; bit++)
			key[i] |= (uint8_t)((password[i] >> bit & 1) << (7 - bit));
	take(challenge, sizeof(challenge));
	gcry_check_version(NULL);
	if (gcry_cipher_open(&des, GCRY_CIPHER_DES, GCRY_CIPHER_MODE_ECB, 0) ||
	    gcry_cipher_setkey(des, key, sizeof(key)) ||
	    gcry_cipher_encrypt(des, challenge, sizeof(challenge), NULL, 0))
		fail("cannot encrypt");
	give(challenge, sizeof(challenge));
}

static void introduce(void)
{
	const char *password = getenv("VNC_PASSWORD");
	uint8_t kind = password ? 2 : 1, nr, offered, found = 0;

	skip(12);
	give("RFB 003.008\n", 12);
	take(&nr, 1);
	while (nr--) {
		take(&offered, 1);
		found |= offered == kind;
	}
	if (!found)
		fail(password ? "no password is wanted" : "a password is wanted");
	give(&kind, 1);
	if (password)
		prove(password);
	if (take32())
		fail("the password is wrong");
}

static void log_in(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct timeval limit = { .tv_sec = 20 };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(server, (struct sockaddr *)&address, sizeof(address)))
		fail("nobody listens");
	introduce();
	give("\1", 1);
	width = take16();
	height = take16();
	skip(16);
	skip(take32());
}

/* Pixels of 32 bits, raw. */
static void ask_picture(void)
{
	static const uint8_t format[] = { 0, 0,	  0, 0,	  32, 24, 0, 1, 0, 255,
					  0, 255, 0, 255, 16, 8,  0, 0, 0, 0 };
	static const uint8_t encodings[] = { 2, 0, 0, 1, 0, 0, 0, 0 };
	uint8_t request[] = { 3,
			      0,
			      0,
			      0,
			      0,
			      0,
			      (uint8_t)(width >> 8),
			      (uint8_t)width,
			      (uint8_t)(height >> 8),
			      (uint8_t)height };

	give(format, sizeof(format));
	give(encodings, sizeof(encodings));
	give(request, sizeof(request));
}

static void take_rectangle(void)
{
	uint32_t x = take16(), y = take16(), w = take16(), h = take16();

	if (take32() || x + w > width || y + h > height)
		fail("an impossible rectangle");
	for (uint32_t row = 0; row < h; row++)
		take(pixels + (y + row) * width + x, w * sizeof(*pixels));
}

static void take_picture(void)
{
	uint8_t type;
	uint32_t nr;

	pixels = calloc((size_t)width * height, sizeof(*pixels));
	ask_picture();
	take(&type, 1);
	if (!pixels || type)
		fail("no picture");
	skip(1);
	for (nr = take16(); nr; nr--)
		take_rectangle();
}

static void cell(uint32_t column, uint32_t row, uint8_t bits[CELL_H])
{
	for (uint32_t y = 0; y < CELL_H; y++) {
		bits[y] = 0;
		for (uint32_t x = 0; x < 8; x++)
			if (pixels[(row * CELL_H + y) * width + column * cell_width + x] & 0xffffff)
				bits[y] |= (uint8_t)(0x80 >> x);
	}
}

static char recognise(uint8_t letters[][CELL_H], const uint8_t bits[CELL_H])
{
	static const uint8_t blank[CELL_H];

	if (!memcmp(bits, blank, CELL_H))
		return ' ';
	for (int c = FIRST; c <= LAST; c++)
		if (!memcmp(letters[c - FIRST], bits, CELL_H))
			return (char)c;
	return '?';
}

static void print_text(void)
{
	static uint8_t letters[LAST - FIRST + 1][CELL_H], bits[CELL_H];
	uint32_t columns;

	cell_width = width == 720 ? 9 : 8;
	columns = width / cell_width;
	if (columns * (height / CELL_H) <= LAST - FIRST)
		fail("the screen is too small");
	for (uint32_t c = 0; c <= LAST - FIRST; c++)
		cell(c % columns, c / columns, letters[c]);
	for (uint32_t row = 0; row < height / CELL_H; row++) {
		for (uint32_t column = 0; column < columns; column++) {
			cell(column, row, bits);
			putchar(recognise(letters, bits));
		}
		putchar('\n');
	}
}

static void press(uint32_t keysym, int down)
{
	uint8_t event[] = { 4, (uint8_t)down, 0, 0, 0, 0, (uint8_t)(keysym >> 8), (uint8_t)keysym };

	give(event, sizeof(event));
	usleep(2000);
}

static void type(const char *text)
{
	for (; *text; text++) {
		int shift =
		    isupper((unsigned char)*text) || strchr("~!@#$%^&*()_+{}|:\"<>?", *text);
		uint32_t keysym = (uint8_t)*text;

		if (*text == '\\' && text[1] == 'n') {
			keysym = 0xff0d;
			shift = 0;
			text++;
		}
		if (shift)
			press(0xffe1, 1);
		press(keysym, 1);
		press(keysym, 0);
		if (shift)
			press(0xffe1, 0);
	}
}

static void save(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		fail(path);
	fprintf(f, "P6\n%u %u\n255\n", width, height);
	for (uint32_t i = 0; i < width * height; i++)
		fprintf(f, "%c%c%c", pixels[i] >> 16 & 255, pixels[i] >> 8 & 255, pixels[i] & 255);
	fclose(f);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		fail("usage: vncscreen PORT read | type TEXT | save FILE");
	log_in(atoi(argv[1]));
	if (!strcmp(argv[2], "type")) {
		type(argv[3] ? argv[3] : "");
		usleep(100000); /* hanging up lets go of keys, that must come last */
		return 0;
	}
	take_picture();
	if (!strcmp(argv[2], "save"))
		save(argv[3] ? argv[3] : "screen.ppm");
	else
		print_text();
	return 0;
}
