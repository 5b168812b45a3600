namespace PSToyVmm.Engine.Boot.Initramfs;

/// <summary>
/// What a usual busybox has, for hosts that cannot run it to ask. A link to an applet that is missing after all only says
/// "applet not found".
/// </summary>
static class BusyboxApplets
{
    public static IReadOnlyList<string> Usual { get; } =
    [
        .. In("bin", """
            ash base64 cat chgrp chmod chown cp cpio cttyhack date dd df dmesg dnsdomainname dumpkmap echo ed egrep false fgrep
            getopt grep gunzip gzip hostname ionice ipcalc kill link linux32 linux64 ln login ls lzop mkdir mknod mktemp more
            mount mt mv netstat pidof ping ping6 ps pwd rev rm rmdir run-parts sed setpriv sh sleep stat stty su sync tar touch
            true umount uname uncompress usleep vi watch zcat
            """),
        .. In("sbin", """
            acpid adjtimex arp blockdev depmod devmem fdisk findfs freeramdisk fstrim getty halt hwclock ifconfig ifdown ifup
            init insmod ip ipneigh klogd loadkmap logread losetup lsmod mdev mkdosfs mke2fs mkswap modinfo modprobe nameif
            pivot_root poweroff reboot rmmod route run-init start-stop-daemon sulogin swapoff swapon switch_root sysctl syslogd
            tunctl udhcpc uevent vconfig watchdog
            """),
        .. In("usr/bin", """
            [ [[ ar ascii awk basename bc bunzip2 bzcat bzip2 cal chvt clear cmp crc32 crontab cut dc diff dirname dos2unix du
            env expand expr factor fallocate find fold free ftpget ftpput groups head hexdump hostid id killall last less logger
            logname lsscsi lzcat lzma md5sum microcom mkfifo mkpasswd nc nl nproc nsenter nslookup od openvt passwd paste patch
            printf realpath renice reset seq setsid sha1sum sha256sum sha3sum sha512sum shred shuf sort strings tac tail taskset
            tee telnet test tftp time timeout top tr traceroute traceroute6 truncate ts tty unexpand uniq unix2dos unlink unlzma
            unshare unxz unzip uptime uudecode uuencode w wc wget which who whoami xargs xxd xz xzcat yes
            """),
        .. In("usr/sbin", "arping brctl chroot crond fsfreeze httpd loadfont nologin partprobe rdate telnetd udhcpd"),
    ];

    static IEnumerable<string> In(string directory, string names) =>
        names.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(name => $"{directory}/{name}");
}
