// cflags: -O2
/* SPDX-License-Identifier: MIT */
/* udpecho ADDRESS COUNT: sends datagrams of all sizes to port 7 and compares what comes back. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define GIVE_UP 3 /* nobody echoes if so many in a row do not come back */

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(7) };
	struct timeval patience = { .tv_sec = 20 };
	unsigned char out[1472], in[1500];
	int count, right = 0, lost = 0, fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (argc != 3 || !inet_aton(argv[1], &to.sin_addr) || fd < 0)
		return 2;
	count = atoi(argv[2]);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return 2;
	for (int i = 0; i < count && lost < GIVE_UP; i++) {
		size_t size = 1 + (size_t)i * 37 % sizeof(out);
		ssize_t got;

		for (size_t j = 0; j < size; j++)
			out[j] = (unsigned char)(i * 7 + (int)j);
		if (send(fd, out, size, 0) < 0)
			return 2;
		got = recv(fd, in, sizeof(in), 0);
		lost = got < 0 ? lost + 1 : 0;
		if (got == (ssize_t)size && !memcmp(in, out, size))
			right++;
		else
			printf("datagram %d of %zu bytes: %zd came back\n", i, size, got);
	}
	printf("%d of %d right\n", right, count);
	return right != count;
}
