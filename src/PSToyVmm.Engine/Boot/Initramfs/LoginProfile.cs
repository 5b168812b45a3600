using System.Security.Cryptography;
using System.Text;

namespace PSToyVmm.Engine.Boot.Initramfs;

/// <summary>
/// The files of a small system around busybox. Each byte on the console and each process until the prompt costs boot time,
/// so there are few of both.
/// </summary>
static class LoginProfile
{
    // Not left to init's sysinit: only process 1 can go over to another root.
    const string Init = """
        #!/bin/sh
        . /etc/init.d/rcS
        . /etc/init.d/root
        exec /sbin/init
        """;

    const string Inittab = """
        ttyS0::respawn:/sbin/getty -L 0 ttyS0 xterm
        ::ctrlaltdel:/sbin/reboot
        ::shutdown:/etc/init.d/shutdown
        """;

    // Without devtmpfs in the kernel that one mount fails and the device nodes below serve.
    const string Fstab = """
        proc /proc proc defaults 0 0
        sysfs /sys sysfs defaults 0 0
        devtmpfs /dev devtmpfs mode=755 0 0
        tmpfs /run tmpfs mode=755 0 0
        tmpfs /tmp tmpfs mode=1777 0 0
        """;

    const string Startup = """
        #!/bin/sh
        mount -a 2>/dev/null
        mkdir -p /dev/pts /dev/shm
        mount -t devpts devpts /dev/pts
        read -r name < /etc/hostname && echo "$name" > /proc/sys/kernel/hostname
        [ ! -x /etc/init.d/modules ] || /etc/init.d/modules
        [ ! -x /etc/rc.local ] || /etc/rc.local
        # A login on the virtio console too, if its driver is there by now. With -Command there is no such table.
        [ ! -c /dev/hvc0 ] || [ ! -w /etc/inittab ] || grep -q ^hvc0: /etc/inittab || echo 'hvc0::respawn:/sbin/getty -L 0 hvc0 xterm' >> /etc/inittab
        """;

    // ext4 first: asked to try, ext2 and ext3 complain of it on the console. And a disk answers a while after its driver.
    const string Filesystems = "ext4";

    const string Root = """
        # Goes over to the root file system that the command line names; ends where it names none, or that one is not to be had.
        root= init=/sbin/init type= flags= mode=ro
        read -r words < /proc/cmdline
        for word in $words; do
            case $word in
                root=*) root=${word#root=} ;;
                rootfstype=*) type="-t ${word#rootfstype=}" ;;
                rootflags=*) flags=,${word#rootflags=} ;;
                init=*) init=${word#init=} ;;
                ro | rw) mode=$word ;;
            esac
        done

        find_root() {
            case $root in
                UUID=* | LABEL=*) device=$(findfs "$root" 2>/dev/null) ;;
                *) device=$root ;;
            esac
            [ -b "$device" ]
        }

        enter_root() {
            tries=200
            until find_root; do
                [ $((tries -= 1)) -gt 0 ] || { echo "toyvm: root=$root did not appear in 10 seconds; disks here: $(ls -x /sys/block)"; return; }
                usleep 50000
            done
            mkdir -p /sysroot
            mount $type -o "$mode$flags" "$device" /sysroot || { echo "toyvm: root=$root cannot be mounted"; return; }
            [ -x "/sysroot$init" ] || [ -L "/sysroot$init" ] || { echo "toyvm: root=$root has no $init"; umount /sysroot; return; }
            umount /dev/pts /tmp
            for place in dev proc sys run; do mount -o move /$place /sysroot/$place; done
            exec switch_root -c /dev/console /sysroot "$init"
        }

        case $root in
            '' | /dev/ram*) ;;
            *) enter_root ;;
        esac
        """;

    // init does not tell its shutdown action what was asked for, hence the note.
    const string Leave = """
        #!/bin/sh
        # poweroff, reboot and halt in one: leave a note for /etc/init.d/shutdown and ask init. With -f, at once.
        wish=${0##*/}
        case $* in *-*f*) exec /etc/init.d/leave $wish "$@" ;; esac
        echo $wish > /run/wish
        exec busybox $wish "$@"
        """;

    const string Shutdown = """
        #!/bin/sh
        # init runs this first, for whatever reason it goes down. Without a note it goes on by itself afterwards.
        read -r wish 2>/dev/null < /run/wish
        kill -TERM -1
        sleep 1
        kill -KILL -1
        umount -a -r 2>/dev/null
        [ -z "$wish" ] || exec /etc/init.d/leave $wish -f
        """;

    const string LastAct = """
        #!/bin/sh
        # Without ACPI the kernel could only halt; PSToyVmm powers off when told by this program. Elsewhere it does no harm.
        sync
        [ "$1" != poweroff ] || /sbin/toyvm-poweroff
        exec busybox "$@"
        """;

    // busybox's shell may know its own applets before it looks at PATH; an alias comes before both, in subshells by ENV.
    const string ShellProfile = """
        export PATH=/usr/local/sbin:/usr/local/bin:/sbin:/usr/sbin:/bin:/usr/bin ENV=/etc/profile
        PS1='\u@\h:\w\$ '
        alias poweroff=/sbin/poweroff reboot=/sbin/reboot halt=/sbin/halt ll='ls -l'

        # A serial line has no way to tell the size of the terminal at its other end: go far to the right and down, and ask where that is.
        resize() {
            local before=$(stty -g) answer= byte
            stty raw -echo min 0 time 10
            printf '\0337\033[999;999H\033[6n\0338'
            while byte=$(dd bs=1 count=1 2>/dev/null) && [ -n "$byte" ] && [ "$byte" != R ]; do answer=$answer$byte; done
            stty "$before"
            answer=${answer##*[}
            case $answer in
                *[0-9]\;[0-9]*) stty rows "${answer%;*}" cols "${answer#*;}" ;;
                *) echo 'resize: the terminal did not answer' >&2; return 1 ;;
            esac
        }
        """;

    // The end of a session flushes what its terminal has not sent yet; stty sets a mode anew, which waits until all is sent.
    const string RunCommand = """
        #!/bin/sh
        . /etc/init.d/rcS
        cd /root
        export HOME=/root TERM=xterm
        setsid -c sh -c 'sh /etc/command; stty cs8' < /dev/ttyS0 > /dev/ttyS0 2>&1
        exec /sbin/poweroff -f
        """;

    static readonly (string Name, uint Major, uint Minor, UnixFileMode Mode)[] s_devices = // Documentation/admin-guide/devices.txt
    [
        ("null", 1, 3, Mode.Shared), ("zero", 1, 5, Mode.Shared),
        ("random", 1, 8, Mode.Shared), ("urandom", 1, 9, Mode.Shared),
        ("ttyS0", 4, 64, Mode.Private), ("tty", 5, 0, Mode.Shared), ("console", 5, 1, Mode.Private), ("ptmx", 5, 2, Mode.Shared),
    ];

    /// <summary>init, a login prompt on ttyS0, and what both need.</summary>
    public static IEnumerable<(string Path, InitramfsNode Node)> Login(InitramfsLogin login)
    {
        string motd = login.Motd.Length == 0 || login.Motd.EndsWith('\n') ? login.Motd : login.Motd + '\n';
        string hint = login.RootPassword switch { "root" => "Log in as root, password root.\n", "" => "Log in as root.\n", _ => "" };
        return
        [
            .. System(login),
            ("/init", Text(Init, Mode.Executable)),
            ("/etc/init.d/root", Text(Root)),
            ("/etc/filesystems", Text(Filesystems)),
            ("/etc/inittab", Text(Inittab)),
            ("/etc/issue", new BytesNode(Mode.Plain, Encoding.UTF8.GetBytes(hint))),
            ("/etc/motd", new BytesNode(Mode.Plain, Encoding.UTF8.GetBytes(motd))),
        ];
    }

    /// <summary>One command on ttyS0 in place of init; when it ends, the machine is powered off.</summary>
    public static IEnumerable<(string Path, InitramfsNode Node)> Command(string command) =>
    [
        .. System(new InitramfsLogin()),
        ("/init", Text(RunCommand, Mode.Executable)),
        ("/etc/command", Text(command)),
    ];

    /// <summary>What loads modules, in the order given.</summary>
    public static IEnumerable<(string Path, InitramfsNode Node)> Modules(IReadOnlyCollection<string> places) => places.Count == 0 ? [] :
    [
        ("/etc/init.d/modules", Text($"#!/bin/sh\n# Each after what it needs; insmod says of itself what it cannot load.\n{string.Join('\n', places.Select(place => $"insmod {place}"))}", Mode.Executable)),
    ];

    static IEnumerable<(string Path, InitramfsNode Node)> System(InitramfsLogin login) =>
    [
        .. s_devices.Select(d => ($"/dev/{d.Name}", (InitramfsNode)new DeviceNode(d.Mode, DeviceKind.Character, d.Major, d.Minor))),
        ("/proc", new DirectoryNode(Mode.Executable)),
        ("/sys", new DirectoryNode(Mode.Executable)),
        ("/run", new DirectoryNode(Mode.Executable)),
        ("/mnt", new DirectoryNode(Mode.Executable)),
        ("/tmp", new DirectoryNode(Mode.Temporary)),
        ("/root", new DirectoryNode(Mode.Home)),
        ("/etc/fstab", Text(Fstab)),
        ("/etc/group", Text("root:x:0:\ntty:x:5:")),
        ("/etc/hostname", Text(login.HostName)),
        ("/etc/hosts", Text($"127.0.0.1 localhost {login.HostName}")),
        ("/etc/passwd", Text("root:x:0:0:root:/root:/bin/sh")),
        ("/etc/profile", Text(ShellProfile)),
        ("/etc/shadow", Text($"root:{HashOf(login)}:19000:0:99999:7:::", Mode.Private)),
        ("/etc/init.d/leave", Text(LastAct, Mode.Executable)),
        ("/etc/init.d/rcS", Text(Startup, Mode.Executable)),
        ("/etc/init.d/shutdown", Text(Shutdown, Mode.Executable)),
        ("/sbin/toyvm-poweroff", new BytesNode(Mode.Executable, PortWriteProgram.Build(0x600, 0x34))),
        ("/sbin/poweroff", Text(Leave, Mode.Executable)),
        ("/sbin/reboot", new SymlinkNode("poweroff")),
        ("/sbin/halt", new SymlinkNode("poweroff")),
    ];

    // The salt comes from the host name: the same input gives the same archive, and two machines still differ.
    static string HashOf(InitramfsLogin login) => login.RootPassword.Length == 0 ? "" : ShaCrypt.Hash(
        login.RootPassword, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(login.HostName)))[..16]);

    static BytesNode Text(string content, UnixFileMode mode = Mode.Plain) => new(mode, Encoding.UTF8.GetBytes(content + '\n'));
}
