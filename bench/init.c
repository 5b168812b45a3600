/*
 * The guest's /init of bench/boot-peers: the first program of user space, and all of it. Says a line on the console
 * that Linux has opened for it, whose first byte stops the exit counters (BootPeers.Marker) and which the clock waits
 * for, and resets. No libc: nothing runs before that line but the kernel.
 */
#include <asm/ioctls.h>
#include <linux/reboot.h>
#include <sys/syscall.h>

static long call(long number, long a, long b, long c, long d)
{
    register long r10 __asm__("r10") = d;
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
}

void _start(void)
{
    static const char reached[] = "\001INIT-REACHED\n";
    call(SYS_write, 1, (long)reached, sizeof(reached) - 1, 0);
    call(SYS_ioctl, 1, TCSBRK, 1, 0); /* tcdrain: a reset would overtake the line */
    call(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART, 0);
    for (;;) ;
}
