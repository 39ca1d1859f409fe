/* SPDX-License-Identifier: MIT */
/*
 * lwIP for a guest of one MiB: the raw interface, IPv4, ICMP, UDP, TCP, DHCP; some 130 KiB in all.
 */
#ifndef KIT_LWIPOPTS_H
#define KIT_LWIPOPTS_H

#define NO_SYS			   1
#define SYS_LIGHTWEIGHT_PROT	   0 /* one CPU, and nothing interrupts */
#define LWIP_SOCKET		   0
#define LWIP_NETCONN		   0
#define LWIP_STATS		   0
#define LWIP_IPV6		   0
#define LWIP_DHCP		   1
#define LWIP_IGMP		   0
#define LWIP_NETIF_STATUS_CALLBACK 1

#define MEM_ALIGNMENT	   8
#define MEM_SIZE	   (48 * 1024)
#define PBUF_POOL_SIZE	   16
#define PBUF_POOL_BUFSIZE  1536
#define MEMP_NUM_TCP_PCB   16
#define MEMP_NUM_TCP_SEG   48
#define TCP_MSS		   1460
#define TCP_WND		   (8 * TCP_MSS)
#define TCP_SND_BUF	   (8 * TCP_MSS)
#define TCP_SND_QUEUELEN   32
#define LWIP_TCP_KEEPALIVE 1

#endif
