/*
 * The guest's /init of bench/boot-peers: the first program of user space, and all of it. It marks its moment for
 * the exit counters by one write to a port that no VMM has a device at, for the clock by a line on the console,
 * and resets. No libc: nothing runs before the marker but the kernel.
 */
#include <asm/termbits.h>
#include <asm/ioctls.h>
#include <linux/reboot.h>
#include <sys/syscall.h>

#define PORT 0x700 /* BootPeers.MarkerPort */

static long call(long number, long a, long b, long c, long d)
{
    register long r10 __asm__("r10") = d;
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
}

void _start(void)
{
    static const char reached[] = "INIT-REACHED\n";
    call(SYS_ioperm, PORT, 1, 1, 0);
    __asm__ volatile("outb %0, %1" : : "a"((char)0x7b), "d"((unsigned short)PORT));
    call(SYS_write, 1, (long)reached, sizeof(reached) - 1, 0);
    call(SYS_ioctl, 1, TCSBRK, 1, 0); /* tcdrain: a reset would overtake the line */
    call(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART, 0);
    for (;;) ;
}
