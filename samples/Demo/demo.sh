# shellcheck shell=bash
# A Debian kernel and a busybox, booted; its console for a person, a short conversation for a pipe. Sourced by ./dev.

# The guest: the distribution's kernel, unmodified, and its static busybox.
prepare_guest() {
    kernel=$(tests/Lab/debian-kernel cloud-amd64)
    vmlinux=$(tests/Lab/debian-kernel --vmlinux cloud-amd64)
    busybox=$(tests/Lab/debian-busybox)
}

demo() {
    find_pwsh
    where_linux_runs
    prepare_guest
    local -a front
    local tty='' initrd=artifacts/demo/initrd.img
    [[ -t 0 && -t 1 ]] && tty=1
    mkdir -p artifacts/demo

    if ((${#pwsh[@]})); then
        say "through the module, in pwsh"
        front=("${pwsh[@]}" -NoLogo -NoProfile -File samples/Demo/Demo.ps1 -Kernel "$kernel" -Busybox "$busybox")
        [[ $tty ]] || front+=(-Unattended)
    else
        helper make-initrd "$busybox" "$initrd"
        if [[ $tty ]]; then
            say "through samples/SerialConsole: $no_pwsh"
            front=(dotnet samples/SerialConsole/bin/Release/net10.0/SerialConsole.dll --kernel "$kernel" --initrd "$initrd" --append quiet)
        else
            say "through samples/Demo: $no_pwsh"
            front=(dotnet samples/Demo/bin/Release/net10.0/PSToyVmm.Demo.dll converse "$kernel" "$initrd")
        fi
    fi

    show "${front[@]}"
}

# The same with a root disk: Debian boots from it, writes a file, and has it after a restart.
demo_disk() {
    find_pwsh
    where_linux_runs
    prepare_guest
    local image tty='' initrd=artifacts/demo/disk-initrd.img
    image=$(tests/Lab/debian-root)
    [[ -t 0 && -t 1 ]] && tty=1
    mkdir -p artifacts/demo

    if ((${#pwsh[@]})); then
        say "through the module, in pwsh"
        local -a front=("${pwsh[@]}" -NoLogo -NoProfile -File samples/Demo/Disk.ps1 -Kernel "$kernel" -Busybox "$busybox" -Image "$image")
        [[ $tty ]] || front+=(-Unattended)
    else
        say "through samples/Demo: $no_pwsh"
        tty=''
        helper make-initrd "$busybox" "$initrd" "$kernel"
        local -a front=(dotnet samples/Demo/bin/Release/net10.0/PSToyVmm.Demo.dll keep "$kernel" "$initrd" "$image")
    fi
    show "${front[@]}"
}

# show COMMAND...: in the lab if need be, with the terminal if there is one; $tty says so.
show() {
    local -a place=("${linux[@]}")
    if ((${#place[@]})); then
        say "in the lab: this machine's KVM cannot run an unmodified Linux kernel"
        [[ $tty ]] && place+=(--tty)
        place+=(--)
    fi
    if [[ $tty ]]; then
        say "log in as root, password root; poweroff ends it, Ctrl+] detaches"
        "${place[@]}" "$@"
    else
        "${place[@]}" "$@" </dev/null
    fi
}
